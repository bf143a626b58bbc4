"""After a launch has ended, the browser that held it is shown where to sign in again; nobody else learns of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from smart_app.app import build_app
from tests.unit.launch.launching import APP, BASE, EHR, Scene, a_scene, browser_at

LINK = 'href="/standalone?iss=https%3A%2F%2Fehr.example%2Ffhir&amp;role=physician" target="_blank"'


def whole_app(scene: Scene) -> TestClient:
    """The browser of the scene, at the real application over the same rows and keys."""
    given = scene.given
    app = build_app(given.settings, clock=scene.clock, transport=scene.ehr.transport(), store=given.store)
    browser = browser_at(app)
    browser.cookies = scene.browser.cookies
    return browser


@pytest.fixture
def ended(tmp_path: Path) -> tuple[Scene, str, TestClient]:
    scene = a_scene(tmp_path)
    page = scene.open()
    return scene, page, whole_app(scene)


def test_idle_launch_leads_back_to_the_same_record_system_and_role(ended: tuple[Scene, str, TestClient]) -> None:
    scene, page, browser = ended
    scene.clock.instant += timedelta(minutes=16)
    for answer in (browser.get(page), browser.post(f"{page}/plan", headers={"Origin": APP})):
        assert answer.status_code == 401
        assert LINK in answer.text
    assert browser.get("/standalone", params={"iss": BASE, "role": "physician"}).headers["location"].startswith(EHR)


def test_stranger_learns_nothing(ended: tuple[Scene, str, TestClient]) -> None:
    scene, page, browser = ended
    scene.clock.instant += timedelta(minutes=16)
    browser.cookies.clear()
    assert "role=physician" not in browser.get(page).text
    browser.cookies.set(f"__Host-sl-{page.rpartition('/')[2]}", "guess", domain="app.example")
    assert "role=physician" not in browser.get(page).text


def test_ended_token_leads_back_too(ended: tuple[Scene, str, TestClient]) -> None:
    scene, page, browser = ended
    scene.ehr.answers["/fhir/Patient/p1"] = lambda _: httpx2.Response(401)
    answer = browser.get(page)
    assert (answer.status_code >= 400, LINK in answer.text) == (True, True)
