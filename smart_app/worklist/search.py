"""Searching the unit's worklist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_
from sqlmodel import Session, col, select

from smart_app.sealing import Sealer
from smart_app.store.owner import Owner
from smart_app.worklist.display import shown_display
from smart_app.worklist.query import MAX_COUNT, Days, Page, Sort, WorklistEntry, WorklistQuery
from smart_app.worklist.tables import TaskRow

COLUMNS: dict[str, Any] = {
    "rank": TaskRow.rank_score,
    "due": TaskRow.due,
    "day": TaskRow.day,
    "risk": TaskRow.share,
    "until": TaskRow.until,
    "diagnosis": TaskRow.diagnosis,
    "status": TaskRow.business_status,
    "owner": TaskRow.owner_name,
    "updated": TaskRow.updated_at,
}
SETS: dict[str, Any] = {
    "ids": TaskRow.id,
    "status": TaskRow.status,
    "business_status": TaskRow.business_status,
    "owners": TaskRow.owner_reference,
    "patients": TaskRow.patient_reference,
    "groups": TaskRow.rank_group,
    "bands": TaskRow.band,
    "plan_states": TaskRow.plan_state,
}
_SWEDISH = str.maketrans("åäæöøüéè", "{||}}yee")  # the letters after z, and those that are sorted as another


def search(session: Session, sealer: Sealer, owner: Owner, query: WorklistQuery) -> Page:
    """The rows of the caller's unit that match, in order, one page of them.

    Names are sealed, so searching or sorting by them opens every row that the other filters leave;
    everything else is done by the database.
    """
    count = max(0, min(query.count, MAX_COUNT))
    terms = [*owner.within_unit(TaskRow), *_terms(query)]
    if query.text or any(sort.key == "patient" for sort in query.sort):
        entries = [
            WorklistEntry(row, shown_display(sealer, row)) for row in session.exec(select(TaskRow).where(*terms))
        ]
        matching = _ordered([entry for entry in entries if _has_text(entry, query.text)], query.sort)
        total, rows = len(matching), matching[query.offset : query.offset + count]
    else:
        total = session.exec(select(func.count()).select_from(TaskRow).where(*terms)).one()
        if not count:
            return Page((), total, None)
        statement = _order_by(select(TaskRow).where(*terms), query.sort).offset(query.offset).limit(count)
        rows = [WorklistEntry(row, shown_display(sealer, row)) for row in session.exec(statement)]
    after = query.offset + count
    return Page(tuple(rows), total, after if count and after < total else None)


def _terms(query: WorklistQuery) -> list[ColumnElement[bool]]:
    terms = [column.in_(wanted) for name, column in SETS.items() if (wanted := getattr(query, name)) is not None]
    if query.assigned is not None:
        reference = col(TaskRow.owner_reference)
        terms.append(reference.is_not(None) if query.assigned else reference.is_(None))
    if query.diagnoses is not None:
        terms.append(_any([col(TaskRow.diagnosis).startswith(code, autoescape=True) for code in query.diagnoses]))
    terms += [_any([_within(days) for days in either]) for either in query.due]
    if query.day_from is not None:
        terms.append(col(TaskRow.day) >= query.day_from)
    if query.day_until is not None:
        terms.append(col(TaskRow.day) <= query.day_until)
    if query.ongoing is not None:
        terms.append(col(TaskRow.ongoing).is_(query.ongoing))
    if query.ended is not None and query.ended_before is not None:
        until = col(TaskRow.until)
        terms.append(until < query.ended_before if query.ended else until >= query.ended_before)
    return terms


def _any(terms: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return or_(*terms) if terms else false()


def _within(days: Days) -> ColumnElement[bool]:
    due = col(TaskRow.due)
    terms = [due >= days.since] if days.since is not None else []
    terms += [due <= days.until] if days.until is not None else []
    return terms[0] & terms[1] if len(terms) == 2 else (terms[0] if terms else due.is_not(None))


def _order_by(statement: Select[Any], sorts: Sequence[Sort]) -> Any:
    for sort in sorts:
        column = COLUMNS[sort.key]
        statement = statement.order_by((column.desc() if sort.descending else column.asc()).nulls_last())
    return statement.order_by(TaskRow.id)


def _has_text(entry: WorklistEntry, text: str | None) -> bool:
    if not text or not text.strip():
        return True
    wanted = text.casefold().strip()
    digits = wanted.replace("-", "").replace("+", "").replace(" ", "")
    name, number, diagnosis = (
        (part or "").casefold() for part in (entry.display.name, entry.display.identifier, entry.task.diagnosis)
    )
    if diagnosis.startswith(wanted.replace(".", "")):
        return True
    if entry.task.protected:  # neither found nor ruled out by name
        return False
    return all(word in name for word in wanted.split()) or (len(digits) >= 4 and digits.isdigit() and digits in number)


def _ordered(entries: list[WorklistEntry], sorts: Sequence[Sort]) -> list[WorklistEntry]:
    entries.sort(key=lambda entry: entry.task.id)
    for sort in reversed(sorts):
        value = _sort_value(sort)
        known = [entry for entry in entries if value(entry) is not None]
        unknown = [entry for entry in entries if value(entry) is None]
        known.sort(key=value, reverse=sort.descending)
        entries = known + unknown
    return entries


def in_swedish_order(name: str | None) -> str | None:
    """What names are compared by: å, ä, ö after z in that order, capitals like small letters; None without a name."""
    return name.casefold().translate(_SWEDISH) if name else None


def _sort_value(sort: Sort) -> Callable[[WorklistEntry], Any]:
    if sort.key == "patient":
        return lambda entry: None if entry.task.protected else in_swedish_order(entry.display.name)
    name = COLUMNS[sort.key].key
    return lambda entry: getattr(entry.task, name)
