"""Our keys change while the service runs: from the next assertion on, and nobody is locked out."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from sandbox.practice_ehr import Quirks
from smart_app.cli import keys
from smart_app.launch import signing_keys
from smart_app.launch.client_authentication import assertion
from smart_app.sealing import Sealer
from tests.unit.launch.launching import EHR, Scene
from tests.unit.launch.test_launch_at_practice_ehr import EVA, Pair

ISSUERS = '[[issuer]]\nid = "a"\nname = "A"\nfhir_base = "https://ehr.example/fhir"\nclient_id = "x"\n'


def test_newest_key_signs_and_the_one_before_is_told_of_for_a_day(scene: Scene) -> None:
    (before,) = [key for key in signing_keys.published(scene.given) if key.alg == "ES384"]
    assert (before.signs, before.published_until) == (True, None)
    kid = signing_keys.rotate(scene.given, "ES384")
    now = {key.kid: key for key in signing_keys.published(scene.given) if key.alg == "ES384"}
    assert {each: key.signs for each, key in now.items()} == {kid: True, before.kid: False}
    ends = now[before.kid].published_until
    assert ends == scene.clock.now() + signing_keys.PUBLISHED_AFTER_ROTATION
    text = assertion(scene.given, "sickleave", f"{EHR}/token", "ES384")
    assert json.loads(base64.urlsafe_b64decode(text.split(".")[0] + "=="))["kid"] == kid


def test_a_key_that_secret_key_does_not_open_gives_way_to_a_new_one(scene: Scene) -> None:
    old = signing_keys.current_key(scene.given, "ES384").kid
    moved = replace(scene.given, sealer=Sealer([b"z" * 32]))
    new = signing_keys.current_key(moved, "ES384").kid
    assert new != old
    assert signing_keys.current_key(moved, "ES384").kid == new
    assert {key.kid: key.signs for key in signing_keys.published(moved) if key.alg == "ES384"} == {
        new: True,
        old: False,
    }


def test_ehr_that_remembers_our_keys_takes_the_next_assertion(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks())
    assert pair.launch(user="amir-haddad", patient=EVA).role == "physician"
    open_before = pair.launch(user="amir-haddad", patient=EVA)
    signing_keys.rotate(pair.given, "ES384")
    assert pair.launch(user="amir-haddad", patient=EVA).role == "physician"
    client = pair.given.clients.for_launch(open_before)
    assert asyncio.run(client.read(f"Patient/{EVA}"))["id"] == EVA


def test_command_rotates_one_or_both_and_lists_what_is_published(
    settings_of: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    settings_of(ISSUERS)

    def told() -> list[tuple[str, bool]]:
        found = json.loads(capsys.readouterr().out)["keys"]
        return sorted((key["alg"], key["signs"]) for key in found)

    keys.show(as_json=True)
    assert told() == [("ES384", True), ("RS384", True)]
    keys.rotate("ES384", as_json=True)
    assert told() == [("ES384", False), ("ES384", True), ("RS384", True)]
    keys.rotate(None, as_json=True)
    assert len(told()) == 5
    with pytest.raises(typer.Exit):
        keys.rotate("HS256", as_json=True)
    keys.show(as_json=False)
    said = capsys.readouterr().out
    assert said.count("signs") == 2
    assert said.count("verifies until") == 3
