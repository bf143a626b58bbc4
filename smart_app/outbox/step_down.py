"""Down the ladder when an EHR refuses what it says it can; the step that it took then is remembered for a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from fhir_mapping.write.entry import WriteEntry
from smart_app.ehr.errors import EhrRefused
from smart_app.launch.scopes import Scopes
from smart_app.outbox.abilities import UNKNOWN
from smart_app.outbox.attempt import Attempt
from smart_app.outbox.ladder import Chosen, NotTaken, Step, choose
from smart_app.outbox.tables import NotTakenRow
from smart_app.outbox.written import Standing
from smart_app.store.database import Store

REMEMBERED = timedelta(days=1)
_FORBIDDEN = 403
_NO_SUCH_WAY = (404, 405, 501)
_NOTHING = {"resourceType": "Bundle", "type": "transaction"}


@dataclass(frozen=True, slots=True)
class Brought:
    """Where everything stands, and which steps the EHR refused before it took the one that worked."""

    written: tuple[Standing, ...]
    learned: tuple[NotTaken, ...] = ()


async def bring(attempt: Attempt, entries: Sequence[WriteEntry], not_taken: Sequence[NotTaken]) -> Brought:
    """Bring the entries to the EHR by the first step that it takes; what a later write has replaced is left out.

    A refusal of the way rather than of the content leads one step down. It is remembered only when a lower step then
    worked, and never when it may be about the person: 403 is answered to one and not to the next.

    Raises:
        EhrRefused: it takes no step; of several refusals the first, unless a later one is about the content.
        Exception: as `Attempt.bring`.
    """
    mine = [entry for entry in entries if not attempt.replaced_since(entry)]
    chosen = await _choose(attempt, mine, not_taken)
    first: EhrRefused | None = None
    refused: list[NotTaken] = []
    learned: list[NotTaken] = []
    while True:
        try:
            return Brought(await attempt.bring(mine, chosen), tuple(learned))
        except EhrRefused as refusal:
            if chosen.why == "profile" or not of_the_way(refusal):
                raise
            first = first or refusal
            steps = await _steps_refused(attempt, chosen.step, refusal, mine)
            refused += steps
            learned += steps if refusal.status != _FORBIDDEN else []
            chosen = await _choose(attempt, mine, [*not_taken, *refused])
            if chosen.step == "export":
                raise first from None


def of_the_way(refusal: EhrRefused) -> bool:
    """Whether a write was refused in a manner that another way of writing may cure.

    >>> of_the_way(EhrRefused("demo", 405, "transaction")), of_the_way(EhrRefused("demo", 422, "transaction", "value"))
    (True, False)
    """
    if refusal.interaction.partition(" ")[0] not in ("transaction", "update", "create"):
        return False
    if refusal.status in (*_NO_SUCH_WAY, _FORBIDDEN) or refusal.code == "not-supported":
        return True
    return refusal.status == 400 and refusal.code is None


async def _steps_refused(
    attempt: Attempt, step: Step, refusal: EhrRefused, mine: Sequence[WriteEntry]
) -> list[NotTaken]:
    """What the refusal says of the ladder.

    A refused transaction may mean transactions, or something inside. An empty one tells them apart before anything is
    put that could then stand there half: whoever takes the empty one, or refuses it for being empty, refuses the types,
    one by one as well.
    """
    if step != "transaction":
        kind = refusal.interaction.partition(" ")[2]
        return [NotTaken(step, frozenset({kind}) if step == "put" else frozenset())]
    if refusal.status not in _NO_SUCH_WAY:
        try:
            await attempt.client.transaction(_NOTHING)
        except EhrRefused as empty:
            if _no_transactions(empty, refusal):
                return [NotTaken("transaction")]
        types = frozenset(entry.type for entry in mine)
        return [NotTaken("transaction", types), NotTaken("put", types)]
    return [NotTaken("transaction")]


def _no_transactions(empty: EhrRefused, first: EhrRefused) -> bool:
    """Whether refusing an empty transaction too means that it takes none, rather than none that is empty."""
    same = (empty.status, empty.code) == (first.status, first.code)
    return same or empty.status in (*_NO_SUCH_WAY, _FORBIDDEN) or empty.code == "not-supported"


async def _choose(attempt: Attempt, mine: Sequence[WriteEntry], not_taken: Sequence[NotTaken]) -> Chosen:
    profile = attempt.client.profile
    if profile.write_mode != "auto":
        return choose(profile, UNKNOWN, Scopes(), mine)
    abilities, granted = await attempt.abilities.of(attempt.client), await attempt.client.granted()
    return choose(profile, abilities, granted, mine, attempt.standing.keys(), not_taken)


def not_taken_by(session: Session, issuer: str, now: datetime) -> tuple[NotTaken, ...]:
    """Steps that this EHR refused lately."""
    rows = session.exec(select(NotTakenRow).where(NotTakenRow.issuer == issuer, col(NotTakenRow.until) > now))
    return tuple(NotTaken(cast(Step, row.step), frozenset(filter(None, row.types.split(",")))) for row in rows)


def keep_not_taken(store: Store, issuer: str, learned: Iterable[NotTaken], now: datetime) -> None:
    """Remember them, for all workers."""
    for one in learned:
        row = NotTakenRow(issuer=issuer, step=one.step, types=",".join(sorted(one.types)), until=now + REMEMBERED)
        with suppress(IntegrityError), store.transaction() as session:  # another worker was first: it says the same
            session.merge(row)
