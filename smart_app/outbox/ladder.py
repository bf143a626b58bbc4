"""How one write is brought to one EHR: the first step of the ladder that EHR, scopes and profile allow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from fhir_mapping.write.entry import WriteEntry
from smart_app.issuers import IssuerProfile
from smart_app.launch.scopes import Scopes
from smart_app.outbox.abilities import Abilities
from smart_app.outbox.payload import identity_of

Step = Literal["transaction", "put", "document", "export"]
Why = Literal["profile", "capability", "scopes", "refused"]
STEPS: tuple[Step, ...] = get_args(Step)
DOCUMENT = "DocumentReference"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A step, and what held the steps above it back.

    The profile's word, the EHR's abilities, the granted scopes, or that the EHR refused what it says it can.
    """

    step: Step
    why: Why


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A step that an EHR refused for what holds all of `types`; none = for anything."""

    step: Step
    types: frozenset[str] = frozenset()

    def covers(self, step: Step, entries: Sequence[WriteEntry]) -> bool:
        """Whether that step would be refused for these entries too."""
        return step == self.step and self.types <= {entry.type for entry in entries}


def choose(
    profile: IssuerProfile,
    abilities: Abilities,
    granted: Scopes,
    entries: Sequence[WriteEntry],
    known: Collection[str] = (),
    not_taken: Collection[NotTaken] = (),
) -> Chosen:
    """The way in which this write goes to this EHR.

    A step that `write_mode` names is taken as it is: operations know their EHR. "auto" takes the first that works:
    all at once; one after the other at ids of our own; as a document; else it is kept for download.

    Args:
        entries: what is to be written.
        known: identities of what stands there already, which is changed rather than created.
        not_taken: what the EHR refused though it says that it can.
    """
    if profile.write_mode != "auto":
        return Chosen(profile.write_mode, "profile")
    held: Why = "capability"
    for step in STEPS[:-1]:
        if not _able(step, abilities, entries, known):
            continue
        if not _permitted(step, granted, entries, known):
            held = "scopes"
        elif any(one.covers(step, entries) for one in not_taken):
            held = "refused"
        else:
            return Chosen(step, held)
    return Chosen("export", held)


def puts_it(entry: WriteEntry, abilities: Abilities, granted: Scopes) -> bool:
    """Whether an entry of the put step goes by PUT; else it is created conditionally, which only `once` allows."""
    if not entry.once:
        return True
    able = not abilities.told or entry.type in abilities.puts
    return able and granted.allows_somehow(entry.type, "u")


def creates_it(entry: WriteEntry, abilities: Abilities, granted: Scopes) -> bool:
    """Whether an entry of the put step can be created conditionally instead: the EHR then looks it up itself."""
    able = not abilities.told or entry.type in abilities.conditional
    return entry.once and able and granted.allows_somehow(entry.type, "c")


def puts_document(entry: WriteEntry, abilities: Abilities, granted: Scopes) -> bool:
    """Whether a document goes by PUT to an id of our own, which needs no condition to be safe to repeat."""
    return entry.type in abilities.puts and granted.allows_somehow(entry.type, "u")


def _able(step: Step, abilities: Abilities, entries: Sequence[WriteEntry], known: Collection[str]) -> bool:
    if step == "transaction":
        return abilities.transaction and (not abilities.told or _takes(abilities, entries, known))
    if step == "put":
        return all(entry.type in abilities.puts or _may_create(entry, abilities) for entry in entries)
    return DOCUMENT in abilities.creates | abilities.puts


def _takes(abilities: Abilities, entries: Sequence[WriteEntry], known: Collection[str]) -> bool:
    """Whether it has every type that is to be created; a statement that lists no types says nothing of them."""
    listed = abilities.creates | abilities.puts
    return not listed or all(entry.type in listed for entry in entries if identity_of(entry) not in known)


def _permitted(step: Step, granted: Scopes, entries: Sequence[WriteEntry], known: Collection[str]) -> bool:
    if step == "document":
        return granted.allows_somehow(DOCUMENT, "c") or granted.allows_somehow(DOCUMENT, "u")
    for entry in entries:
        there = identity_of(entry) in known
        if entry.once and there:
            continue
        creates, changes = granted.allows_somehow(entry.type, "c"), granted.allows_somehow(entry.type, "u")
        may_create = creates if step == "transaction" else changes or (entry.once and creates)
        if not (changes if there else may_create):
            return False
    return True


def _may_create(entry: WriteEntry, abilities: Abilities) -> bool:
    """What is written once may be created conditionally where it cannot be put at our own id."""
    return entry.once and entry.type in abilities.conditional
