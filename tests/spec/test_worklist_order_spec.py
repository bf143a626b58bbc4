"""The worklist's order: a case in, group and reason out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest

from risk.assess import assess
from risk.baseline import NATIONAL_2017
from risk.case import Basis, Certificate, DegreePeriod, Occupation, Person, Scope, ScopeKind, SickLeaveCase
from risk.certificates_to_cases import current
from risk.errors import CatalogueFault
from risk.milestones import chain_rules, upcoming
from risk.rank import Rank, rank
from risk.rank_rules import checked, rank_rules

ON = date(2026, 11, 20)


def ago(days: int) -> date:
    return ON - timedelta(days=days)


def one(name: str, since: date, until: date, **more: Any) -> Certificate:
    plain = Certificate(name, name, (DegreePeriod(since, until, 1.0),), diagnoses=("M545",), first_absence=since)
    return replace(plain, **more)


def case_of(*certificates: Certificate) -> SickLeaveCase:
    case = current(certificates, person=Person(), on=ON, scope=Scope(ScopeKind.PERMITTED))
    assert case is not None
    return case


def plain(day: int, left: int, **more: Any) -> SickLeaveCase:
    """On day `day`, its one certificate ending in `left` days."""
    return case_of(one("a", ago(day - 1), ON + timedelta(days=left), **more))


def renewed(times: int, left: int, **more: Any) -> SickLeaveCase:
    firsts = [one(str(n), ago(50 - n), ago(50 - n)) for n in range(times)]
    last = [replace(each, basis=frozenset({Basis.PHONE})) for each in firsts[1:]]
    return case_of(
        firsts[0], *last, one("z", ago(49), ON + timedelta(days=left), basis=frozenset({Basis.PHONE}), **more)
    )


def ranked(case: SickLeaveCase, *, plan: bool = False, booked: bool = False) -> Rank:
    return rank(case, assess(case, models=(NATIONAL_2017,)), plan, booked, ON)


@dataclass(frozen=True)
class Row:
    rule: str
    case: SickLeaveCase
    group: str
    reason: str
    plan: bool = False
    booked: bool = False


TABLE = (
    Row("certificate-ended", plain(84, -1), "today", "Intyget slutade i går, inget nytt är läst"),
    Row("ends-without-follow-up", plain(37, 6), "today", "Intyget slutar om 6 dagar, ingen uppföljning bokad"),
    Row("milestone-without-plan", plain(86, 16), "today", "Dag 90 om 4 dagar, ingen plan"),
    Row(
        "unexamined-twice",
        renewed(2, 10),
        "today",
        "Förlängt 2 gånger utan undersökning, intyget slutar om 10 dagar",
        booked=True,
    ),
    Row("employer-plan", plain(27, 19), "week", "Arbetsgivarens plan ska finnas dag 30, om 3 dagar"),
    Row(
        "chain-goes-on",
        case_of(one("y", ago(110), ago(60)), one("a", ago(18), ON + timedelta(days=20))),
        "week",
        "Nytt fall 41 dagar efter förra, kedjan fortsätter på dag 70",
    ),
    Row(
        "diagnosis-changed",
        case_of(one("a", ago(48), ago(20)), one("b", ago(19), ON + timedelta(days=10), diagnoses=("F432",))),
        "week",
        "Ny diagnos, M54.5 blev F43.2, intyget slutar om 10 dagar",
        booked=True,
    ),
    Row("no-plan-after-30", plain(40, 20), "week", "Dag 40 och ingen plan, intyget slutar om 20 dagar"),
    Row("milestone-near", plain(168, 21), "week", "Dag 180 om 12 dagar", plan=True),
    Row("ends-in-two-weeks", plain(10, 12), "week", "Intyget slutar om 12 dagar, ingen uppföljning bokad"),
    Row(
        "likely-long",
        plain(18, 30, diagnoses=("I63",)),
        "week",
        "Dag 18, 75 av 100 liknande fall passerar dag 90, ingen plan",
    ),
    Row(
        "no-diagnosis",
        plain(16, 20, diagnoses=()),
        "watch",
        "Diagnos saknas i intyget, risken kan inte räknas, intyget slutar om 20 dagar",
    ),
    Row("plan-exists", plain(40, 40), "watch", "Plan finns, nästa hållpunkt dag 60, den 10 dec", plan=True),
    Row("nothing-yet", plain(16, 40), "watch", "Inget att göra före dag 30, den 4 dec"),
    Row("ended", plain(40, -10), "watch", "Fallet slutade den 10 nov, för 10 dagar sedan"),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.rule)
def test_group_and_reason(row: Row) -> None:
    found = ranked(row.case, plan=row.plan, booked=row.booked)
    assert (found.rule, found.group.value, found.reason_sv) == (row.rule, row.group, row.reason)
    assert found.due >= ON
    assert "{" not in found.reason_en


def test_every_rule_has_a_row() -> None:
    assert {row.rule for row in TABLE} == {rule.id for rule in rank_rules()}


def test_groups_come_in_order_and_ended_cases_last() -> None:
    scores = [(ranked(row.case, plan=row.plan, booked=row.booked), row.rule) for row in TABLE]
    ordered = [found.group.value for found, _ in sorted(scores, key=lambda pair: pair[0].score)]
    assert ordered == sorted(ordered, key=["today", "week", "watch"].index)
    assert max(scores, key=lambda pair: pair[0].score)[1] == "ended"


def test_under_one_rule_the_nearer_day_comes_first_then_the_higher_risk() -> None:
    assert ranked(plain(37, 2)).score < ranked(plain(37, 3)).score
    assert ranked(plain(37, 3, diagnoses=("I63",))).score < ranked(plain(37, 3)).score


def test_a_rule_that_is_wrong_is_refused() -> None:
    good = {"id": "x", "group": "today", "due": "today", "when": {}, "sv": "Dag {day}", "en": "Day {day}"}
    assert checked({"rule": [good]})[0].id == "x"
    for wrong in ({"group": "soon"}, {"due": "later"}, {"when": {"moon": 1}}, {"sv": "{who}"}, {"colour": "red"}):
        with pytest.raises(CatalogueFault):
            checked({"rule": [{**good, **wrong}]})
    with pytest.raises(CatalogueFault):
        checked({"rule": [{**good, "when": {"ongoing": True}}]})


def test_milestones_are_chain_days_with_their_dates() -> None:
    case = case_of(
        one("y", ago(110), ago(103)), one("a", date(2026, 10, 22), date(2026, 11, 26), first_absence=date(2026, 10, 15))
    )
    assert case.chain_day == 45
    listed = [(one.day, one.date, one.chain) for one in upcoming(case, ON)]
    assert listed[:3] == [
        (43, date(2026, 11, 26), False),
        (60, date(2026, 12, 5), True),
        (90, date(2027, 1, 4), True),
    ]
    assert [one.day for one in upcoming(case, date(2026, 12, 6))][:1] == [90]


def test_the_chain_concerns_employees() -> None:
    seeker = plain(20, 10, occupations=frozenset({Occupation.JOB_SEEKER}))
    assert [one.day for one in upcoming(seeker, ON)] == [30, 365]
    assert [rule.day for rule in chain_rules()] == [8, 15, 30, 60, 90, 180, 365, 550]


def test_a_rule_is_shown_only_while_it_holds() -> None:
    rule = replace(chain_rules()[0], valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))
    held = [rule.holds_on(day) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))]
    assert held == [False, True, True, False]
