"""What every answer carries, whatever it is: pages, API, static files, refusals."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from smart_app.app import build_app
from smart_app.clock import FixedClock
from tests.worklist_desk import APP, EHR, Desk

ALWAYS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin-allow-popups",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors https://frame.ehr.example"
    ),
}
"""Written out: whoever loosens one of them has to come here and say so."""
ADDRESSES = (
    "/", "/limits", "/assessment/x", "/worklist/x", "/nowhere", "/launch?iss=https://evil.example", "/callback",
    "/fhir/metadata", "/fhir/Task", "/fhir/nowhere", "/health/live", "/metrics", "/cds-services", "/static/tokens.css",
    "/.well-known/jwks.json", "/%00",
)  # fmt: skip
FOR_EVERYBODY = ("/static/", "/.well-known/", "/fhir/metadata")


@pytest.fixture
def browser(desk: Desk) -> TestClient:
    given = desk.services().settings
    framed = replace(given.issuers[EHR], frame_ancestors=("https://frame.ehr.example",))
    settings = replace(given, issuers={EHR: framed})
    app = build_app(settings, clock=FixedClock(desk.now), store=desk.store)
    return TestClient(app, base_url=APP)


def test_every_answer_carries_them_and_is_kept_by_nobody(browser: TestClient) -> None:
    for address in ADDRESSES:
        for method in ("GET", "POST", "BREW"):
            answer = browser.request(method, address)
            assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, (method, address)
            kept = answer.headers["cache-control"]
            assert kept == "no-store" or address.startswith(FOR_EVERYBODY), (method, address, kept)
            assert "server" not in answer.headers
            assert not {name for name in answer.headers if name.startswith("access-control")}


def test_no_page_needs_more_than_its_policy(browser: TestClient) -> None:
    for address in ("/", "/limits", "/nowhere"):
        page = browser.get(address).text
        assert not re.search(r"<script|\sstyle=|<style|\son\w+=|javascript:|https?://(?!www\.w3\.org)", page), address
