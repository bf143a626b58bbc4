"""Case ids over time: given once, kept with their certificates, forwarded when cases merge and split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from risk.case import CaseSpan
from risk.errors import UnknownCase


class EventKind(StrEnum):
    """What happened to a case id."""

    OPENED = "opened"  # a new id for certificates never seen before
    MERGED = "merged"  # two cases became one; the id given first stays
    SPLIT = "split"  # part of a case became a case of its own, with a new id or its former one
    FORWARDED = "forwarded"  # an ended id now leads to another case
    CLOSED = "closed"  # no certificate of the case counts any more
    REOPENED = "reopened"  # a closed case has certificates again


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One recorded change.

    Attributes:
        kind: what happened.
        source: the id it happened to; None when an id is opened for new certificates.
        target: the id that now answers; None when the case is closed.
        cause: the certificate that caused it; None when it cannot be told.
    """

    kind: EventKind
    source: str | None
    target: str | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One id ever given, as one row.

    Attributes:
        case_id: random, given once.
        certificates: ids of the certificates it holds, or held when it ended.
        forward: the id that answers for it; None while it is live and when it is closed.
        closed: no certificate counts any more, and nobody answers for it.
    """

    case_id: str
    certificates: frozenset[str]
    forward: str | None = None
    closed: bool = False

    @property
    def live(self) -> bool:
        return self.forward is None and not self.closed


@dataclass(frozen=True, slots=True)
class CaseRegister:
    """Every case id of one patient, in the order in which they were given."""

    records: tuple[CaseRecord, ...] = ()

    def resolve(self, case_id: str) -> str | None:
        """The live case that an id leads to; None when its case is closed.

        Raises:
            UnknownCase: the id was never given.
        """
        by_id = {record.case_id: record for record in self.records}
        if case_id not in by_id:
            raise UnknownCase(case_id=case_id)
        record = by_id[case_id]
        while record.forward is not None:
            record = by_id[record.forward]
        return None if record.closed else record.case_id

    def case_of(self, span: CaseSpan) -> str:
        """The live id of a span that this register was reconciled with.

        Raises:
            UnknownCase: no live case holds exactly these certificates.
        """
        wanted = frozenset(one.id for one in span.certificates)
        for record in self.records:
            if record.live and record.certificates == wanted:
                return record.case_id
        raise UnknownCase(case_id="")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The register as it now stands, and what changed; no events when nothing did."""

    register: CaseRegister
    events: tuple[CaseEvent, ...]


def reconcile(
    known: CaseRegister, spans: Sequence[CaseSpan], new_id: Callable[[], str], *, cause: str | None = None
) -> Reconciled:
    """Bring the register in line with the cases that the certificates make now.

    An id follows most of its certificates (the earlier case on a tie). Where several ids meet, a live one stays
    before an ended one, and the one given first before the later; the others forward to it. A case that splits off
    gets back the id it had before a merge, else a new one. An id without any counted certificate is closed.

    Args:
        known: the register so far.
        spans: all cases of the patient, ascending, from `certificates_to_cases.cases`, always with the same scope.
        new_id: gives a fresh random id each time.
        cause: the certificate that was read or changed, when the caller knows; else found by comparison.
    """
    groups = [frozenset(one.id for one in span.certificates) for span in spans]
    heirs = {record.case_id: _heir(record, groups) for record in known.records}
    before = frozenset[str]().union(*(record.certificates for record in known.records if record.live))
    events: list[CaseEvent] = []
    records = {record.case_id: record for record in known.records}
    holders: list[str] = []
    for number, group in enumerate(groups):
        holder = _holder(known, heirs, number)
        came = cause or min(group - before, default=None) or min(before - frozenset[str]().union(*groups), default=None)
        if holder is None or not records[holder].live:
            events.append(_opening(known, group, holder, came, opened := holder or new_id()))
            holder = opened
        records[holder] = CaseRecord(holder, group)
        holders.append(holder)
    for record in known.records:
        place = heirs[record.case_id]
        target = None if place is None else holders[place]
        if target == record.case_id:
            continue
        lost = cause or _cause(record, groups, place, before)
        changed, event = _ended(record, target, lost)
        records[record.case_id] = changed
        events += [event] if event else []
    return Reconciled(CaseRegister(tuple(records.values())), tuple(events))


def _heir(record: CaseRecord, groups: Sequence[frozenset[str]]) -> int | None:
    """Number of the group that holds most of the record's certificates; None when none does."""
    shared = [len(record.certificates & group) for group in groups]
    return shared.index(max(shared)) if any(shared) else None


def _holder(known: CaseRegister, heirs: dict[str, int | None], number: int) -> str | None:
    claims = [record for record in known.records if heirs[record.case_id] == number]
    claims.sort(key=lambda record: not record.live)
    return claims[0].case_id if claims else None


def _opening(
    known: CaseRegister, group: frozenset[str], holder: str | None, cause: str | None, opened: str
) -> CaseEvent:
    parent = next((one for one in known.records if one.live and one.certificates & group), None)
    if parent is not None:
        return CaseEvent(EventKind.SPLIT, parent.case_id, opened, cause)
    return CaseEvent(EventKind.OPENED if holder is None else EventKind.REOPENED, holder, opened, cause)


def _ended(record: CaseRecord, target: str | None, cause: str | None) -> tuple[CaseRecord, CaseEvent | None]:
    if target is None:
        if not record.live:
            return record, None
        return replace(record, closed=True), CaseEvent(EventKind.CLOSED, record.case_id, None, cause)
    if record.forward == target:
        return record, None
    kind = EventKind.MERGED if record.live else EventKind.FORWARDED
    return replace(record, forward=target, closed=False), CaseEvent(kind, record.case_id, target, cause)


def _cause(
    record: CaseRecord, groups: Sequence[frozenset[str]], place: int | None, before: frozenset[str]
) -> str | None:
    if place is None:
        return min(record.certificates, default=None)
    return min(groups[place] - before, default=None)
