"""Kept predictions with what became of their cases, as operations ask: over all care providers, no patient named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from risk.follow_up.cases import Followed
from smart_app.assessment.tables import AssessmentRow
from smart_app.case_register.tables import CLOSED, CaseRow
from smart_app.follow_up.keep import said_in
from smart_app.follow_up.tables import PredictionRow
from smart_app.sealing import CannotUnseal, Sealer

Model = tuple[str, str]
Key = tuple[str, str, str]


@dataclass
class Gathered:
    """Cases by model id and version, and how many predictions were left out, by why."""

    by_model: dict[Model, list[Followed]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


def gather(session: Session, sealer: Sealer, *, since: date | None, until: date | None, unit: str | None) -> Gathered:
    """Predictions made from `since` to `until`, both included, at one unit or all.

    Left out, and counted: cases whose certificates were all withdrawn, cases joined to one that counts already (the
    first prediction per case and model version counts), rows that no key opens.
    """
    terms: list[Any] = []
    if since is not None:
        terms.append(col(PredictionRow.on) >= since)
    if until is not None:
        terms.append(col(PredictionRow.on) <= until)
    if unit is not None:
        terms.append(col(PredictionRow.care_unit) == unit)
    rows = session.exec(select(PredictionRow).where(*terms).order_by(col(PredictionRow.made_at))).all()
    cases = {row.id: row for row in session.exec(select(CaseRow))}
    opinions = _opinions(session)
    found, counted = Gathered(), set[Key]()
    for row in rows:
        case = _live(cases, row.case_id)
        key = (case.id if case else "", row.model_id, row.model_version)
        if case is None or case.state == CLOSED or case.read_on is None:
            found.left_out["withdrawn"] += 1
        elif key in counted:
            found.left_out["joined"] += 1
        else:
            counted.add(key)
            _add(found, sealer, row, case, opinions.get((row.case_id, row.model_id, row.model_version)))
    return found


def _add(found: Gathered, sealer: Sealer, row: PredictionRow, case: CaseRow, opinion: tuple[str, date] | None) -> None:
    assert case.read_on is not None  # looked at before
    try:
        said = said_in(sealer, row)
    except CannotUnseal:
        found.left_out["unreadable"] += 1
        return
    own = None if opinion is None else (opinion[0], (opinion[1] - said.since).days + 1)
    one = Followed(said.since, said.day, said.shares, case.until, case.read_on, said.groups, own)
    found.by_model.setdefault((row.model_id, row.model_version), []).append(one)


def _live(cases: dict[str, CaseRow], case_id: str) -> CaseRow | None:
    row = cases.get(case_id)
    while row is not None and row.forwarded_to is not None:
        row = cases.get(row.forwarded_to)
    return row


def _opinions(session: Session) -> dict[Key, tuple[str, date]]:
    """The first own view of a physician per case and model version, and its day."""
    given = col(AssessmentRow.opinion).is_not(None)
    rows: Sequence[AssessmentRow] = session.exec(
        select(AssessmentRow).where(given).order_by(col(AssessmentRow.made_at).desc())
    ).all()
    return {(row.case_id, row.model_id, row.model_version): (row.opinion or "", row.on) for row in rows}
