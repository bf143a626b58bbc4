"""In and back: unknown issuers, states used twice, browsers without cookies, two tabs, ten launches."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from smart_app.launch import sessions
from smart_app.launch.errors import LaunchClosed
from smart_app.launch.sessions import find_open
from smart_app.sealing import digest
from tests.unit.launch.launching import APP, BASE, EHR, Scene, browser_at, query_of, service_app, set_cookies


@pytest.mark.requirement("smart-app-launch_2.2_client@3,32,33,34,35,37,41,44,45,47,50,51,150,151,161,196")
def test_authorization_request_has_everything_that_smart_asks_for(scene: Scene) -> None:
    answer = scene.browser.get("/launch", params={"iss": BASE + "/", "launch": "handle"})
    assert answer.headers["location"].startswith(f"{EHR}/authorize?")
    asked = query_of(answer.headers["location"])
    assert {name: asked[name] for name in ("response_type", "client_id", "redirect_uri", "aud", "launch")} == {
        "response_type": "code",
        "client_id": "sickleave",
        "redirect_uri": f"{APP}/callback",
        "aud": BASE,
        "launch": "handle",
    }
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 43
    assert {"launch", "openid", "fhirUser", "user/Task.crus", "patient/Condition.rs"} <= set(asked["scope"].split())


@pytest.mark.requirement("smart-app-launch_2.2_client@13,44,45,69,70")
def test_code_verifier_belongs_to_the_challenge_and_is_new_each_time(scene: Scene) -> None:
    challenges = []
    for _ in range(2):
        asked = scene.start()
        scene.finish(asked)
        verifier = scene.ehr.forms[-1]["code_verifier"]
        made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        assert made == asked["code_challenge"]
        challenges.append(made)
    assert challenges[0] != challenges[1]
    assert scene.ehr.forms[-1]["redirect_uri"] == f"{APP}/callback"


@pytest.mark.parametrize(
    "iss",
    ["https://evil.example/fhir", BASE + "/other", BASE + "?x", "HTTPS://EHR.EXAMPLE/fhir", f"{BASE}//", "", EHR],
)
def test_unknown_issuer_gets_no_request_at_all(scene: Scene, iss: str) -> None:
    answer = scene.browser.get("/launch", params={"iss": iss, "launch": "x"})
    assert scene.refused(answer) == (400, "UnknownIssuer", "unknown-issuer")
    assert scene.ehr.asked == []
    assert not answer.headers.get_list("set-cookie")


@pytest.mark.parametrize("launch", ["", "x" * 5000])
def test_launch_parameter_must_be_there_and_short(scene: Scene, launch: str) -> None:
    answer = scene.browser.get("/launch", params={"iss": BASE, "launch": launch})
    assert scene.refused(answer) == (400, "UnknownIssuer", "launch-parameter")


@pytest.mark.requirement("smart-app-launch_2.2_client@39")
def test_state_is_taken_once(scene: Scene) -> None:
    asked = scene.start()
    assert scene.finish(asked).status_code == 303
    assert scene.refused(scene.finish(asked)) == (400, "UnknownState", "used-state")
    assert len(scene.ehr.forms) == 1


def test_state_is_used_up_by_a_refusal_too(scene: Scene) -> None:
    asked = scene.start()
    refused = scene.finish(asked, error="access_denied")
    assert scene.refused(refused) == (403, "DeniedByEhr", "access_denied")
    assert scene.refused(scene.finish(asked)) == (400, "UnknownState", "used-state")
    assert scene.ehr.forms == []


@pytest.mark.requirement("smart-app-launch_2.2_client@4,60")
@pytest.mark.parametrize("state", ["never-given", ""])
def test_unknown_state_is_refused(scene: Scene, state: str) -> None:
    scene.start()
    answer = scene.browser.get("/callback", params={"state": state, "code": "c-1"})
    assert scene.refused(answer)[:2] == (400, "UnknownState")
    assert scene.ehr.forms == []


def test_state_runs_out_after_ten_minutes(scene: Scene) -> None:
    asked = scene.start()
    scene.clock.instant += timedelta(minutes=10)
    scene.browser.cookies.jar.clear_expired_cookies()
    assert scene.refused(scene.finish(asked)) == (400, "UnknownState", "old-state")


@pytest.mark.requirement("smart-app-launch_2.2_client@39,61")
def test_code_without_cookie_is_refused_with_a_way_on(scene: Scene) -> None:
    asked = scene.start()
    other = browser_at(service_app(scene.given))
    answer = scene.finish(asked, other)
    assert answer.status_code == 403
    assert 'href="/standalone?iss=https%3A%2F%2Fehr.example%2Ffhir&amp;role=physician" target="_blank"' in answer.text
    assert scene.ehr.forms == []
    assert scene.refused(scene.finish(asked)) == (400, "UnknownState", "used-state")


def test_an_answer_for_an_ehr_that_was_taken_out_meanwhile_is_refused(scene: Scene) -> None:
    asked = scene.start()
    gone = replace(scene.given, settings=replace(scene.given.settings, issuers={}))
    answer = scene.finish(asked, browser_at(service_app(gone)))  # and without its cookie
    assert scene.refused(answer) == (400, "UnknownIssuer", "unknown-issuer")


@pytest.mark.requirement("smart-app-launch_2.2_client@39,61")
def test_cookie_of_another_launch_is_no_help(scene: Scene) -> None:
    asked = scene.start()
    thief = browser_at(service_app(scene.given))
    mine = query_of(thief.get("/launch", params={"iss": BASE, "launch": "mine"}).headers["location"])
    names = [cookie.name for cookie in thief.cookies.jar]
    victim = scene.launches()[0]
    thief.cookies.set(f"__Host-sl-{victim}", str(thief.cookies[names[0]]), domain="app.example")
    assert mine["state"] != asked["state"]
    assert scene.finish(asked, thief).status_code == 403
    assert scene.ehr.forms == []


def test_answer_that_names_another_issuer_is_refused(scene: Scene) -> None:
    answer = scene.finish(scene.start(), iss="https://other-server.example")
    assert scene.refused(answer) == (502, "WrongDiscovery", "answer-from-elsewhere")
    assert scene.finish(scene.start(), iss=EHR).status_code == 303


@pytest.mark.requirement("smart-app-launch_2.2_client@5")
def test_error_text_of_the_ehr_is_not_repeated(scene: Scene) -> None:
    answer = scene.finish(scene.start(), error="<script>alert(1)</script>")
    assert scene.refused(answer) == (403, "DeniedByEhr", "refused")
    assert "script" not in answer.text


def test_answer_by_form_post_works_too(scene: Scene) -> None:
    asked = scene.start()
    answer = scene.browser.post("/callback", data={"state": asked["state"], "code": "c-1"})
    assert answer.status_code == 303


def test_cookie_is_fresh_at_callback_and_has_all_attributes(scene: Scene) -> None:
    begun = scene.browser.get("/launch", params={"iss": BASE, "launch": "x"})
    asked = query_of(begun.headers["location"])
    scene.ehr.nonce = asked["nonce"]
    done = scene.finish(asked)
    before, after = set_cookies(begun), set_cookies(done)
    assert before.keys() == after.keys()
    (name,) = after
    launch = name.removeprefix("__Host-sl-")
    assert done.headers["location"].endswith(launch)
    assert before[name].split(";")[0] != after[name].split(";")[0]
    for header in (before[name], after[name]):
        wanted = {"Path=/", "Secure", "HttpOnly", "SameSite=None", "Partitioned"}
        assert wanted <= {part.strip() for part in header.split(";")}
        assert "Domain" not in header
    old = before[name].partition("=")[2].partition(";")[0]
    with pytest.raises(LaunchClosed):
        find_open(scene.given, launch, {name: old})


def test_two_tabs_stay_apart(scene: Scene) -> None:
    first, second = scene.start(), None
    first_nonce = scene.ehr.nonce
    second = scene.start()
    scene.ehr.token = {"patient": "p2"}
    two = scene.finish(second).headers["location"]
    scene.ehr.nonce, scene.ehr.token = first_nonce, {}
    one = scene.finish(first).headers["location"]
    assert scene.browser.get(one).json()["patient"] == "Patient/p1"
    assert scene.browser.get(two).json()["patient"] == "Patient/p2"
    token = scene.browser.get(one).json()["form_token"]
    closed = scene.browser.post(
        one.replace("/assessment/", "/logout/"), data={"form_token": token}, headers={"Origin": APP}
    )
    assert closed.status_code == 200
    assert scene.browser.get(one).status_code == 401
    assert scene.browser.get(two).status_code == 200


def test_eleventh_launch_closes_the_one_unused_for_longest(scene: Scene) -> None:
    opened = []
    for _ in range(10):
        opened.append(scene.open())
        scene.clock.instant += timedelta(seconds=31)
    assert scene.browser.get(opened[0]).status_code == 200  # used again, so the second is now the oldest
    scene.clock.instant += timedelta(seconds=31)
    begun = scene.browser.get("/launch", params={"iss": BASE, "launch": "x"})
    gone = [header for header in set_cookies(begun).values() if "Max-Age=0" in header]
    assert [opened[1].rpartition("/")[2] in header for header in gone] == [True]
    assert scene.browser.get(opened[1]).status_code == 401
    assert [scene.browser.get(each).status_code for each in (opened[0], *opened[2:])] == [200] * 9


def test_unfinished_launch_gives_way_before_an_open_one(scene: Scene) -> None:
    opened = [scene.open() for _ in range(9)]
    unfinished = scene.start()
    scene.open()
    assert [scene.browser.get(each).status_code for each in opened] == [200] * 9
    assert scene.refused(scene.finish(unfinished))[1] == "UnknownState"


def test_cookie_that_is_not_ours_closes_nobody_elses_launch(scene: Scene) -> None:
    """Ids alone are never authority: with forged cookies one could otherwise push others out."""
    others = [scene.open() for _ in range(10)]
    attacker = browser_at(service_app(scene.given))
    for each in others:
        attacker.cookies.set(f"__Host-sl-{each.rpartition('/')[2]}", "guess", domain="app.example")
    attacker.get("/launch", params={"iss": BASE, "launch": "x"})
    assert [scene.browser.get(each).status_code for each in others] == [200] * 10


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"token_type": "mac"}, (502, "WrongDiscovery", "token_type")),
        ({"token_type": None}, (502, "WrongDiscovery", "token_type")),
        ({"access_token": None}, (502, "WrongDiscovery", "access_token")),
        ({"access_token": "a b\r\nX: y"}, (502, "WrongDiscovery", "access_token")),
        ({"patient": "../../Organization/1"}, (502, "WrongDiscovery", "context-patient")),
        ({"patient": ".."}, (502, "WrongDiscovery", "context-patient")),
        ({"patient": 12}, (502, "WrongDiscovery", "context-patient")),
        ({"encounter": "e 1"}, (502, "WrongDiscovery", "context-encounter")),
    ],
)
def test_token_answer_is_not_believed(scene: Scene, changed: dict[str, Any], fault: tuple[int, str, str]) -> None:
    scene.ehr.token = changed
    assert scene.refused(scene.finish(scene.start())) == fault


def test_token_answer_in_every_legal_spelling(scene: Scene) -> None:
    scene.ehr.token = {"token_type": "bearer", "expires_in": "900", "scope": None, "vendor": {"x": [1]}, "patient": ""}
    assert scene.open().startswith("/worklist/")
    launch = find_open(scene.given, scene.launches()[0], dict(scene.browser.cookies))
    assert launch.granted.allows("user", "Task", "u")


def test_intent_banner_and_language_are_kept(scene: Scene) -> None:
    scene.browser.headers["accept-language"] = "en-GB"
    scene.ehr.token = {"intent": "assess", "need_patient_banner": False, "encounter": "e1"}
    scene.open()
    launch = find_open(scene.given, scene.launches()[0], dict(scene.browser.cookies))
    assert (launch.intent, launch.need_patient_banner, launch.encounter, launch.language) == (
        "assess",
        False,
        "Encounter/e1",
        "en",
    )


def test_tokens_and_secrets_are_not_readable_in_the_database(scene: Scene) -> None:
    asked = scene.start()
    scene.finish(asked)
    scene.start()
    with scene.given.store.reading() as session:
        text = "\n".join(str(row) for row in session.connection().exec_driver_sql("select * from launch").all())
    cookie = next(iter(scene.browser.cookies.jar)).value
    for secret in ("at-1", asked["state"], scene.ehr.forms[0]["code_verifier"], asked["nonce"], str(cookie)):
        assert secret not in text
    assert digest(asked["state"]) in text


@pytest.mark.requirement("smart-app-launch_2.2_client@36,152,166")
def test_standalone_launch_asks_for_a_patient_and_never_for_launch(scene: Scene) -> None:
    asked = query_of(scene.browser.get("/standalone", params={"iss": BASE}).headers["location"])
    assert "launch/patient" in asked["scope"].split()
    assert "launch" not in asked["scope"].split()
    assert "launch" not in asked
    worklist = query_of(
        scene.browser.get("/standalone", params={"iss": BASE, "role": "coordinator"}).headers["location"]
    )
    assert "launch/patient" not in worklist["scope"].split()


def test_standalone_without_issuer_lists_the_record_systems(scene: Scene) -> None:
    answer = scene.browser.get("/standalone", headers={"accept-language": "en"})
    assert "Lögnjournalen: the unit" in answer.text
    assert answer.text.count("<li>") == 2


def test_launches_that_are_over_are_purged(scene: Scene) -> None:
    opened = scene.open()
    scene.clock.instant += timedelta(hours=9)
    scene.start()
    with scene.given.store.transaction() as session:
        assert sessions.purge(session, scene.clock.now()) == 1
    assert scene.browser.get(opened).status_code == 401
