"""Patients and users as records and identity providers really describe them."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mapping.errors import MappingFault
from fhir_mapping.read.patient import read_patient
from fhir_mapping.read.role import Role, RoleRules, read_user
from risk.case import Sex
from tests.unit.fhir_makers import ON, Json, patient

NUMBER = "198001139297"  # official test number
OLD, NEW = "urn:oid:1.2.752.129.2.1.3.1", "http://electronichealth.se/identifier/personnummer"


@pytest.mark.parametrize(
    ("system", "value"), [(NEW, NUMBER), (OLD, "19800113-9297"), (OLD, "800113-9297"), (NEW, " 198001139297 ")]
)
def test_personal_numbers_become_twelve_digits(system: str, value: str) -> None:
    view = read_patient(patient(identifier=[{"system": "x", "value": "1"}, {"system": system, "value": value}]), on=ON)
    assert (view.identifier, view.identifier_kind) == (NUMBER, "personnummer")


def test_a_wrong_check_digit_is_told_and_not_used() -> None:
    view = read_patient(patient(identifier=[{"system": NEW, "value": "198001139298"}]))
    assert (view.identifier, view.warnings) == (None, ("personal-number-check-digit",))


def test_the_record_wins_over_the_number_and_the_difference_is_told() -> None:
    number = [{"system": NEW, "value": NUMBER}]
    view = read_patient(patient(gender="female", birthDate="1980-01-14", identifier=number))
    assert (view.person.sex, view.person.birth_date) == (Sex.FEMALE, date(1980, 1, 14))
    assert set(view.warnings) == {"sex-differs", "birth-date-differs"}
    derived = read_patient({"resourceType": "Patient", "id": "p1", "identifier": number})
    assert (derived.person.sex, derived.person.birth_date) == (Sex.MALE, date(1980, 1, 13))


def test_other_and_unknown_sex_stay_unknown() -> None:
    assert read_patient(patient(gender="other", identifier=[{"system": NEW, "value": NUMBER}])).person.sex is None


def test_official_then_usual_name_never_an_old_one() -> None:
    names = [
        {"use": "old", "family": "Gammal"},
        {"use": "usual", "text": "Kim A"},
        {"use": "official", "given": ["Kim", "<b>Alex</b>"], "family": "Almgren"},
    ]
    assert read_patient(patient(name=names)).name == "Kim <b>Alex</b> Almgren"
    assert read_patient(patient(name=names[:2])).name == "Kim A"
    assert read_patient(patient(name=names[:1])).name is None
    assert read_patient(patient(name=[{"given": "Kim"}])).name == "Kim"


@pytest.mark.parametrize("code", ["sekretessmarkering", "skyddadFolkbokforing"])
def test_protected_identity(code: str) -> None:
    label = {"system": "http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel", "code": code}
    view = read_patient(patient(meta={"security": [{"code": "DEMO"}, label]}))
    assert view.protected
    assert view.security == ((label["system"], code),)
    assert not read_patient(patient(meta={"security": [{"code": "DEMO"}]})).protected


def test_names_and_numbers_do_not_show_in_repr() -> None:
    view = read_patient(patient(name=[{"text": "Kim A"}], identifier=[{"system": NEW, "value": NUMBER}]))
    assert "Kim" not in repr(view)
    assert NUMBER not in repr(view)
    assert "1980" not in repr(view)


@pytest.mark.parametrize("document", [{"resourceType": "Group", "id": "1"}, {"resourceType": "Patient"}])
def test_no_patient_no_view(document: Json) -> None:
    with pytest.raises(MappingFault):
        read_patient(document)


HOSP = "urn:oid:1.2.752.116.3.1.3"
DOCTOR: Json = {
    "resourceType": "Practitioner",
    "id": "p9",
    "identifier": [{"system": "urn:oid:1.2.752.129.2.1.4.1", "value": "SE-PERSON"}],
    "name": [{"given": ["Amir"], "family": "Haddad"}],
    "qualification": [{"code": {"coding": [{"system": HOSP, "code": "LK"}]}}],
}
UNIT: Json = {
    "resourceType": "Organization",
    "id": "u",
    "identifier": [{"system": "urn:oid:1.2.752.29.4.19", "value": "SE-U"}],
    "name": "VC",
}
PROVIDER: Json = {**UNIT, "id": "v", "identifier": [{"system": "urn:oid:1.2.752.29.4.19", "value": "SE-V"}]}


def commission(code: str | None, system: str = "https://ehr.example/roles") -> Json:
    said = {"code": [{"coding": [{"system": system, "code": code}]}]} if code else {}
    return {"resourceType": "PractitionerRole", "id": "r9", "practitioner": {"reference": "Practitioner/p9"}, **said}


def test_a_physician_by_licence_at_a_unit() -> None:
    user = read_user(DOCTOR, commission(None), UNIT, PROVIDER)
    assert (user.role, user.licences, user.hsa_id, user.name) == (Role.PHYSICIAN, ("LK",), "SE-PERSON", "Amir Haddad")
    assert (user.reference, user.care_unit, user.care_provider) == ("PractitionerRole/r9", "SE-U", "SE-V")


def test_a_coordinator_needs_no_licence() -> None:
    bare = {"resourceType": "Practitioner", "id": "p9"}
    assert read_user(bare, commission("coordinator")).role is Role.COORDINATOR


def test_a_code_of_the_commission_wins_over_the_licence_and_a_claim_over_both() -> None:
    rules = RoleRules(by_claim={("commissionPurpose", "Rehabkoordinering"): Role.COORDINATOR})
    assert read_user(DOCTOR, commission("head-of-unit")).role is Role.HEAD_OF_UNIT
    claims = {"commissionPurpose": ["Rehabkoordinering"], "other": 3}
    assert read_user(DOCTOR, commission("head-of-unit"), rules=rules, claims=claims).role is Role.COORDINATOR


def test_a_licence_code_in_another_system_is_no_licence() -> None:
    fake = {**DOCTOR, "qualification": [{"code": {"coding": [{"system": "https://x.example", "code": "LK"}]}}]}
    assert read_user(fake, None).role is None


def test_own_codes_of_a_site() -> None:
    rules = RoleRules(by_code={("https://ehr.example/roles", "77"): Role.COORDINATOR})
    assert read_user(None, commission("77"), rules=rules).role is Role.COORDINATOR
    assert read_user(None, commission("77", "https://other.example"), rules=rules).role is None


def test_somebody_elses_commission_is_refused() -> None:
    with pytest.raises(MappingFault, match="practitioner-differs"):
        read_user({**DOCTOR, "id": "other"}, commission("doctor"))
    with pytest.raises(MappingFault, match="no-user"):
        read_user(None, None)
