"""The rows behind launches: added, taken once by the callback, opened, used, closed. Plain database functions."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from smart_app.launch import cookies
from smart_app.launch.context import LaunchContext, context_of
from smart_app.launch.errors import LaunchClosed, NoCookieAtCallback, UnknownState
from smart_app.launch.fhir_context import read_fhir_context
from smart_app.launch.ground import Ground
from smart_app.launch.sealed import unseal
from smart_app.launch.tables import CLOSED, EXCHANGING, OPEN, STARTED, LaunchRow
from smart_app.sealing import digest

MAX_ALIVE = 10
KEPT_FOR = timedelta(hours=1)
"""What was filled in when a launch ended is kept this long (kept_forms); as long its cookie proves whose it was."""
FORM = "form-token"
_NOTE_USE_EVERY = timedelta(seconds=30)
_MOST_CLAIMED = 100


def add(ground: Ground, row: LaunchRow, present: cookies.Present) -> tuple[str, ...]:
    """Store a new launch; ids of the browser's launches that are over, or had to give way to it (at most 10 alive)."""
    claimed = cookies.launches_in(present)
    with ground.store.transaction() as session:
        session.add(row)
        own = _own(session, present)
        alive = [each for each in own if _over(ground, each) is None]
        alive.sort(key=lambda each: (each.stage == OPEN, each.last_used_at))
        given_way = alive[: max(0, len(alive) + 1 - MAX_ALIVE)]
        for each in given_way:
            _close(each)
        staying = {each.id for each in own if each not in given_way and _still_proves(ground, each)}
    return tuple(launch_id for launch_id in claimed if launch_id not in staying)


def take(ground: Ground, state: str, present: cookies.Present) -> LaunchRow:
    """The launch that waits for this state; from here on the state is used, whatever comes of it.

    Raises:
        UnknownState: no launch waits for it.
        NoCookieAtCallback: this browser has not started it.
    """
    with ground.store.transaction() as session:
        found = select(LaunchRow).where(LaunchRow.state_digest == digest(state)).with_for_update()
        row = session.exec(found).first()
        if row is None:
            raise UnknownState("unknown-state")
        if row.stage != STARTED:
            raise UnknownState("used-state")
        if row.expires_at <= ground.clock.now():
            raise UnknownState("old-state")
        row.stage = EXCHANGING
        session.add(row)
    if not cookies.proves(present, row.id, row.cookie_digest):
        fail(ground, row.id)
        raise NoCookieAtCallback("other-cookie" if cookies.values(present, row.id) else "no-cookie", row.issuer)
    return row


def fail(ground: Ground, launch_id: str) -> None:
    """A launch that was refused on its way: nothing of it stays usable."""
    with ground.store.transaction() as session:
        row = session.get(LaunchRow, launch_id)
        if row is not None:
            _close(row)
            session.add(row)


def opened(ground: Ground, row: LaunchRow, cookie: str) -> LaunchContext:
    """Store a launch that the callback has filled, under a fresh cookie."""
    now = ground.clock.now()
    with ground.store.transaction() as session:
        stored = session.get_one(LaunchRow, row.id, with_for_update=True)
        if stored.stage != EXCHANGING:
            raise UnknownState("used-state")
        for name, value in row.model_dump(exclude={"id", "state_digest", "created_at"}).items():
            setattr(stored, name, value)
        stored.stage = OPEN
        stored.cookie_digest = digest(cookie)
        stored.last_used_at = now
        stored.expires_at = now + timedelta(hours=ground.settings.absolute_hours)
        session.add(stored)
    return _context(ground, stored)


def find_open(ground: Ground, launch_id: str, present: cookies.Present) -> LaunchContext:
    """The open launch with that id, when this browser brought its cookie; the use of it is noted.

    Raises:
        LaunchClosed: no such launch, no cookie, idle or too old.
    """
    if not cookies.values(present, launch_id):
        raise LaunchClosed("no-cookie")
    row = held(ground, launch_id, present)
    if row is None:
        raise LaunchClosed("unknown")
    over = _over(ground, row)
    if over is not None or row.stage != OPEN:
        if over is not None and row.stage != CLOSED:  # one that is still on its way is left alone: its callback comes
            fail(ground, launch_id)
        raise LaunchClosed(over or "unknown")
    context = _context(ground, row)
    if ground.clock.now() - row.last_used_at >= _NOTE_USE_EVERY:
        _note_use(ground, launch_id)
    return context


def way_back(ground: Ground, launch_id: str, present: cookies.Present) -> tuple[str, str] | None:
    """Issuer and role to sign in with again after a launch ended; None for a browser that did not hold it."""
    row = held(ground, launch_id, present)
    return None if row is None else (row.issuer, "physician" if row.role == "physician" else "coordinator")


def alive(ground: Ground, present: cookies.Present) -> tuple[str, ...]:
    """Ids of this browser's open launches."""
    with ground.store.reading() as session:
        rows = _own(session, present)
    return tuple(row.id for row in rows if row.stage == OPEN and _over(ground, row) is None)


def unfinished(ground: Ground, issuer: str, present: cookies.Present) -> bool:
    """Whether this browser went to that issuer's login not long ago and has not come back."""
    with ground.store.reading() as session:
        rows = _own(session, present)
    return any(row.issuer == issuer and row.stage == STARTED for row in rows)


def held(ground: Ground, launch_id: str, present: cookies.Present) -> LaunchRow | None:
    """The launch with that id, open or not, when this browser brought its cookie."""
    row = row_of(ground, launch_id) if cookies.values(present, launch_id) else None
    return row if row is not None and cookies.proves(present, row.id, row.cookie_digest) else None


def still_open(ground: Ground, launch_id: str) -> LaunchRow:
    """The row of an open launch, for work done on its behalf without a browser. Raises LaunchClosed."""
    row = row_of(ground, launch_id)
    if row is None or row.stage != OPEN:
        raise LaunchClosed("closed" if row is not None else "unknown")
    if row.expires_at <= ground.clock.now():
        raise LaunchClosed("expired")
    return row


def token_ended(ground: Ground, launch_id: str) -> None:
    """The EHR says that the launch's token has ended, before its time."""
    with ground.store.transaction() as session:
        row = session.get(LaunchRow, launch_id, with_for_update=True)
        if row is not None and row.stage == OPEN:
            row.token_expires_at = ground.clock.now()
            session.add(row)


def purge(session: Session, before: datetime) -> int:
    """Delete launches that ended before an instant; how many."""
    rows = session.exec(select(LaunchRow).where(col(LaunchRow.expires_at) < before)).all()
    for row in rows:
        session.delete(row)
    return len(rows)


def form_text(row: LaunchRow) -> str:
    """What a launch's form token is a keyed digest of: bound to the cookie, so that a new cookie means a new token."""
    return f"{row.id}\x1f{row.cookie_digest}"


def form_token_matches(ground: Ground, launch_id: str, present: cookies.Present, token: str) -> bool:
    """Whether `token` is the form token of that launch in this browser."""
    return any(
        ground.sealer.mac_matches(FORM, f"{launch_id}\x1f{digest(value)}", token)
        for value in cookies.values(present, launch_id)
    )


def _own(session: Session, present: cookies.Present) -> list[LaunchRow]:
    """The launches whose cookies this browser brought."""
    claimed = cookies.launches_in(present)[:_MOST_CLAIMED]
    if not claimed:
        return []
    found = session.exec(select(LaunchRow).where(col(LaunchRow.id).in_(claimed)))
    return [each for each in found if cookies.proves(present, each.id, each.cookie_digest)]


def row_of(ground: Ground, launch_id: str) -> LaunchRow | None:
    """A launch's row, open or not, whoever asks."""
    with ground.store.reading() as session:
        return session.get(LaunchRow, launch_id)


def _context(ground: Ground, row: LaunchRow) -> LaunchContext:
    try:
        profile = ground.profile(row.issuer)
    except KeyError:
        raise LaunchClosed("unknown") from None
    kept = unseal(ground, row)
    items = read_fhir_context(profile, kept.get("fhir_context"))
    return context_of(row, profile, ground.sealer.mac(FORM, form_text(row)), items, kept.get("style"))


def _note_use(ground: Ground, launch_id: str) -> None:
    with ground.store.transaction() as session:
        row = session.get(LaunchRow, launch_id)
        if row is not None and row.stage == OPEN:
            row.last_used_at = ground.clock.now()
            session.add(row)


def _over(ground: Ground, row: LaunchRow) -> str | None:
    """Why a launch is over; None while it is alive."""
    now = ground.clock.now()
    if row.stage == CLOSED:
        return "closed"
    if row.expires_at <= now:
        return "expired"
    if row.stage == OPEN and now - row.last_used_at > timedelta(minutes=ground.settings.idle_minutes):
        return "idle"
    return None


def _still_proves(ground: Ground, row: LaunchRow) -> bool:
    """Whether a launch's cookie is of use: it is alive, or ended so lately that what was filled in may still come."""
    if _over(ground, row) is None:
        return True
    last = row.last_used_at + timedelta(minutes=ground.settings.idle_minutes) + KEPT_FOR
    return row.care_provider is not None and ground.clock.now() < last


def _close(row: LaunchRow) -> None:
    row.stage = CLOSED
    row.sealed = None
