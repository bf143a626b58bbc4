"""Every fault of the issuers file is told at start, with its place; and every key stands in the how-to."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, get_args

import pytest

from smart_app.issuers_file import CHOICES, KEYS, TABLES, WrongIssuers, parse_issuers, read_issuers
from smart_app.settings import WrongSettings, read_settings

ROOT = Path(__file__).resolve().parents[2]
SOUND = {"id": "a", "name": "A", "fhir_base": "https://ehr.example/fhir", "client_id": "x"}


def told(issuer: dict[str, Any], **more: Any) -> tuple[str, ...]:
    with pytest.raises(WrongIssuers) as wrong:
        parse_issuers({"issuer": [SOUND | issuer]} | more, environment={})
    return wrong.value.faults


@pytest.mark.parametrize(
    ("issuer", "fault"),
    [
        ({"roles": {"läkare": "doctor"}}, "roles: 'läkare' must be one of physician, coordinator, head-of-unit, not"),
        ({"roles": ["läkare"]}, "roles must be a table"),
        ({"scopes": {"physican": "launch"}}, "scopes: unknown key 'physican' (did you mean physician?)"),
        ({"scopes": {"physician": ["launch"]}}, "scopes: physician must be one text"),
        ({"claims": {"hsa": ["x"]}}, "claims: unknown key 'hsa' (did you mean hsa_id?)"),
        ({"claims": {"hsa_id": "x"}}, "claims: hsa_id must be a list"),
        ({"allowed_origins": "https://login.example"}, "allowed_origins must be a list of texts"),
        ({"allowed_origins": ["https://login.example:99999"]}, "allowed_origins: https://login.example:99999"),
        ({"frame_ancestors": ["ehr.example"]}, "frame_ancestors: ehr.example must be https"),
        ({"auth": "client_secret_basic"}, "client_secret_env must name the variable"),
        ({"auth": "client_secret_basic", "client_secret_env": "EHR_SECRET"}, "the variable EHR_SECRET is not set"),
        ({"fhir_bse": "x"}, "unknown key 'fhir_bse' (did you mean fhir_base?)"),
        ({"client_id": 7}, "client_id must be a text"),
        ({"style": True}, "style must be one of off, on"),
        ({"unit_search": "Encounter?x={hsa}"}, "unit_search may hold {unit} and {since}"),
        ({"unit_search": "Encounter?x=1"}, "unit_search must hold {unit}"),
    ],
)
def test_each_fault_is_told_with_its_place(issuer: dict[str, Any], fault: str) -> None:
    (said,) = told(issuer)
    assert said.startswith("issuer a: ")
    assert fault in said


def test_all_faults_are_told_at_once_and_what_stands_outside_too() -> None:
    said = told({"roles": {"x": "y"}, "scopes": {"x": "y"}, "refresh": "maybe"}, isuer=[])
    assert len(said) == 4
    assert "unknown key 'isuer' outside [[issuer]] (did you mean issuer?)" in said


@pytest.mark.parametrize(("data", "fault"), [({"issuer": SOUND}, "must be [[issuer]]"), ({"issuer": [3]}, "a table")])
def test_tables_that_are_none(data: dict[str, Any], fault: str) -> None:
    with pytest.raises(WrongIssuers, match=r"\[\[issuer\]\]|a table") as wrong:
        parse_issuers(data)
    assert fault in str(wrong.value)


def test_a_secret_that_is_there_is_no_fault() -> None:
    issuer = SOUND | {"auth": "client_secret_basic", "client_secret_env": "EHR_SECRET"}
    assert parse_issuers({"issuer": [issuer]}, environment={"EHR_SECRET": "s"})


def test_a_misspelt_variable_is_told_and_a_secret_s_own_is_not(tmp_path: Path) -> None:
    issuers = tmp_path / "issuers.toml"
    lines = [f'{key} = "{value}"' for key, value in SOUND.items()]
    secret = ['auth = "client_secret_basic"', 'client_secret_env = "SICKLEAVE_SECRET_OF_A"']
    issuers.write_text("\n".join(["[[issuer]]", *lines, *secret]), encoding="utf-8")
    environment = {
        "SICKLEAVE_BASE_URL": "https://app.example",
        "SICKLEAVE_SECRET_KEY": base64.b64encode(bytes(range(32))).decode(),
        "SICKLEAVE_ISSUERS": str(issuers),
        "SICKLEAVE_SECRET_OF_A": "s",
    }
    assert read_settings(environment).issuers
    wrong = {"SICKLEAVE_DATABSE_URL": "x", "SICKLEAVE_WIDGET": "1"}
    with pytest.raises(WrongSettings) as told_:
        read_settings(environment | wrong)
    assert told_.value.faults == (
        "SICKLEAVE_DATABSE_URL is no setting (did you mean SICKLEAVE_DATABASE_URL?)",
        "SICKLEAVE_WIDGET is no setting",
    )


def test_the_how_to_tells_of_every_key_and_every_choice() -> None:
    page = (ROOT / "docs/how-to/connect-an-ehr.md").read_text(encoding="utf-8")
    missing = [key for key in KEYS if f"`{key}`" not in page and f"`[issuer.{key}]`" not in page]
    missing += [word for kind in CHOICES.values() for word in get_args(kind) if f"`{word}`" not in page]
    missing += [key for known in TABLES.values() for key in known or () if f"`{key}`" not in page]
    assert missing == []


def test_the_example_is_sound() -> None:
    assert read_issuers(ROOT / "examples/issuers.toml")
