"""Assertions for strict servers, forms instead of addresses, metadata that went stale, and the context that comes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from smart_app.issuers import DEFAULT_SCOPES
from smart_app.issuers_file import WrongIssuers, parse_issuers
from smart_app.launch.clients import Clients
from smart_app.launch.context import LaunchContext
from smart_app.launch.fhir_context import ContextItem
from smart_app.launch.sessions import find_open
from tests.unit.launch.launching import BASE, EHR, Scene, a_scene
from tests.unit.launch.test_launch_matrix import fields_of

CAPABLE = {"capabilities": ["launch-ehr", "launch-standalone", "authorize-post"]}


def opened(scene: Scene) -> LaunchContext:
    page = scene.open()
    return find_open(scene.given, page.rpartition("/")[2], dict(scene.browser.cookies))


def assertion_of(scene: Scene) -> Any:
    keys = KeySet.import_key_set(scene.browser.get("/.well-known/jwks.json").json())
    return jwt.decode(scene.ehr.forms[-1]["client_assertion"], keys, algorithms=["RS384", "ES384"])


def test_strict_audience_is_the_issuer_under_a_type_of_its_own(tmp_path: Path) -> None:
    scene = a_scene(tmp_path, auth="private_key_jwt", assertion="strict-audience", backend_client_id="background")
    scene.open()
    launch = assertion_of(scene)
    assert (launch.header["typ"], launch.claims["aud"]) == ("client-authentication+jwt", EHR)
    scene.ehr.token = {"scope": "system/*.rs", "id_token": None, "patient": None}
    asyncio.run(Clients(scene.given).backend(scene.given.profile("lying")).granted())
    backend = assertion_of(scene)
    assert (backend.header["typ"], backend.claims["aud"]) == ("client-authentication+jwt", EHR)
    assert backend.claims["sub"] == "background"


def test_strict_audience_needs_an_issuer(tmp_path: Path) -> None:
    scene = a_scene(tmp_path, auth="private_key_jwt", assertion="strict-audience")
    scene.ehr.configuration = {"issuer": None}
    assert scene.refused(scene.finish(scene.start())) == (502, "WrongDiscovery", "issuer")


@pytest.mark.parametrize(
    ("listed", "used"), [(None, "ES384"), (["RS384", "ES384"], "ES384"), (["RS256", "RS384"], "RS384")]
)
def test_algorithm_is_one_that_the_ehr_lists(tmp_path: Path, listed: list[str] | None, used: str) -> None:
    scene = a_scene(tmp_path, auth="private_key_jwt", signing_alg="ES384")
    scene.ehr.configuration = {"token_endpoint_auth_signing_alg_values_supported": listed}
    scene.open()
    assert assertion_of(scene).header["alg"] == used


def test_ehr_that_lists_none_of_our_algorithms(tmp_path: Path) -> None:
    scene = a_scene(tmp_path, auth="private_key_jwt")
    scene.ehr.configuration = {"token_endpoint_auth_signing_alg_values_supported": ["RS256"]}
    assert scene.refused(scene.finish(scene.start())) == (502, "WrongDiscovery", "signing-alg")


@pytest.mark.parametrize("key", ["assertion", "authorize", "refresh"])
def test_profile_words_are_checked(key: str) -> None:
    issuer = {"id": "a", "name": "A", "fhir_base": BASE, "client_id": "x", key: "sometimes"}
    with pytest.raises(WrongIssuers, match=f"{key} must be one of"):
        parse_issuers({"issuer": [issuer]})


@pytest.mark.parametrize(
    ("profile", "configuration", "status"),
    [
        ({}, CAPABLE, 303),
        ({"authorize": "post"}, {}, 200),
        ({"authorize": "get", "long": True}, CAPABLE, 303),
        ({"long": True}, CAPABLE, 200),
        ({"long": True}, {}, 303),
    ],
)
def test_long_requests_go_as_a_form_where_the_ehr_takes_forms(
    tmp_path: Path, profile: dict[str, Any], configuration: dict[str, Any], status: int
) -> None:
    if profile.pop("long", False):
        many = " ".join(f"patient/QuestionnaireResponse.rs?questionnaire=https://x.example/{n:040}" for n in range(30))
        profile = profile | {"scopes": {**DEFAULT_SCOPES, "physician": f"launch openid fhirUser {many}"}}
    scene = a_scene(tmp_path, **profile)
    scene.ehr.configuration = configuration
    answer = scene.browser.get("/launch", params={"iss": BASE, "launch": "handle"})
    assert answer.status_code == status


@pytest.mark.requirement("smart-app-launch_2.2_client@52")
def test_form_carries_the_whole_request_and_the_address_nothing_of_it(tmp_path: Path) -> None:
    scene = a_scene(tmp_path, authorize="post")
    scene.ehr.configuration = {"authorization_endpoint": f"{EHR}/authorize?tenant=a&x=1"}
    answer = scene.browser.get("/launch", params={"iss": BASE, "launch": '"><script>x</script>'})
    assert f'<form method="post" action="{EHR}/authorize?tenant=a&amp;x=1">' in answer.text
    assert "<script" not in answer.text
    asked = fields_of(answer.text)
    assert asked["launch"] == '"><script>x</script>'
    assert {"response_type", "client_id", "redirect_uri", "scope", "state", "aud", "nonce", "code_challenge"} <= set(
        asked
    )
    assert not {"tenant", "x"} & asked.keys()
    scene.ehr.nonce = asked["nonce"]
    assert scene.finish(asked).status_code == 303


def moved(scene: Scene) -> None:
    scene.ehr.configuration = {"token_endpoint": f"{EHR}/new/token"}
    scene.ehr.answers["/token"] = lambda _: httpx2.Response(404)
    scene.ehr.answers["/new/token"] = scene.ehr._token


def test_token_endpoint_that_moved_is_looked_up_once_more(scene: Scene) -> None:
    asked = scene.start()
    moved(scene)
    assert scene.finish(asked).status_code == 303
    paths = [path for _, path in scene.ehr.asked]
    assert paths.count("/fhir/.well-known/smart-configuration") == 2
    assert paths.count("/token") == 1


def test_token_endpoint_that_is_gone_is_not_asked_twice(scene: Scene) -> None:
    asked = scene.start()
    scene.ehr.answers["/token"] = lambda _: httpx2.Response(404)
    refused = scene.refused(scene.finish(asked))
    assert refused == (502, "WrongDiscovery", "token-endpoint-status-404")
    assert [path for _, path in scene.ehr.asked].count("/token") == 1


@pytest.mark.requirement("smart-app-launch_2.2_client@191")
def test_fhir_context_is_read_and_a_missing_role_means_launch(scene: Scene) -> None:
    scene.ehr.token = {
        "fhirContext": [
            {"reference": "QuestionnaireResponse/intyg-1"},
            {"reference": f"{BASE}/Task/t1", "type": "Task", "role": "https://x.example/role", "vendor": 1},
            {"canonical": "https://x.example/Questionnaire/q|1", "type": "Questionnaire"},
            {"identifier": {"system": "https://x.example/id", "value": "7"}, "type": "Encounter"},
        ]
    }
    assert opened(scene).fhir_context == (
        ContextItem("launch", reference="QuestionnaireResponse/intyg-1"),
        ContextItem("https://x.example/role", "Task", reference="Task/t1"),
        ContextItem("launch", "Questionnaire", canonical="https://x.example/Questionnaire/q|1"),
        ContextItem("launch", "Encounter", identifier=("https://x.example/id", "7")),
    )
    with scene.given.store.reading() as session:
        text = str(session.connection().exec_driver_sql("select * from launch").all())
    assert "intyg-1" not in text


@pytest.mark.parametrize(
    "said",
    [
        {"reference": "Task/1"},
        ["Task/1"],
        [{}],
        [{"role": "launch"}],
        [{"reference": "https://evil.example/fhir/Task/1"}],
        [{"reference": "../Task/1"}],
        [{"reference": 7}],
        [{"reference": "Task/1", "type": "Patient"}],
        [{"reference": "Task/1", "role": ""}],
        [{"identifier": {"system": "x"}}],
        [{"canonical": "x" * 501}],
        [{"reference": "Task/1"}] * 51,
    ],
)
def test_fhir_context_is_not_believed(scene: Scene, said: object) -> None:
    scene.ehr.token = {"fhirContext": said}
    assert scene.refused(scene.finish(scene.start())) == (502, "WrongDiscovery", "context-fhirContext")


@pytest.mark.parametrize(
    ("patient", "role"), [("p2", "launch"), ("p2", None), ("p2", "https://x.example/mother"), ("p1", None)]
)
def test_a_patient_in_fhir_context_is_the_launchs_or_in_another_role(
    scene: Scene, patient: str, role: str | None
) -> None:
    scene.ehr.token = {"fhirContext": [{"reference": f"Patient/{patient}"} | ({"role": role} if role else {})]}
    answer = scene.finish(scene.start())
    if patient == "p1" or role not in (None, "launch"):
        assert answer.status_code == 303
    else:
        assert scene.refused(answer) == (502, "WrongDiscovery", "context-fhirContext-patient")


def test_style_sheet_of_the_ehr_is_not_fetched_unless_wanted_and_the_log_says_so(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.ehr.token = {"smart_style_url": f"{EHR}/style.json"}
    scene.open()
    assert "/style.json" not in [path for _, path in scene.ehr.asked]
    said = capsys.readouterr().out
    assert "style sheet of the EHR is not used" in said
    assert "style.json" not in said


@pytest.mark.parametrize(
    ("intent", "place"), [("worklist", "worklist"), ("something-else", "assessment"), (7, "assessment")]
)
def test_intent_that_we_do_not_know_opens_the_usual_page(scene: Scene, intent: object, place: str) -> None:
    scene.ehr.token = {"intent": intent}
    assert scene.open().startswith(f"/{place}/")


def test_what_was_asked_and_not_granted_is_known(scene: Scene) -> None:
    scene.ehr.token = {"scope": "launch openid fhirUser patient/*.rs user/*.cruds"}
    lacking = opened(scene).lacking
    assert "patient/RiskAssessment.c" in lacking
    assert not [each for each in lacking if each.startswith("user/")]


def test_encounter_in_fhir_context_is_the_visit_when_there_is_only_one(scene: Scene) -> None:
    scene.ehr.token = {"fhirContext": [{"reference": "Encounter/e9"}, {"reference": "Task/t1"}]}
    assert opened(scene).encounter == "Encounter/e9"
    scene.ehr.token |= {"encounter": "e1"}
    assert opened(scene).encounter == "Encounter/e1"
    two = [{"reference": "Encounter/e9"}, {"reference": "Encounter/e8"}]
    for items in (two, [{"reference": "Encounter/e9", "role": "https://x.example/earlier"}]):
        scene.ehr.token = {"fhirContext": items}
        assert opened(scene).encounter is None


CONFIGURATION = "/fhir/.well-known/smart-configuration"


def looked(scene: Scene) -> int:
    return [path for _, path in scene.ehr.asked].count(CONFIGURATION)


def test_login_page_that_moved_is_found_when_the_browser_did_not_come_back(scene: Scene) -> None:
    scene.start()
    scene.ehr.configuration = {"authorization_endpoint": f"{EHR}/moved"}
    scene.clock.instant += timedelta(seconds=16)
    again = scene.browser.get("/launch", params={"iss": BASE, "launch": "handle"})
    assert again.headers["location"].startswith(f"{EHR}/moved?")
    assert looked(scene) == 2
    scene.start()  # at once again: what was read a moment ago is good enough
    assert looked(scene) == 2


def test_browser_that_came_back_does_not_make_us_look_again(scene: Scene) -> None:
    scene.open()
    scene.clock.instant += timedelta(seconds=16)
    scene.start()
    assert looked(scene) == 1


@pytest.mark.parametrize(("error", "times"), [("access_denied", 1), ("invalid_request", 2), ("server_error", 2)])
def test_error_of_the_login_makes_the_next_launch_look(scene: Scene, error: str, times: int) -> None:
    asked = scene.start()
    scene.clock.instant += timedelta(seconds=16)
    assert scene.refused(scene.finish(asked, error=error)) == (403, "DeniedByEhr", error)
    assert looked(scene) == times
