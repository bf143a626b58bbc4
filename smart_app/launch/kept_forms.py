"""What somebody had filled in when their launch ended: kept sealed for an hour, shown to them after their next launch.

Only for the same user at the same unit, about the same patient; nothing of it is ever carried out by itself. A form of
the list is about a row of the unit's list: it also waits where only one of the two launches names a patient, for who
signs in again from our page comes back to the list without one. A form that is kept came from our own page: the form
token of the launch that ended still has to fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlmodel import Session, and_, col, delete, or_, select

from smart_app.launch import sessions
from smart_app.launch.context import LaunchContext
from smart_app.launch.cookies import Present
from smart_app.launch.errors import Fate
from smart_app.launch.ground import Ground
from smart_app.launch.sessions import KEPT_FOR
from smart_app.launch.tables import KeptFormRow, LaunchRow
from smart_app.sealing import CannotUnseal
from smart_app.store.columns import new_id
from smart_app.store.owner import Owner

PURPOSE, COLUMN = "kept-form", "sealed_fields"
PLACE = "worklist"
FORMS = frozenset(
    {
        "assessment/plan",
        "assessment/answer",
        "worklist/status",
        "worklist/owner",
        "worklist/contact",
    }
)
"""Not the search: its words are promised to be kept nowhere."""
MAX_CHARS = 10_000
"""More than any form of ours can hold: none has room for text."""
NOT_KEPT = ("form_token", "kept")
Pairs = Sequence[tuple[str, str]]
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KeptForm:
    """One form that was sent too late, or (`form` = PLACE) what was chosen to be seen.

    Attributes:
        form: page and kind, e.g. "worklist/contact".
        below: where it was sent, below the page's own address, e.g. "<task>/contact".
        fields: names and values as they were sent, without the form token.
    """

    id: str
    form: str
    below: str = field(repr=False)
    fields: tuple[tuple[str, str], ...] = field(repr=False)
    kept_at: datetime

    @property
    def page(self) -> str:
        """The page it belongs to, "assessment" or "worklist"."""
        return self.form.partition("/")[0]

    @property
    def kind(self) -> str:
        """Which of the page's forms, e.g. "contact"; "" for a PLACE."""
        return self.form.partition("/")[2]

    def value(self, name: str) -> str:
        """The last value of a field; "" when it was not sent."""
        return next((value for key, value in reversed(self.fields) if key == name), "")

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return tuple(value for key, value in self.fields if key == name)


def keep(ground: Ground, launch_id: str, present: Present, path: str, fields: Pairs) -> Fate:
    """Keep a form that met an ended launch.

    Args:
        path: where it was sent; only the forms in FORMS are kept.
        fields: all that was sent; `form_token` has to be that launch's.
    """
    page, below = _split(path, launch_id)
    form = f"{page}/{below.rpartition('/')[2]}"
    token = next((value for name, value in fields if name == "form_token"), "")
    if form not in FORMS or not sessions.form_token_matches(ground, launch_id, present, token):
        return ""
    return _keep(ground, launch_id, present, form, below, fields)


def keep_place(ground: Ground, launch_id: str, present: Present, path: str, query: Pairs) -> None:
    """Keep what was chosen to be seen in the list, when its launch has ended."""
    if query and _split(path, launch_id) == (PLACE, ""):
        _keep(ground, launch_id, present, PLACE, "", query)


def waiting(ground: Ground, launch: LaunchContext) -> tuple[KeptForm, ...]:
    """What this user had filled in about this patient in launches that ended, newest first."""
    with ground.store.reading() as session:
        rows = session.exec(_own(ground, launch).order_by(col(KeptFormRow.kept_at).desc(), KeptFormRow.id)).all()
    found = [_opened(ground, row) for row in rows]
    if None in found:  # a process that lacks the newest key must not throw away what others can open
        _log.warning("kept_forms_closed", forms=found.count(None), why="no key in SECRET_KEY opens them")
    return tuple(one for one in found if one is not None)


def drop(ground: Ground, launch: LaunchContext, kept_id: str) -> None:
    """Forget one of them: it was carried out, or is not wanted any more. Others' and unknown ones stay."""
    with ground.store.transaction() as session:
        row = session.exec(_own(ground, launch).where(KeptFormRow.id == kept_id)).first()
        if row is not None:
            session.delete(row)


def _keep(ground: Ground, launch_id: str, present: Present, form: str, below: str, fields: Pairs) -> Fate:
    row = sessions.held(ground, launch_id, present)
    kept = [(name, value) for name, value in fields if name not in NOT_KEPT]
    if row is None or row.care_provider is None or row.care_unit is None:
        return ""
    if not (row.user_reference or row.user_hsa_id):
        return ""
    if sum(len(name) + len(value) for name, value in kept) > MAX_CHARS:
        return "too_long"
    owner, now, kept_id = Owner(row.issuer, row.care_provider, row.care_unit), ground.clock.now(), new_id()
    value = orjson.dumps({"below": below, "fields": kept})
    with ground.store.transaction() as session:
        _forget_old(session, now)
        before = delete(KeptFormRow).where(*owner.within_unit(KeptFormRow))
        session.exec(before.where(col(KeptFormRow.launch_id) == launch_id, col(KeptFormRow.form) == form))
        session.add(
            KeptFormRow(
                **owner.columns(),
                id=kept_id,
                launch_id=launch_id,
                form=form,
                kept_at=now,
                sealed_fields=ground.sealer.seal(PURPOSE, kept_id, COLUMN, value),
            )
        )
    return "kept"


def _own(ground: Ground, launch: LaunchContext) -> Any:
    """Rows of this user, unit and patient within the hour; of the list, those whose launch names no other patient."""
    same_patient = col(LaunchRow.patient).is_not_distinct_from(launch.patient)
    in_list = col(KeptFormRow.form).startswith(PLACE)
    no_other = in_list if launch.patient is None else and_(in_list, col(LaunchRow.patient).is_(None))
    return (
        select(KeptFormRow)
        .join(LaunchRow, col(LaunchRow.id) == KeptFormRow.launch_id)
        .where(
            *launch.owner.within_unit(KeptFormRow),
            col(LaunchRow.user_reference).is_not_distinct_from(launch.user_reference),
            col(LaunchRow.user_hsa_id).is_not_distinct_from(launch.user_hsa_id),
            or_(same_patient, no_other),
            KeptFormRow.kept_at > ground.clock.now() - KEPT_FOR,
        )
    )


def _forget_old(session: Session, now: datetime) -> None:
    session.exec(delete(KeptFormRow).where(col(KeptFormRow.kept_at) <= now - KEPT_FOR))


def _opened(ground: Ground, row: KeptFormRow) -> KeptForm | None:
    """What a row holds; None when its key is not in SECRET_KEY any more."""
    try:
        held = orjson.loads(ground.sealer.unseal(PURPOSE, row.id, COLUMN, row.sealed_fields))
    except CannotUnseal:
        return None
    return KeptForm(
        row.id, row.form, held["below"], tuple((name, value) for name, value in held["fields"]), row.kept_at
    )


def _split(path: str, launch_id: str) -> tuple[str, str]:
    """Page, and what stands below it: "/worklist/<launch>/<task>/contact" -> "worklist", "<task>/contact"."""
    page, _, rest = path.removeprefix("/").partition("/")
    return (page, rest.removeprefix(launch_id).removeprefix("/")) if rest.startswith(launch_id) else ("", "")
