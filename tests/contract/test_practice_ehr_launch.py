"""The practice EHR has a real one's manners: discovery, EHR launch, standalone launch, identity and refresh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwk, jwt
from starlette.testclient import TestClient

from sandbox.practice_ehr import PracticeConfig, Quirks, Registration, build_practice_ehr
from sandbox.practice_ehr.by_the_book import SCOPE, ByTheBook

EVA = "p-eva-sandstrom"


def open_practice(**settings: Any) -> ByTheBook:
    config = PracticeConfig(**settings)
    http = TestClient(build_practice_ehr(config), base_url=config.base_url, follow_redirects=False)
    return ByTheBook(http, config)


@pytest.fixture(scope="module")
def practice() -> ByTheBook:
    return open_practice()


def test_discovery_has_every_member_that_smart_requires(practice: ByTheBook) -> None:
    found = practice.http.get("/fhir/.well-known/smart-configuration").json()
    for member in ("issuer", "jwks_uri", "authorization_endpoint", "token_endpoint", "grant_types_supported"):
        assert found[member], member
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert {"launch-ehr", "client-confidential-asymmetric", "permission-v2", "sso-openid-connect"} <= set(
        found["capabilities"]
    )
    openid = practice.http.get(f"{found['issuer']}/.well-known/openid-configuration").json()
    assert (openid["issuer"], openid["jwks_uri"]) == (found["issuer"], found["jwks_uri"])


def test_ehr_launch_gives_patient_encounter_and_verifiable_identity(practice: ByTheBook) -> None:
    answer = practice.launch(user="amir-haddad", patient=EVA, encounter="besok-eva-sandstrom-0", intent="assess")
    assert (answer["patient"], answer["encounter"], answer["intent"]) == (EVA, "besok-eva-sandstrom-0", "assess")
    assert answer["need_patient_banner"] is True
    assert answer["scope"].split() == SCOPE.split()
    keys = jwk.KeySet.import_key_set(practice.http.get("/auth/jwks").json())
    claims = jwt.decode(answer["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["nonce"] == "a-nonce"
    assert claims["aud"] == "sickleave-public"
    assert claims["fhirUser"] == "http://localhost:8001/fhir/Practitioner/amir-haddad"
    assert claims["healthcareProfessionalLicense"] == ["LK"]


def test_coordinator_has_no_licence_no_patient_and_a_role_as_fhir_user(practice: ByTheBook) -> None:
    answer = practice.launch("launch openid fhirUser user/Task.crus patient/Patient.r", user="sofia-oberg")
    assert "patient" not in answer
    assert "patient/" not in answer["scope"]
    keys = jwk.KeySet.import_key_set(practice.http.get("/auth/jwks").json())
    claims = jwt.decode(answer["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["fhirUser"].endswith("/PractitionerRole/role-sofia-oberg")
    assert "healthcareProfessionalLicense" not in claims


def test_post_authorize_answers_with_see_other(practice: ByTheBook) -> None:
    asked = practice.request(practice.order_launch(patient=EVA))
    answer = practice.http.post("/auth/authorize", data=asked)
    assert answer.status_code == 303
    assert "code=" in answer.headers["location"]


def test_standalone_launch_asks_for_user_and_patient_on_a_page(practice: ByTheBook) -> None:
    asked = practice.request(None, scope="openid fhirUser launch/patient patient/Patient.r")
    page = practice.http.get("/auth/authorize", params=asked)
    assert page.status_code == 200
    assert "Eva Sandström" in page.text
    chosen = practice.http.post(
        "/auth/authorize", data={**asked, "practice_user": "amir-haddad", "practice_patient": EVA}
    )
    code = chosen.headers["location"].partition("code=")[2].partition("&")[0]
    assert practice.token(code).json()["patient"] == EVA


def test_granted_scope_is_cut_down_to_the_registration() -> None:
    narrow = Registration("narrow", redirect_uris=("https://app/cb",), scopes=("launch", "patient/*.rs"))
    practice = open_practice(registrations=(narrow,))
    practice.client_id, practice.redirect_uri = "narrow", "https://app/cb"
    answer = practice.launch("launch openid patient/RiskAssessment.crus user/Task.r", patient=EVA)
    assert answer["scope"] == "launch patient/RiskAssessment.rs"
    assert "id_token" not in answer


def test_refresh_rotates_and_a_second_use_ends_the_family(practice: ByTheBook) -> None:
    first = practice.launch(f"{SCOPE} offline_access", patient=EVA)
    form = {"grant_type": "refresh_token", "client_id": "sickleave-public", "refresh_token": first["refresh_token"]}
    second = practice.post_token(form).json()
    assert second["patient"] == EVA
    assert second["refresh_token"] != first["refresh_token"]
    narrowed = {**form, "refresh_token": second["refresh_token"], "scope": "patient/Patient.rs"}
    assert practice.post_token(narrowed).json()["error"] == "invalid_scope"
    assert practice.post_token(form).json()["error"] == "invalid_grant"
    patient = practice.http.get(f"/fhir/Patient/{EVA}", headers=bearer(second))
    assert patient.status_code == 401


def test_introspection_and_revocation(practice: ByTheBook) -> None:
    answer = practice.launch(patient=EVA)
    form = {"client_id": "sickleave-public", "token": answer["access_token"]}
    found = practice.http.post("/auth/introspect", data=form).json()
    assert (found["active"], found["patient"], found["scope"]) == (True, EVA, answer["scope"])
    assert practice.http.post("/auth/revoke", data=form).status_code == 200
    assert practice.http.post("/auth/introspect", data=form).json() == {"active": False}


def test_tokens_end() -> None:
    clock = [datetime(2026, 11, 20, 8, 0, tzinfo=UTC)]
    practice = open_practice(now=lambda: clock[0])
    answer = practice.launch(patient=EVA)
    assert practice.http.get(f"/fhir/Patient/{EVA}", headers=bearer(answer)).status_code == 200
    clock[0] += timedelta(seconds=3601)
    assert practice.http.get(f"/fhir/Patient/{EVA}", headers=bearer(answer)).status_code == 401


def test_quirks_of_real_ehrs_can_be_switched_on() -> None:
    quirks = Quirks(
        token_type="bearer", id_token_kid=False, relative_endpoints=True, refuse_scopes=("patient/RiskAssessment",)
    )
    practice = open_practice(quirks=quirks)
    answer = practice.launch(patient=EVA)
    assert answer["token_type"] == "bearer"
    assert "RiskAssessment" not in answer["scope"]
    assert practice.http.get("/fhir/.well-known/smart-configuration").json()["token_endpoint"] == "../auth/token"


def test_an_independent_client_can_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    """fhirclient knows nothing of us: it finds the endpoints in the CapabilityStatement and speaks PKCE itself."""
    fhirclient = pytest.importorskip("fhirclient.client")
    practice = open_practice()
    redirect_requests_to(practice.http, monkeypatch)
    settings = {
        "app_id": "sickleave-public",
        "api_base": practice.config.fhir_url,
        "redirect_uri": practice.redirect_uri,
        "scope": "openid fhirUser patient/Patient.r",
        "launch_token": practice.order_launch(patient=EVA),
    }
    smart = fhirclient.FHIRClient(settings=settings)
    answer = practice.http.get(smart.authorize_url)
    smart.handle_callback(answer.headers["location"])
    assert smart.patient.birthDate.isostring == "1980-04-11"


def redirect_requests_to(http: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    def send(_: Any, request: Any, **__: Any) -> Any:
        found = http.request(request.method, request.url, content=request.body, headers=dict(request.headers))
        answer = requests.Response()
        answer.status_code, answer._content, answer.url = found.status_code, found.content, request.url
        answer.headers.update(found.headers)
        answer.request = request
        return answer

    monkeypatch.setattr(requests.Session, "send", send)


def bearer(answer: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer['access_token']}"}
