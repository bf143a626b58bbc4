"""How certificates become cases: one row per rule, certificates in, cases out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest

from risk.case import Certificate, DegreePeriod, Scope, ScopeKind
from risk.certificate_sorting import sort_out
from risk.certificates_to_cases import cases

PERMITTED = Scope(ScopeKind.PERMITTED)
UNIT = Scope(ScopeKind.UNIT, "SE-U1")
PROVIDER = Scope(ScopeKind.CARE_PROVIDER, "SE-P1")
SIGNED = datetime(2026, 1, 1, 9, tzinfo=UTC)


def day(number: int) -> date:
    """Day `number` of 2026."""
    return date.fromordinal(date(2025, 12, 31).toordinal() + number)


def one(name: str, *spans: tuple[int, int], degree: float | None = 1.0, **more: object) -> Certificate:
    periods = tuple(DegreePeriod(day(since), day(until), degree) for since, until in spans)
    plain = Certificate(name, f"QuestionnaireResponse/{name}", periods, signed=SIGNED, care_unit="SE-U1")
    return replace(plain, **{"care_provider": "SE-P1", **more})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Row:
    """Certificates in -> (first day, last day, ids) of each case, and the remarks made."""

    rule: str
    certificates: tuple[Certificate, ...]
    cases: tuple[tuple[int, int, str], ...]
    remarks: tuple[str, ...] = ()
    scope: Scope = PERMITTED


LATER = datetime(2026, 2, 1, 9, tzinfo=UTC)

TABLE = (
    Row("no certificates: no case", (), ()),
    Row("one certificate: one case", (one("a", (1, 10)),), ((1, 10, "a"),)),
    Row("one day is a case", (one("a", (4, 4)),), ((4, 4, "a"),)),
    Row("next day joins", (one("a", (1, 10)), one("b", (11, 20))), ((1, 20, "ab"),)),
    Row("gap of five whole days joins", (one("a", (1, 10)), one("b", (16, 20))), ((1, 20, "ab"),)),
    Row("gap of six days does not join", (one("a", (1, 10)), one("b", (17, 20))), ((1, 10, "a"), (17, 20, "b"))),
    Row("order read does not matter", (one("b", (16, 20)), one("a", (1, 10))), ((1, 20, "ab"),)),
    Row("overlap is merged", (one("a", (1, 10)), one("b", (8, 20))), ((1, 20, "ab"),), ("overlap",)),
    Row(
        "nested: the running maximum of the end counts, not the previous end",
        (one("a", (1, 60)), one("b", (5, 10)), one("c", (62, 70))),
        ((1, 70, "abc"),),
        ("overlap",),
    ),
    Row(
        "nested, then a real gap after the longest end",
        (one("a", (1, 30)), one("b", (5, 10)), one("c", (37, 40))),
        ((1, 30, "ab"), (37, 40, "c")),
        ("overlap",),
    ),
    Row("degree steps in one certificate are one case", (one("a", (1, 10), (11, 20)),), ((1, 20, "a"),)),
    Row("periods in any order", (one("a", (11, 20), (1, 10)),), ((1, 20, "a"),)),
    Row("revoked makes no case", (one("a", (1, 10), revoked=True),), (), ("revoked",)),
    Row(
        "revoking the bridge splits",
        (one("a", (1, 10)), one("b", (11, 20), revoked=True), one("c", (21, 30))),
        ((1, 10, "a"), (21, 30, "c")),
        ("revoked",),
    ),
    Row(
        "infection control makes no case",
        (one("a", (1, 10), infection_control=True), one("b", (11, 12))),
        ((11, 12, "b"),),
        ("infection-control",),
    ),
    Row("reversed dates: the period is left out", (one("a", (10, 1)),), (), ("no-period", "reversed-period")),
    Row(
        "reversed dates in one of two periods: the other counts",
        (one("a", (1, 10), (20, 11)),),
        ((1, 10, "a"),),
        ("reversed-period",),
    ),
    Row("no periods at all", (one("a"), one("b", (1, 2))), ((1, 2, "b"),), ("no-period",)),
    Row("year 9999 is no end", (one("a", (1, 2_900_000)),), (), ("implausible-period", "no-period")),
    Row(
        "overlap inside one certificate",
        (one("a", (1, 10), (8, 20)),),
        ((1, 20, "a"),),
        ("overlap-inside-certificate",),
    ),
    Row(
        "a long gap inside one certificate: still one case, said",
        (one("a", (1, 10), (30, 40)),),
        ((1, 40, "a"),),
        ("gap-inside-certificate",),
    ),
    Row("the same certificate twice counts once", (one("a", (1, 10)), one("a", (1, 10))), ((1, 10, "a"),)),
    Row(
        "corrected: same id signed later replaces",
        (one("a", (1, 30)), one("a", (1, 10), signed=LATER)),
        ((1, 10, "a"),),
        ("corrected",),
    ),
    Row(
        "corrected, older version read last",
        (one("a", (1, 10), signed=LATER), one("a", (1, 30))),
        ((1, 10, "a"),),
        ("corrected",),
    ),
    Row(
        "same id, same time, different content: one counts, said",
        (one("a", (1, 10)), one("a", (1, 12))),
        ((1, 12, "a"),),
        ("duplicate-id",),
    ),
    Row(
        "a revocation is final though an older version is read too",
        (one("a", (1, 10), revoked=True), one("a", (1, 12), signed=LATER)),
        (),
        ("revoked",),
    ),
    Row("unsigned counts, said", (one("a", (1, 10), signed=None),), ((1, 10, "a"),), ("unsigned",)),
    Row("degree missing counts, said", (one("a", (1, 10), degree=None),), ((1, 10, "a"),), ("degree-missing",)),
    Row("renews itself, said", (one("a", (1, 10), renews="a"),), ((1, 10, "a"),), ("renews-itself",)),
    Row(
        "a renewal after a long gap is a new case",
        (one("a", (1, 10)), one("b", (30, 40), renews="a")),
        ((1, 10, "a"), (30, 40, "b")),
    ),
    Row(
        "scope unit: other units left out",
        (one("a", (1, 10)), one("b", (11, 20), care_unit="SE-U2")),
        ((1, 10, "a"),),
        scope=UNIT,
    ),
    Row(
        "scope care provider: all its units join",
        (one("a", (1, 10)), one("b", (11, 20), care_unit="SE-U2"), one("c", (21, 30), care_provider="SE-P2")),
        ((1, 20, "ab"),),
        scope=PROVIDER,
    ),
    Row(
        "scope unit: issuer unknown is left out, said",
        (one("a", (1, 10), care_unit=None),),
        (),
        ("issuer-unknown",),
        scope=UNIT,
    ),
    Row(
        "scope permitted: everyone's join",
        (one("a", (1, 10)), one("b", (11, 20), care_unit=None, care_provider=None)),
        ((1, 20, "ab"),),
    ),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.rule)
def test_certificates_become_cases(row: Row) -> None:
    found = cases(row.certificates, scope=row.scope)
    told = tuple((span.since, span.until, "".join(c.id for c in span.certificates)) for span in found)
    assert told == tuple((day(since), day(until), names) for since, until, names in row.cases)
    remarks = {finding.remark.value for finding in sort_out(row.certificates, scope=row.scope).findings}
    assert tuple(sorted(remarks)) == row.remarks


def test_every_remark_has_a_row() -> None:
    from risk.findings import Remark

    told_about_day_one = {remark.value for remark in Remark if remark.name.startswith("FIRST_ABSENCE")}
    shown = {word for row in TABLE for word in row.remarks}
    assert shown | told_about_day_one == {remark.value for remark in Remark}
