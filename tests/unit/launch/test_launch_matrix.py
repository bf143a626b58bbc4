"""Both launches, every way to prove who we are, both ways to ask: each against the strict practice EHR."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.practice_ehr import Quirks, Registration
from smart_app.launch.sessions import find_open
from tests.unit.launch.launching import APP, BASE, EHR
from tests.unit.launch.test_launch_at_practice_ehr import EVA, Pair

SECRET = "not-a-real/secret:1"
PROOFS: dict[str, dict[str, Any]] = {
    "public": {"client_id": "sickleave-public", "auth": "public"},
    "secret": {"client_id": "matrix-secret", "auth": "client_secret_basic", "client_secret_env": "MATRIX_SECRET"},
    "RS384": {"signing_alg": "RS384"},
    "ES384": {"signing_alg": "ES384"},
}
WITH_SECRET = Registration("matrix-secret", "client_secret_basic", (f"{APP}/callback",), f"{APP}/launch", secret=SECRET)


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of the one form on a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found}


def asked_at_ehr(pair: Pair, begun: httpx2.Response, by: str, **picked: str) -> httpx2.Response:
    """What the practice EHR says to our authorization request."""
    if by == "get":
        assert begun.status_code == 303, begun.text
        address = begun.headers["location"]
        return pair.ehr_browser.get(address + "".join(f"&{name}={value}" for name, value in picked.items()))
    assert begun.status_code == 200, begun.text
    action = re.findall(r'<form method="post" action="([^"]+)">', begun.text)
    assert action == [f"{EHR}/auth/authorize"]
    assert "<button" in begun.text
    assert "<script" not in begun.text
    assert f"form-action {EHR} 'self'" in begun.headers["content-security-policy"]
    return pair.ehr_browser.post(action[0], data=fields_of(begun.text) | picked)


@pytest.mark.requirement("smart-app-launch_2.2_client@23,50,51,52,64,71,72,307,308,309,345")
@pytest.mark.parametrize("by", ["get", "post"])
@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("way", ["ehr", "standalone"])
def test_launch_matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, proof: str, by: str) -> None:
    monkeypatch.setenv("MATRIX_SECRET", SECRET)
    pair = Pair(tmp_path, Quirks(), registrations=(WITH_SECRET,), authorize=by, **PROOFS[proof])
    if way == "ehr":
        handle = pair.ehr_browser.post("/launches", json={"user": "amir-haddad", "patient": EVA}).json()["launch"]
        begun = pair.browser.get("/launch", params={"iss": BASE, "launch": handle})
        approved = asked_at_ehr(pair, begun, by)
    else:
        begun = pair.browser.get("/standalone", params={"iss": BASE})
        approved = asked_at_ehr(pair, begun, by, practice_user="amir-haddad", practice_patient=EVA)
    landed = pair.browser.get(approved.headers["location"])
    assert landed.status_code == 303, landed.text
    context = find_open(pair.given, landed.headers["location"].rpartition("/")[2], dict(pair.browser.cookies))
    assert (context.role, context.patient) == ("physician", f"Patient/{EVA}")
    assert context.granted.allows("patient", "RiskAssessment", "c")


def test_wrong_secret_is_refused_by_the_ehr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATRIX_SECRET", SECRET + "x")
    pair = Pair(tmp_path, Quirks(), registrations=(WITH_SECRET,), **PROOFS["secret"])
    begun = pair.browser.get("/standalone", params={"iss": BASE})
    approved = asked_at_ehr(pair, begun, "get", practice_user="amir-haddad", practice_patient=EVA)
    refused = pair.browser.get(approved.headers["location"])
    assert (refused.status_code, refused.json()["reason"]) == (403, "invalid_client")
