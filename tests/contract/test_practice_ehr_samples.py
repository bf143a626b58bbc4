"""The sample patients: the cases that the product must master, believable on whatever day it is."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from sandbox.practice_ehr.samples.build import patient_resources, sample_resources
from sandbox.practice_ehr.samples.people import PatientRow, people, titles
from sandbox.practice_ehr.samples.staff import staff, units

ON = date(2026, 11, 20)
HSA = re.compile(r"SE\d{10}-[0-9A-Z]+")


def luhn_ok(digits: str) -> bool:
    doubled = [int(d) * (2 - place % 2) for place, d in enumerate(digits)]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def chart(patient: str, on: date = ON) -> list[dict[str, Any]]:
    return list(patient_resources(next(row for row in people() if row.id == patient), on))


def of_type(resources: list[dict[str, Any]], type_: str) -> list[dict[str, Any]]:
    return [one for one in resources if one["resourceType"] == type_]


def answers(items: list[dict[str, Any]], link_id: str) -> list[dict[str, Any]]:
    found = []
    for item in items:
        if item["linkId"] == link_id:
            found += item.get("answer", [])
        found += answers(item.get("item", []), link_id)
    return found


def test_there_are_enough_and_each_is_somebody_else() -> None:
    assert len(people()) >= 34
    for attribute in ("id", "name", "number"):
        assert len({getattr(row, attribute) for row in people()}) == len(people()), attribute
    assert people()[0].id == "p-eva-sandstrom", "the demo patient comes first"


@pytest.mark.parametrize("row", people(), ids=lambda row: row.id)
def test_number_birth_date_and_sex_agree(row: PatientRow) -> None:
    patient = chart(row.id)[0]
    if row.kind == "nationelltReservnummer":
        assert "birthDate" not in patient
        return
    assert luhn_ok(row.number[2:])
    day = int(row.number[6:8]) - (60 if row.kind == "samordningsnummer" else 0)
    assert patient["birthDate"] == f"{row.number[:4]}-{row.number[4:6]}-{day:02}"
    assert patient["gender"] == ("male" if int(row.number[10]) % 2 else "female")
    assert not row.id.removeprefix("p-").isdigit()


def test_every_reference_stands_before_it_is_used() -> None:
    seen: set[str] = set()
    for one in sample_resources(ON):
        for reference in re.findall(r"'reference': '([^']+)'", str(one)):
            assert reference in seen, (one["id"], reference)
        key = f"{one['resourceType']}/{one['id']}"
        assert key not in seen
        seen.add(key)


def test_hsa_ids_are_well_formed() -> None:
    found = [unit.hsa for unit in units().values()]
    found += [hsa for person in staff().values() for hsa in (person.employee, person.commission)]
    assert len(set(found)) == len(found)
    for hsa in found:
        assert HSA.fullmatch(hsa)
        assert luhn_ok(hsa[2:12])


def test_eva_is_on_day_37_whatever_the_day() -> None:
    for on in (ON, date(2028, 2, 29), date(2027, 3, 28)):
        latest = of_type(chart("p-eva-sandstrom", on), "QuestionnaireResponse")[-2:]
        first_absence = next(
            e["valueDate"] for e in latest[0]["extension"] if e["url"].endswith("first-day-of-absence")
        )
        assert (on - date.fromisoformat(first_absence)).days + 1 == 37
        end = answers(latest[1]["item"], "32.2.end")[0]["valueDate"]
        assert (date.fromisoformat(end) - on).days == 6
        assert answers(latest[1]["item"], "1.1")[0]["valueCoding"]["code"] == "TELEFONKONTAKT"


@pytest.mark.parametrize(("patient", "between"), [("p-nils-ahlstrand", 5), ("p-helena-friskman", 6)])
def test_gaps_are_five_and_six_whole_days(patient: str, between: int) -> None:
    first, second = (one["item"] for one in of_type(chart(patient), "QuestionnaireResponse"))
    end = date.fromisoformat(answers(first, "32.2.end")[0]["valueDate"])
    start = date.fromisoformat(answers(second, "32.2.start")[0]["valueDate"])
    assert (start - end).days - 1 == between


def test_nobody_signs_in_the_future() -> None:
    for one in of_type(sample_resources(ON), "QuestionnaireResponse"):
        assert one["authored"][:10] <= ON.isoformat(), one["id"]


def test_the_hard_cases_are_there() -> None:
    certificates = of_type(sample_resources(ON), "QuestionnaireResponse")
    assert any(one["status"] == "entered-in-error" for one in certificates)
    assert any(answers(one["item"], "27.1") == [{"valueBoolean": True}] for one in certificates)
    assert any(answers(one["item"], "6.1") and not answers(one["item"], "6.2") for one in certificates)
    assert {one["questionnaire"][-7:] for one in certificates} == {"-v1|1.0", "-v2|2.0"}
    assert any(not one.get("extension") for one in certificates), "no unit stated: only through the author's role"
    assert [one["resourceType"] for one in chart("p-olle-tornqvist")] == ["Patient"]
    assert chart("p-sara-vikander")[0]["meta"]["security"][0]["code"] == "sekretessmarkering"
    assert "<b>" in chart("p-kim-almgren")[0]["name"][0]["text"]
    authors = {one["author"]["reference"] for one in of_type(chart("p-linda-markstrom"), "QuestionnaireResponse")}
    assert len({staff()[author.removeprefix("PractitionerRole/role-")].provider.id for author in authors}) == 2


def test_every_code_has_its_title_but_the_one_that_does_not_exist() -> None:
    diagnosed = {row.icd for patient in people() for row in patient.conditions}
    certified = {row.icd for patient in people() for row in patient.certificates if row.icd}
    assert (diagnosed | certified) - set(titles()) == {"U99.99"}
