"""Who signed in: by fhirUser, by claims, and when it cannot be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smart_app.launch.context import LaunchContext
from smart_app.launch.sessions import find_open
from tests.unit.launch.launching import BASE, Scene, a_scene, signed

CLAIMS = {
    "employeeHsaId": "SE2321000016-9Z99",
    "name": "Klara Anspråk",
    "careUnitHsaId": "SE2321000016-CLAIM",
    "healthCareProviderHsaId": "SE2321000016-CPROV",
    "role": ["Rehabkoordinator"],
}


def opened(scene: Scene) -> LaunchContext:
    page = scene.open()
    return find_open(scene.given, page.rpartition("/")[2], dict(scene.browser.cookies))


def reason(scene: Scene) -> str:
    status, fault, why = scene.refused(scene.finish(scene.start()))
    assert (status, fault) == (403, "UnknownUser")
    return why


@pytest.mark.requirement("smart-app-launch_2.2_client@202")
@pytest.mark.parametrize(
    "fhir_user", [f"{BASE}/Practitioner/doc", "Practitioner/doc", f"{BASE}/PractitionerRole/doc-role"]
)
def test_fhir_user_is_followed_to_unit_provider_and_role(scene: Scene, fhir_user: str) -> None:
    scene.ehr.fhir_user = fhir_user
    launch = opened(scene)
    assert launch.owner.issuer == "lying"
    assert (launch.owner.care_unit, launch.owner.care_provider) == ("SE2321000016-UNIT", "SE2321000016-PROV")
    assert (launch.user_reference, launch.user_hsa_id) == ("PractitionerRole/doc-role", "SE2321000016-1A01")
    assert (launch.role, launch.user_name, launch.unit_name) == ("physician", "Amir Prov", "Vårdcentralen Provet")


@pytest.mark.parametrize(
    ("fhir_user", "why"),
    [
        ("https://evil.example/fhir/Practitioner/doc", "fhir-user-elsewhere"),
        (f"{BASE}.evil.example/Practitioner/doc", "fhir-user-elsewhere"),
        ("Practitioner/../Patient/p1", "fhir-user-elsewhere"),
        ("Practitioner/..", "fhir-user-elsewhere"),
        ("Patient/p1", "not-staff"),
        ("RelatedPerson/r1", "not-staff"),
    ],
)
def test_fhir_user_that_is_no_member_of_staff_here(scene: Scene, fhir_user: str, why: str) -> None:
    scene.ehr.fhir_user = fhir_user
    assert reason(scene) == why
    assert not [path for _, path in scene.ehr.asked if "Pract" in path or "Patient" in path]


def test_without_fhir_user_the_claims_tell(scene: Scene) -> None:
    scene.ehr.fhir_user = None
    scene.ehr.sign = lambda claims: signed(claims | CLAIMS)
    launch = opened(scene)
    assert (launch.owner.care_unit, launch.owner.care_provider) == ("SE2321000016-CLAIM", "SE2321000016-CPROV")
    assert (launch.user_hsa_id, launch.user_name, launch.role) == (
        "SE2321000016-9Z99",
        "Klara Anspråk",
        "coordinator",
    )
    assert launch.user_reference is None


def test_claim_names_are_the_profiles(tmp_path: Path) -> None:
    scene = a_scene(
        tmp_path,
        claims={"care_unit": ["enhet"], "care_provider": ["givare"], "role": ["titel"], "hsa_id": ["sub"]},
    )
    scene.ehr.fhir_user = None
    scene.ehr.sign = lambda claims: signed(claims | {"enhet": "U", "givare": "P", "titel": "Läkare"})
    launch = opened(scene)
    assert (launch.owner.care_unit, launch.owner.care_provider, launch.role, launch.user_hsa_id) == (
        "U",
        "P",
        "physician",
        "doc",
    )


def test_scopes_that_do_not_reach_the_user_leave_the_claims(scene: Scene) -> None:
    scene.ehr.token = {"scope": "launch openid fhirUser patient/*.rs"}
    scene.ehr.answers["/fhir/Practitioner/doc"] = lambda _: pytest.fail("asked without a scope")
    scene.ehr.token = {"scope": "launch openid fhirUser patient/Patient.r"}
    scene.ehr.sign = lambda claims: signed(claims | CLAIMS)
    assert opened(scene).owner.care_unit == "SE2321000016-CLAIM"


def drop(scene: Scene, reference: str, element: str) -> None:
    scene.ehr.resources[reference].pop(element)


@pytest.mark.parametrize(
    ("reference", "element", "why"),
    [
        ("Organization/unit", "identifier", "no-care-unit"),
        ("Organization/unit", "partOf", "no-care-provider"),
        ("PractitionerRole/doc-role", "organization", "no-care-unit"),
        ("PractitionerRole/doc-role", "code", "no-role"),
    ],
)
def test_what_cannot_be_told_is_named(scene: Scene, reference: str, element: str, why: str) -> None:
    drop(scene, reference, element)
    assert reason(scene) == why


def two_commissions(scene: Scene) -> None:
    hsa = "urn:oid:1.2.752.29.4.19"
    first = scene.ehr.resources["PractitionerRole/doc-role"]
    first["identifier"] = [{"system": hsa, "value": "SE2321000016-COM1"}]
    scene.ehr.resources["PractitionerRole/second"] = first | {
        "id": "second",
        "identifier": [{"system": hsa, "value": "SE2321000016-COM2"}],
        "organization": {"reference": "Organization/other"},
    }
    scene.ehr.resources["Organization/other"] = scene.ehr.resources["Organization/unit"] | {
        "id": "other",
        "identifier": [{"system": hsa, "value": "SE2321000016-OTHER"}],
    }


@pytest.mark.parametrize("claim", [{"commissionHsaId": "SE2321000016-COM2"}, {"careUnitHsaId": ["SE2321000016-OTHER"]}])
def test_of_two_commissions_the_claims_choose(scene: Scene, claim: dict[str, Any]) -> None:
    two_commissions(scene)
    scene.ehr.sign = lambda claims: signed(claims | claim)
    launch = opened(scene)
    assert (launch.owner.care_unit, launch.user_reference) == ("SE2321000016-OTHER", "PractitionerRole/second")


@pytest.mark.parametrize("claim", [{}, {"commissionHsaId": "SE2321000016-COM9"}])
def test_of_two_commissions_none_is_guessed(scene: Scene, claim: dict[str, Any]) -> None:
    two_commissions(scene)
    scene.ehr.sign = lambda claims: signed(claims | claim)
    assert reason(scene) == "several-commissions"


ENDED: list[dict[str, Any]] = [
    {"active": False},
    {"period": {"end": "2026-11-21"}},
    {"period": {"start": "2026-11-23"}},
    {"period": {"start": "2020-01-01", "end": "2026-10"}},
]


@pytest.mark.parametrize("fhir_user", ["Practitioner/doc", "PractitionerRole/doc-role"])
@pytest.mark.parametrize("ended", ENDED)
def test_a_commission_that_does_not_hold_today_opens_no_unit(
    scene: Scene, fhir_user: str, ended: dict[str, Any]
) -> None:
    """Whatever the EHR's search makes of `active`, and though the id_token names the commission itself."""
    scene.ehr.fhir_user = fhir_user
    scene.ehr.resources["PractitionerRole/doc-role"] |= ended
    assert reason(scene) == "commission-ended"


@pytest.mark.parametrize(
    "period",
    [
        {"start": "2026-11-22", "end": "2026-11-22"},
        {"start": "2026", "end": "2026-11"},
        {"start": "2026-11-21T23:00:00Z", "end": "2026-11-22T22:59:59Z"},
        {"end": "9999-12-31"},
        {"end": "soon"},
        "x",
    ],
)
def test_a_commission_holds_on_its_first_and_last_day(scene: Scene, period: object) -> None:
    scene.ehr.resources["PractitionerRole/doc-role"] |= {"period": period}
    assert opened(scene).owner.care_unit == "SE2321000016-UNIT"


@pytest.mark.parametrize("ended", ENDED)
def test_of_two_commissions_the_one_that_holds_is_meant(scene: Scene, ended: dict[str, Any]) -> None:
    two_commissions(scene)
    scene.ehr.resources["PractitionerRole/doc-role"] |= ended
    assert opened(scene).owner.care_unit == "SE2321000016-OTHER"


def test_loop_of_organizations_ends(scene: Scene) -> None:
    scene.ehr.resources["Organization/unit"]["partOf"] = {"reference": "Organization/unit"}
    assert reason(scene) == "no-care-provider"


def test_ehr_that_fails_closes_the_launch_with_its_own_fault(scene: Scene) -> None:
    import httpx2

    scene.ehr.answers["/fhir/Practitioner/doc"] = lambda _: httpx2.Response(503, headers={"retry-after": "7"})
    answer = scene.finish(scene.start())
    assert (answer.status_code, answer.json()["fault"]) == (503, "EhrBusy")
