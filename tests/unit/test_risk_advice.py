"""Interventions: chosen by diagnosis, day, degree and extension; always an answer; the catalogue is checked."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from risk.advice import Intervention, choose
from risk.assess import assess
from risk.baseline import NATIONAL_2017
from risk.case import Basis, Certificate, DegreePeriod, Person, Scope, ScopeKind, SickLeaveCase
from risk.certificates_to_cases import current
from risk.errors import CatalogueFault
from risk.intervention_catalogue import checked, load
from risk.packaged import packaged_names, packaged_toml
from terminology.codes import icd_titles, kva_text

FIRST = date(2026, 1, 1)


def a_case(
    day: int, diagnosis: str | None = "M545", *, renewals: int = 0, left: int = 30, **more: Any
) -> SickLeaveCase:
    on = FIRST + timedelta(days=day - 1)
    until = on + timedelta(days=left)
    cuts = [FIRST + timedelta(days=step) for step in range(renewals + 1)]
    ends = [*(cut - timedelta(days=1) for cut in cuts[1:]), until]
    read = [
        Certificate(
            str(n), str(n), (DegreePeriod(since, end, 1.0),), diagnoses=(diagnosis,) if diagnosis else (), **more
        )
        for n, (since, end) in enumerate(zip(cuts, ends, strict=True))
    ]
    case = current(read, person=Person(), on=on, scope=Scope(ScopeKind.PERMITTED))
    assert case is not None
    return case


def chosen(case: SickLeaveCase) -> dict[str, Intervention]:
    return {one.id: one for one in choose(case, assess(case, models=(NATIONAL_2017,)))}


def test_a_diagnosis_brings_its_own_interventions() -> None:
    assert "exercise-programme" in chosen(a_case(20, "M545"))
    assert "osteoarthritis-school" in chosen(a_case(20, "M171"))
    assert "osteoarthritis-school" not in chosen(a_case(20, "M545"))
    assert chosen(a_case(20, "F321"))["cbt"].rule == "F32-1"


@pytest.mark.parametrize("diagnosis", ["K509", None])
def test_an_unknown_diagnosis_still_gets_plan_coordination_and_workplace(diagnosis: str | None) -> None:
    found = chosen(a_case(20, diagnosis))
    assert {"return-to-work-plan", "coordination-contact", "workplace-adaptation"} <= found.keys()


def test_three_of_different_kinds_are_preselected_first() -> None:
    for day in (1, 20, 40, 70, 200, 400):
        listed = choose(a_case(day), assess(a_case(day), models=(NATIONAL_2017,)))
        assert sum(one.preselected for one in listed) == 3
        assert listed[0].preselected
        assert len({one.id for one in listed}) == len(listed)


def test_the_plan_is_coded_by_whether_a_certificate_is_active() -> None:
    assert chosen(a_case(40))["return-to-work-plan"].kva == "DV077"
    ended = chosen(a_case(40, left=-2))
    assert ended["rehabilitation-plan"].kva == "AW020"
    assert "return-to-work-plan" not in ended


def test_extension_brings_its_own() -> None:
    extension = {"evaluate-ongoing", "employer-contact-early", "stepwise-reduction", "part-time", "preventive-benefit"}
    assert extension <= chosen(a_case(40, renewals=1)).keys()
    assert not extension & chosen(a_case(40)).keys()


def test_part_time_is_proposed_to_those_on_full_time_only() -> None:
    case = replace(a_case(40, renewals=1), degree_now=0.5)
    assert "part-time" not in chosen(case)
    assert "part-time" not in chosen(replace(case, degree_now=None))


def test_renewal_without_examination_asks_for_one() -> None:
    assert "examine-at-renewal" in chosen(a_case(40, renewals=2, basis=frozenset({Basis.PHONE})))
    assert "examine-at-renewal" not in chosen(a_case(40, renewals=2))


def test_some_wait_for_their_day() -> None:
    assert "multimodal-rehabilitation" not in chosen(a_case(29))
    assert "multimodal-rehabilitation" in chosen(a_case(30))


def test_the_certificates_end_brings_the_last_day_nearer() -> None:
    case = a_case(40, left=6)
    follow_up = chosen(case)["secure-follow-up"]
    assert follow_up.due == case.until - timedelta(days=1)
    assert follow_up.why_sv == "Intyget slutar om 6 dagar, den 15 feb."
    assert "secure-follow-up" not in chosen(a_case(40, left=15))


def test_a_day_of_the_chain_sets_the_last_day_when_far_enough() -> None:
    assert chosen(a_case(37))["ergonomic-assessment"].due == FIRST + timedelta(days=59)
    assert chosen(a_case(58))["ergonomic-assessment"].due == FIRST + timedelta(days=89)


def test_everything_proposed_is_whole() -> None:
    for key in icd_titles():
        for day in (1, 29, 37, 61, 181, 400):
            case = a_case(day, key, renewals=1, left=10)
            for one in choose(case, assess(case, models=(NATIONAL_2017,))):
                assert case.on <= one.start <= one.due
                assert one.why_sv
                assert one.why_en
                assert "{" not in one.why_sv + one.why_en
                assert one.kva is None or kva_text(one.kva)


def test_the_catalogue_has_all_keys_and_uses_all_interventions() -> None:
    catalogue = load()
    assert catalogue.by_diagnosis.keys() == icd_titles().keys()
    used = {name for names in catalogue.by_diagnosis.values() for name in names} | {
        rule.add for rule in catalogue.rules
    }
    assert used | set(catalogue.default) == set(catalogue.entries)


def _files() -> tuple[dict[str, Any], dict[str, Any], dict[str, dict[str, Any]]]:
    keys = {"F32": packaged_toml("catalogue/F32.toml")}
    read = packaged_toml("catalogue/interventions.toml"), packaged_toml("catalogue/choice.toml"), keys
    return copy.deepcopy(read)


def _break(interventions: dict[str, Any], choice: dict[str, Any], keys: dict[str, Any], what: str) -> None:
    cbt = interventions["intervention"]["cbt"]
    match what:
        case "unknown code":
            cbt["kva"] = "ZZ999"
        case "unverified code":
            cbt["kva"] = "AW024"
        case "actor":
            cbt["actor"] = "barber"
        case "kind":
            cbt["kind"] = "fun"
        case "no English":
            del cbt["en"]
        case "timing":
            cbt["timing"] = {"due": 3}
        case "list":
            keys["F32"]["interventions"].append("leeches")
        case "file name":
            keys["F32"]["key"] = "F33"
        case "condition":
            choice["rule"][0]["when"] = {"moon": "full"}
        case "place":
            choice["rule"][0]["sv"] = "Hej {name}"
        case "rule twice":
            choice["rule"].append(choice["rule"][0])


@pytest.mark.parametrize(
    ("what", "file", "key"),
    [
        ("unknown code", "interventions.toml", "cbt"),
        ("unverified code", "interventions.toml", "cbt"),
        ("actor", "interventions.toml", "cbt"),
        ("kind", "interventions.toml", "cbt"),
        ("no English", "interventions.toml", "cbt"),
        ("timing", "interventions.toml", "cbt"),
        ("list", "F32.toml", "interventions"),
        ("file name", "F32.toml", "key"),
        ("condition", "choice.toml", "plan-passed-60"),
        ("place", "choice.toml", "plan-passed-60"),
        ("rule twice", "choice.toml", "plan-passed-60"),
    ],
)
def test_a_mistake_in_the_catalogue_names_file_and_key(what: str, file: str, key: str) -> None:
    files = _files()
    _break(*files, what)
    with pytest.raises(CatalogueFault) as fault:
        checked(*files)
    assert (fault.value.file, fault.value.key) == (file, key)


def test_every_packaged_file_is_read() -> None:
    assert len(packaged_names("catalogue", ".toml")) == len(icd_titles()) + 2
