"""Before every page: is the launch open; before every change: does it come from our own page?"""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from smart_app.launch.errors import RoleNotPermitted
from smart_app.launch.guard import permit
from smart_app.launch.sessions import find_open
from tests.unit.launch.launching import APP, EHR, Scene, browser_at, service_app


def plan(scene: Scene, page: str, token: str | None, headers: dict[str, str]) -> httpx2.Response:
    return scene.browser.post(f"{page}/plan", data={"form_token": token} if token else {}, headers=headers)


def test_own_page_may_change(scene: Scene) -> None:
    page = scene.open()
    token = scene.browser.get(page).json()["form_token"]
    assert plan(scene, page, token, {"Origin": APP}).status_code == 200
    by_header = scene.browser.post(f"{page}/plan", headers={"Origin": APP, "X-Form-Token": token})
    assert by_header.status_code == 200


@pytest.mark.parametrize("origin", [None, "null", EHR, APP + ".evil.example", "http://app.example", APP + ":8443", ""])
def test_origin_must_be_ours(scene: Scene, origin: str | None) -> None:
    page = scene.open()
    token = scene.browser.get(page).json()["form_token"]
    answer = plan(scene, page, token, {"Origin": origin} if origin is not None else {})
    assert scene.refused(answer) == (403, "CrossSiteRequest", "origin")


def test_host_header_makes_no_origin_ours(scene: Scene) -> None:
    page = scene.open()
    token = scene.browser.get(page).json()["form_token"]
    forged = {"Origin": "https://evil.example", "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    answer = scene.browser.post(f"{page}/plan", data={"form_token": token}, headers=forged)
    assert answer.status_code in (401, 403)


def test_form_token_must_be_this_launchs(scene: Scene) -> None:
    page, other = scene.open(), scene.open()
    others = scene.browser.get(other).json()["form_token"]
    own = scene.browser.get(page).json()["form_token"]
    assert own != others
    for token in (None, "", "x", "\u00e5", others, own[:-1]):
        assert scene.refused(plan(scene, page, token, {"Origin": APP})) == (403, "CrossSiteRequest", "form-token")


def test_form_token_in_a_header_may_be_any_bytes(scene: Scene) -> None:
    page = scene.open()
    answer = scene.browser.post(f"{page}/plan", headers=[(b"Origin", APP.encode()), (b"X-Form-Token", b"\xe5\xff")])
    assert scene.refused(answer) == (403, "CrossSiteRequest", "form-token")


def test_launch_id_alone_opens_nothing(scene: Scene) -> None:
    page = scene.open()
    assert scene.refused(browser_at(service_app(scene.given)).get(page)) == (401, "LaunchClosed", "no-cookie")
    guessing = browser_at(service_app(scene.given))
    guessing.cookies.set(f"__Host-sl-{page.rpartition('/')[2]}", "guess", domain="app.example")
    assert scene.refused(guessing.get(page)) == (401, "LaunchClosed", "unknown")


def test_started_launch_is_not_open_yet(scene: Scene) -> None:
    asked = scene.start()
    answer = scene.browser.get(f"/assessment/{scene.launches()[0]}")
    assert scene.refused(answer)[:2] == (401, "LaunchClosed")
    assert scene.finish(asked).status_code == 303  # and whoever asked too early has not ended it


def test_idle_after_fifteen_minutes_but_not_while_used(scene: Scene) -> None:
    page = scene.open()
    for _ in range(4):
        scene.clock.instant += timedelta(minutes=14)
        assert scene.browser.get(page).status_code == 200
    scene.clock.instant += timedelta(minutes=15, seconds=1)
    assert scene.refused(scene.browser.get(page)) == (401, "LaunchClosed", "idle")
    scene.clock.instant -= timedelta(minutes=15)
    assert scene.refused(scene.browser.get(page)) == (401, "LaunchClosed", "closed")


def test_over_after_eight_hours_however_busy(scene: Scene) -> None:
    page = scene.open()
    launch = page.rpartition("/")[2]
    cookies = dict(scene.browser.cookies)
    for _ in range(47):
        scene.clock.instant += timedelta(minutes=10)
        find_open(scene.given, launch, cookies)
    scene.clock.instant += timedelta(minutes=10)
    assert scene.refused(scene.browser.get(page)) == (401, "LaunchClosed", "expired")


def test_logout_needs_the_form_token_and_revokes_the_token(scene: Scene) -> None:
    scene.ehr.configuration = {"revocation_endpoint": f"{EHR}/revoke"}
    revoked: list[str] = []

    def revoke(request: httpx2.Request) -> httpx2.Response:
        revoked.append(request.content.decode())
        return httpx2.Response(200, json={})

    scene.ehr.answers["/revoke"] = revoke
    page = scene.open()
    launch = page.rpartition("/")[2]
    token = scene.browser.get(page).json()["form_token"]
    assert scene.browser.post(f"/logout/{launch}", headers={"Origin": APP}).status_code == 403
    assert scene.browser.get(page).status_code == 200
    answer = scene.browser.post(f"/logout/{launch}", data={"form_token": token}, headers={"Origin": APP})
    assert answer.status_code == 200
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert "token=at-1" in revoked[0]
    assert scene.browser.get(page).status_code == 401


def test_logout_works_though_the_ehr_does_not_answer(scene: Scene) -> None:
    scene.ehr.configuration = {"revocation_endpoint": f"{EHR}/revoke"}
    scene.ehr.answers["/revoke"] = lambda _: httpx2.Response(500)
    page = scene.open()
    token = scene.browser.get(page).json()["form_token"]
    out = page.replace("/assessment/", "/logout/")
    assert scene.browser.post(out, data={"form_token": token}, headers={"Origin": APP}).status_code == 200
    assert scene.browser.get(page).status_code == 401


def test_role_decides(scene: Scene) -> None:
    page = scene.open()
    launch = find_open(scene.given, page.rpartition("/")[2], dict(scene.browser.cookies))
    assert permit(launch, "physician", "coordinator") is launch
    with pytest.raises(RoleNotPermitted, match="physician"):
        permit(launch, "coordinator")


@pytest.mark.parametrize("order", [1, -1])
def test_a_cookie_that_comes_twice_is_tried_twice(scene: Scene, order: int) -> None:
    page = scene.open()
    name = f"__Host-sl-{page.rpartition('/')[2]}"
    real = dict(scene.browser.cookies)[name]
    twice = "; ".join([f"{name}={real}", f"{name}=planted"][::order])
    other = browser_at(service_app(scene.given))
    shown = other.get(page, headers={"Cookie": twice})
    assert shown.status_code == 200
    form = {"form_token": shown.json()["form_token"]}
    assert other.post(f"{page}/plan", data=form, headers={"Cookie": twice, "Origin": APP}).status_code == 200
    many = "; ".join([*(f"{name}=planted-{n}" for n in range(5)), f"{name}={real}"])
    assert other.get(page, headers={"Cookie": many}).status_code == 401  # five are tried, no more
