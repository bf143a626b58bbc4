"""Certificates as senders really write them: one row per mistake, and what becomes of it."""

from __future__ import annotations

import contextlib
import copy
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import MAX_DEPTH, MAX_ITEMS
from fhir_mapping.read.certificate import read_certificate, read_certificate_closely, template_of
from fhir_mapping.read.organization import Unit, units
from fhir_mapping.urls import CANONICAL
from risk.case import Basis, Certificate, DegreePeriod, Occupation
from tests.unit.fhir_makers import ON, Json, a, certificate, fk, g, icd, period

TEXT = {"valueString": "x"}


def read(document: Json) -> Certificate:
    return read_certificate(document, organizations={}, on=ON)


def remarks(document: Json) -> list[str]:
    return [f.reason for f in read_certificate_closely(document, organizations={}, on=ON).remarks]


def test_a_whole_certificate() -> None:
    read_ = read(
        certificate(period("2026-11-16", "2026-11-30", fk("0003", "HALFTEN")), period("2026-11-01", "2026-11-15"))
    )
    assert read_.periods == (
        DegreePeriod(date(2026, 11, 1), date(2026, 11, 15), 1.0),
        DegreePeriod(date(2026, 11, 16), date(2026, 11, 30), 0.5),
    )
    assert read_.id == "c1"
    assert read_.diagnoses == ("F432",)
    assert read_.basis == {Basis.PHYSICAL_EXAMINATION}
    assert read_.occupations == {Occupation.CURRENT_WORK}
    assert read_.signed is not None
    assert read_.signed.isoformat() == "2026-11-01T08:15:00+00:00"
    assert not remarks(certificate())


FAULTS: list[tuple[str, Json, str]] = [
    ("reversed dates", certificate(period("2026-11-30", "2026-11-01")), "reversed-period"),
    ("no end", certificate(period("2026-11-01", None)), "missing-end"),
    ("no start", certificate(period(None, "2026-11-01")), "missing-start"),
    ("only a month", certificate(period("2026-11", "2026-11-30")), "incomplete-date"),
    ("no date at all", certificate(period("in May", "2026-11-30")), "unreadable-date"),
    ("wrong century", certificate(period("0202-11-01", "2026-11-30")), "absurd-date"),
    ("30 February", certificate(period("2026-02-01", "2026-02-30")), "unreadable-date"),
    ("no period", certificate(g("32")), "no-period"),
    ("no items", certificate(item=[]), "no-period"),
    ("a draft", certificate(status="in-progress"), "draft"),
    ("an abandoned draft", certificate(status="stopped"), "draft"),
    ("another form", certificate(questionnaire="https://x.example/Questionnaire/phq-9"), "not-a-certificate"),
    ("nothing to know it by", certificate(id=None, identifier=None), "no-identity"),
]


@pytest.mark.parametrize(("document", "reason"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_mistakes_that_make_it_useless(document: Json, reason: str) -> None:
    with pytest.raises(MappingFault) as fault:
        read(document)
    assert fault.value.reason == reason


GOOD = period("2026-11-01", "2026-11-30")
REMARKS: list[tuple[str, Json, str]] = [
    ("one of two reversed", certificate(GOOD, period("2026-12-30", "2026-12-01")), "reversed-period"),
    ("periods overlap", certificate(GOOD, period("2026-11-30", "2026-12-10")), "overlapping-periods"),
    ("unknown degree", certificate(period("2026-11-01", "2026-11-30", fk("0003", "LITE_GRAND"))), "unknown-degree"),
    ("no degree", certificate(g("32", *GOOD["item"][1:])), "missing-degree"),
    ("four years", certificate(period("2026-11-01", "2030-11-30")), "very-long-period"),
    ("unknown basis", certificate(items=(g("1", a("1.1", fk("0001", "TELEPATI"))),)), "unknown-code"),
    ("unknown occupation", certificate(items=(g("28", a("28.1", fk("0002", "SEGLARE"))),)), "unknown-code"),
    ("basis in the future", certificate(items=(g("1", a("1.2", {"valueDate": "2026-11-02"})),)), "future-basis-date"),
    ("signed in the future", certificate(authored="2026-11-23T09:00:00+01:00"), "signed-in-future"),
    ("signed, unreadable", certificate(authored="yesterday"), "unreadable-date"),
    ("nonsense diagnosis", certificate(items=(g("6", a("6.2", icd("hej"))),)), "unknown-code"),
    (
        "SNOMED diagnosis",
        certificate(items=(g("6", a("6.2", icd("279039007", "http://snomed.info/sct"))),)),
        "unknown-code-system",
    ),
    (
        "a list for a code",
        certificate(items=(g("28", a("28.1", {"valueQuantity": {"value": 1}})),)),
        "unreadable-answer",
    ),
]


@pytest.mark.parametrize(("document", "reason"), [row[1:] for row in REMARKS], ids=[row[0] for row in REMARKS])
def test_mistakes_that_are_told_and_lived_with(document: Json, reason: str) -> None:
    assert reason in remarks(document)
    assert read(document).periods[0].since == date(2026, 11, 1)


def test_an_unreadable_main_diagnosis_is_never_replaced_by_the_second() -> None:
    assert read(certificate(items=(g("6", a("6.2", icd("hej")), a("6.4", icd("M545"))),))).diagnoses == ()


@pytest.mark.parametrize(
    "system", ["http://hl7.org/fhir/sid/icd-10-se", "urn:oid:1.2.752.116.1.1.1.1.8", "https://www.icd10.se/"]
)
def test_diagnoses_in_all_their_systems(system: str) -> None:
    read_ = read(
        certificate(
            items=(
                g(
                    "6",
                    a("6.2", icd("f43.8a", system)),
                    a("6.4", icd("M54.5", system)),
                    a("6.6", icd("F43.8A", system)),
                ),
            )
        )
    )
    assert read_.diagnoses == ("F438A", "M545")


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        (fk("0003", "TRE_FJARDEDEL"), 0.75),
        ({"valueCoding": {"system": "urn:oid:1.2.3", "code": "HELT_NEDSATT"}}, 1.0),
        ({"valueCoding": {"code": "helt-nedsatt"}}, 1.0),
        ({"valueCoding": {"code": "9", "display": "75 %"}}, 0.75),
        ({"valueString": "EN_FJARDEDEL"}, 0.25),
        ({"valueString": "100%"}, 1.0),
        ({"valueInteger": 50}, 0.5),
        ({"valueDecimal": 0.25}, 0.25),
        ({"valueQuantity": {"value": 75, "unit": "%"}}, 0.75),
        ({"valueCodeableConcept": {"coding": [{"code": "?"}, {"code": "HALFTEN"}]}}, 0.5),
        ({"valueInteger": 40}, None),
        ({"valueString": "0,5"}, None),
        ({"valueBoolean": True}, None),
    ],
)
def test_degrees_however_they_are_written(answer: Json, share: float | None) -> None:
    assert read(certificate(period("2026-11-01", "2026-11-30", answer))).periods[0].degree == share


def flat(document: Json) -> Json:
    """The same items without their groups."""
    found = copy.deepcopy(document)
    found["item"] = [inner for item in found["item"] for inner in item["item"]]
    return found


def below_answers(document: Json) -> Json:
    found = copy.deepcopy(document)
    found["item"] = [{"linkId": "start", "answer": [{**TEXT, "item": [g("page", g("section", *found["item"]))]}]}]
    return found


def dates_below_degree() -> Json:
    rows = [("HELT_NEDSATT", "2026-11-01", "2026-11-15"), ("HALFTEN", "2026-11-16", "2026-11-30")]
    answers = [
        {**fk("0003", d), "item": [a("32.2.start", {"valueDate": s}), a("32.2.end", {"valueDate": e})]}
        for d, s, e in rows
    ]
    return certificate(g("32", a("32.1", *answers)))


TWO = certificate(period("2026-11-01", "2026-11-15"), period("2026-11-16", "2026-11-30", fk("0003", "HALFTEN")))


@pytest.mark.parametrize(
    "document", [TWO, flat(TWO), below_answers(TWO), below_answers(flat(TWO)), dates_below_degree()]
)
def test_any_nesting_reads_the_same(document: Json) -> None:
    expected = read(TWO)
    assert read(document) == expected
    assert len(expected.periods) == 2


def test_a_flat_row_without_end_does_not_take_the_next_rows() -> None:
    document = flat(certificate(period("2026-11-01", None), period("2026-12-01", "2026-12-31")))
    assert read(document).periods == (DegreePeriod(date(2026, 12, 1), date(2026, 12, 31), 1.0),)
    assert remarks(document) == ["missing-end"]


def test_an_instant_for_a_date_is_the_day_that_it_was_in_sweden() -> None:
    times = [
        a("32.2.start", {"valueDateTime": "2026-10-31T23:30:00Z"}),
        a("32.2.end", {"valueDateTime": "2026-11-30T21:00:00Z"}),
    ]
    found = read(certificate(g("32", a("32.1", fk("0003", "HALFTEN")), *times))).periods[0]
    assert (found.since, found.until) == (date(2026, 11, 1), date(2026, 11, 30))
    summer = g(
        "32", a("32.2.start", {"valueDateTime": "2026-06-30T22:30:00Z"}), a("32.2.end", {"valueDate": "2026-07-02"})
    )
    assert read(certificate(summer)).periods[0].since == date(2026, 7, 1)


def test_version_1_codes_and_vendor_elements() -> None:
    document = certificate(
        items=(
            g("1", a("1.1", fk("0001", "UNDERSOKNING"))),
            g("1", a("1.1", fk("0001", "ANHORIG"), {"valueString": "Telefonkontakt"})),
            g("40", a("40.1", fk("0004", "EJ_AKTUELLT"))),
        ),
        questionnaire=f"{CANONICAL}/Questionnaire/fk7804-v1|1.0",
        vendorState={"deep": [1, {"x": None}]},
    )
    assert read(document).template == "fk7804-v1"
    assert read(document).basis == {Basis.PHYSICAL_EXAMINATION, Basis.RELATIVE, Basis.PHONE}


@pytest.mark.parametrize(
    ("canonical", "template"),
    [
        (f"{CANONICAL}/Questionnaire/fk7804-v2|2.0", "fk7804-v2"),
        (f"{CANONICAL}/Questionnaire/fk7804-v1", "fk7804-v1"),
        ("https://ehr.example/Questionnaire/FK7804|1.3", "fk7804-v1"),
        ("https://ehr.example/Questionnaire/lisjp", "fk7804-v2"),
        ("https://ehr.example/own/4711", "fk7804-v2"),
        ("https://ehr.example/Questionnaire/ag7804", None),
        (None, None),
    ],
)
def test_which_forms_are_certificates(canonical: str | None, template: str | None) -> None:
    known = frozenset({"https://ehr.example/own/4711"})
    assert template_of(certificate(questionnaire=canonical), known) == template


def test_revoked_and_infection_control_are_known_even_without_periods() -> None:
    """Otherwise a revocation would be lost, and the certificate counted."""
    assert read(certificate(item=[], status="entered-in-error")).revoked
    infection = read(certificate(item=[g("27", a("27.1", {"valueBoolean": True}))]))
    assert infection.infection_control
    assert infection.periods == ()


def test_renewal_and_first_day_of_absence() -> None:
    base = "https://elsewhere.example/StructureDefinition"
    read_ = read(
        certificate(
            extension=[
                {"url": f"{base}/certificate-renews", "valueIdentifier": {"value": "c0"}},
                {"url": f"{base}/first-day-of-absence", "valueDate": "2026-10-20"},
            ]
        )
    )
    assert (read_.renews, read_.first_absence) == ("c0", date(2026, 10, 20))


HSA_OLD = "urn:oid:1.2.752.129.2.1.4.1"


def hierarchy() -> Json:
    def part(name: str, hsa: str) -> Json:
        return {"url": name, "valueReference": {"identifier": {"system": HSA_OLD, "value": hsa}}}

    url = "https://commonprofiles.care/fhir/StructureDefinition/common-hsaHierarchy"
    return {"url": url, "extension": [part("hsaCareProvider", "SE-P"), part("hsaCareUnit", "SE-U")]}


def test_the_issuer_from_the_extension_or_from_the_authors_organization() -> None:
    said = read(certificate(extension=[hierarchy()]))
    assert (said.care_provider, said.care_unit) == ("SE-P", "SE-U")
    places = {"PractitionerRole/r9": Unit("SE-U2", None, "SE-P2")}
    found = read_certificate(certificate(), organizations=places)
    assert (found.care_provider, found.care_unit) == ("SE-P2", "SE-U2")
    assert read(certificate()).care_unit is None


def organization(id_: str, hsa: str, kind: str | None, above: str | None) -> Json:
    document: Json = {"resourceType": "Organization", "id": id_, "identifier": [{"system": HSA_OLD, "value": hsa}]}
    if kind:
        document["type"] = [{"coding": [{"system": "http://snomed.info/sct", "code": kind}]}]
    if above:
        document["partOf"] = {"reference": f"Organization/{above}"}
    return document


def test_the_unit_above_a_ward_and_the_provider_above_that() -> None:
    tree = [
        organization("ward", "SE-W", None, "unit"),
        organization("unit", "SE-U", "43741000", "area"),
        organization("area", "SE-A", None, "provider"),
        organization("provider", "SE-P", "143591000052106", None),
        {
            "resourceType": "PractitionerRole",
            "id": "r1",
            "organization": {"reference": "https://ehr.example/fhir/Organization/ward"},
        },
    ]
    found = units(tree, base="https://ehr.example/fhir")
    assert (found["PractitionerRole/r1"].hsa_id, found["PractitionerRole/r1"].provider_hsa_id) == ("SE-U", "SE-P")
    assert found["Organization/provider"].hsa_id is None
    loop = units([organization("a", "SE-A", None, "b"), organization("b", "SE-B", None, "a")])
    assert loop["Organization/a"].provider_hsa_id == "SE-B"


def test_five_megabytes_are_read_or_refused_within_a_moment() -> None:
    many = certificate(items=tuple(a("25.1", {"valueString": "x" * 900}) for _ in range(5_500)))
    started = time.perf_counter()
    assert read(many).diagnoses == ("F432",)
    assert time.perf_counter() - started < 1.0
    with pytest.raises(MappingFault, match="too-many-items"):
        read(certificate(items=tuple(a("25.1", TEXT) for _ in range(MAX_ITEMS + 1))))
    deep: Json = a("25.1", TEXT)
    for _ in range(MAX_DEPTH + 5):
        deep = g("25", deep)
    with pytest.raises(MappingFault, match="too-deep"):
        read(certificate(items=(deep,)))


def test_reading_is_fast() -> None:
    """The bound is generous for a busy machine; measured: some 60 microseconds."""
    document, best = certificate(), 1.0
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(200):
            read(document)
        best = min(best, (time.perf_counter() - started) / 200)
    assert best < 400e-6


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["32.1", "2026-11-01", "6.2"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["linkId", "item", "answer", "valueCoding", "code", "system", "valueDate", "url"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(item=JSON, extension=JSON, identifier=JSON, authored=JSON)
def test_no_garbage_stops_the_reader_with_anything_but_a_fault(
    item: Any, extension: Any, identifier: Any, authored: Any
) -> None:
    document = certificate(item=item, extension=extension, identifier=identifier, authored=authored)
    with contextlib.suppress(MappingFault):
        read(document)
