"""Which model set is in force on a day: imported by one person, approved by another, from a date, or taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from risk.errors import RiskFault


class Step(StrEnum):
    """What can happen to a model set."""

    IMPORTED = "imported"
    ACTIVATED = "activated"
    ROLLED_BACK = "rolled-back"


@dataclass(frozen=True, slots=True)
class Event:
    """One step, kept for ever.

    Attributes:
        step: what was done.
        model_set: id of the set.
        version: its version.
        by: who did it.
        on: the day it was done.
        since: activated: the first day on which the set answers; None for the others.
        sha256: sum of the set's set.json when it was imported; None for the others.
    """

    step: Step
    model_set: str
    version: str
    by: str
    on: date
    since: date | None = None
    sha256: str | None = None


@dataclass
class NotAllowed(RiskFault):
    """The step is refused; the register stays as it is."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def imported(events: Sequence[Event], event: Event) -> tuple[Event, ...]:
    """The register with an import added.

    Raises:
        NotAllowed: this version was imported before.
    """
    if _import_of(events, event.model_set, event.version) is not None:
        raise NotAllowed(f"{event.model_set} {event.version} was imported before; give it another version")
    return (*events, event)


def activated(events: Sequence[Event], event: Event) -> tuple[Event, ...]:
    """The register with an approval added.

    Raises:
        NotAllowed: never imported; approved by the person who imported it; or to hold from a day already gone.
    """
    first = _import_of(events, event.model_set, event.version)
    if first is None:
        raise NotAllowed(f"{event.model_set} {event.version} was never imported")
    if first.by.strip().casefold() == event.by.strip().casefold():
        raise NotAllowed("four eyes: another person than the one who imported it must activate it")
    if event.since is None or event.since < event.on:
        raise NotAllowed("a set cannot come into force on a day that has passed")
    return (*events, event)


def rolled_back(
    events: Sequence[Event], *, by: str, on: date, which: tuple[str, str] | None = None
) -> tuple[Event, ...]:
    """The register with a set taken back: the one before answers again, from the same day.

    Args:
        which: id and version, also of one that is yet to come into force; the one in force when left out.

    Raises:
        NotAllowed: no set is in force, or the one named neither is nor will be.
    """
    if which is None:
        now = in_force(events, on)
        if now is None:
            raise NotAllowed("no model set is in force; the national figures answer")
        which = (now.model_set, now.version)
    elif which not in [(one.model_set, one.version) for one in _standing(events, on)]:
        raise NotAllowed(f"{which[0]} {which[1]} is not in force and will not be")
    return (*events, Event(Step.ROLLED_BACK, *which, by, on))


def in_force(events: Sequence[Event], on: date) -> Event | None:
    """The activation that holds on a day; None = the national figures answer."""
    standing = _standing(events, on)
    begun = [one for one in standing if one.since is not None and one.since <= on]
    return max(begun, key=lambda one: (one.since or on, standing.index(one)), default=None)


def _standing(events: Sequence[Event], on: date) -> list[Event]:
    """Activations that were not taken back by that day, whether they hold already or later."""
    standing: list[Event] = []
    for event in events:
        if event.step is Step.ACTIVATED:
            standing.append(event)
        elif event.step is Step.ROLLED_BACK and event.on <= on:
            gone = (event.model_set, event.version)
            standing = [one for one in standing if (one.model_set, one.version) != gone]
    return standing


def _import_of(events: Sequence[Event], model_set: str, version: str) -> Event | None:
    wanted = (Step.IMPORTED, model_set, version)
    return next((one for one in events if (one.step, one.model_set, one.version) == wanted), None)
