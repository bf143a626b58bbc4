"""Rules that propose an intervention or hold it back: rows of data, checked when they are loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from risk.bands import COMPARED
from risk.case import Occupation
from risk.catalogue_kinds import places_in, see_kinds
from risk.errors import CatalogueFault
from risk.result import Band
from terminology.codes import kva_text

CHOICE = "choice.toml"
SHARE_PLACES = frozenset({"share", "horizon"})
PLACES = SHARE_PLACES | {"day", "unexamined", "prior_sv", "prior_en", "ends_sv", "ends_en", "until_sv", "until_en"}
_WORDS: Mapping[str, Collection[str]] = {
    "occupations": frozenset(Occupation),
    "only_occupations": frozenset(Occupation),
    "bands": frozenset(Band),
}
_KVA = ("done_any", "done_none")
_RULE = {"id": "id", "add": "text", "hold": "texts", "weight": "whole", "when": "table", "sv": "text", "en": "text"}
_STILL = {"day": "days", "share_from": "share"}
_WHEN = {
    **dict.fromkeys(("day_from", "day_to", "ends_within", "prior_days_from", "unexamined_from"), "days"),
    **dict.fromkeys(("ongoing", "extension", "own_done"), "yes-no"),
    **dict.fromkeys(("next_share_from", "next_share_to"), "share"),
    **dict.fromkeys(("bands", "occupations", "only_occupations", *_KVA), "texts"),
    "degree": "text",
    "still_on_leave": "table",
}


@dataclass(frozen=True, slots=True)
class When:
    """Conditions of a rule, all of which must hold; None = not asked. What is unknown never holds.

    Attributes:
        day_from, day_to: day of the case.
        ongoing: a certificate covers today.
        extension: the case has more than one certificate.
        degree: "full" or "part".
        ends_within: days to the certificate's end.
        prior_days_from: certificate days in the 12 months before.
        unexamined_from: renewals without examination.
        still_on_leave: {day, share_from} of the patient's curve (the group's, when only the diagnosis counts).
        bands: the word beside the figure is one of these.
        next_share_from, next_share_to: share at the nearest horizon.
        occupations: one of these is certified; only_occupations: no other than these is.
        done_any, done_none: KVÅ codes of what is done or ongoing; own_done: the intervention's own code is.
    """

    day_from: int | None = None
    day_to: int | None = None
    ongoing: bool | None = None
    extension: bool | None = None
    degree: str | None = None
    ends_within: int | None = None
    prior_days_from: int | None = None
    unexamined_from: int | None = None
    still_on_leave: Mapping[str, float] | None = None
    bands: tuple[str, ...] | None = None
    next_share_from: float | None = None
    next_share_to: float | None = None
    occupations: tuple[str, ...] | None = None
    only_occupations: tuple[str, ...] | None = None
    done_any: tuple[str, ...] | None = None
    done_none: tuple[str, ...] | None = None
    own_done: bool | None = None


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """One rule that proposes an intervention, with its weight and its reason."""

    id: str
    add: str
    weight: int
    when: When
    sv: str
    en: str


@dataclass(frozen=True, slots=True)
class HoldRule:
    """One rule that holds interventions back, whatever proposes them, with its reason."""

    id: str
    hold: tuple[str, ...]
    when: When
    sv: str
    en: str


def choice_rule(row: object, known: Collection[str], *, file: str = CHOICE) -> ChoiceRule:
    """A rule from its row.

    Args:
        row: as parsed.
        known: ids of the interventions that there are.
        file: where the row stands.

    Raises:
        CatalogueFault: a value of the wrong kind; a word, a place or an intervention that is not known.
    """
    name, said = _whole(file, row, ChoiceRule)
    if said["add"] not in known:
        raise CatalogueFault(file, name, f"unknown intervention {said['add']}")
    return ChoiceRule(**{**said, "when": _when(file, name, said)})


def hold_rule(row: object, known: Collection[str], *, file: str = CHOICE) -> HoldRule:
    """As `choice_rule`, for a rule that holds back."""
    name, said = _whole(file, row, HoldRule)
    unknown = [one for one in said["hold"] if one not in known]
    if unknown:
        raise CatalogueFault(file, name, f"unknown intervention {unknown[0]}")
    return HoldRule(**{**said, "hold": tuple(said["hold"]), "when": _when(file, name, said)})


def _whole(file: str, row: object, kind: type[ChoiceRule] | type[HoldRule]) -> tuple[str, dict[str, Any]]:
    name, wanted = str(row.get("id", "?")) if isinstance(row, dict) else "?", [one.name for one in fields(kind)]
    said = see_kinds(file, name, row, _RULE)
    if said.keys() != set(wanted):
        raise CatalogueFault(file, name, f"a rule has {wanted}")
    return name, said


def _when(file: str, name: str, row: dict[str, Any]) -> When:
    when = see_kinds(file, name, row["when"], _WHEN)
    extra = when.keys() - _WHEN.keys()
    wrong = [f"{key} has no {one}" for key, words in _WORDS.items() for one in when.get(key, ()) if one not in words]
    wrong += [f"{one} is no verified KVÅ code" for key in _KVA for one in when.get(key, ()) if kva_text(one) is None]
    if extra:
        wrong.append(f"unknown condition {sorted(extra)}")
    if when.get("degree", "full") not in {"full", "part"}:
        wrong.append("degree is full or part")
    if "still_on_leave" in when and see_kinds(file, name, when["still_on_leave"], _STILL).keys() != _STILL.keys():
        wrong.append("still_on_leave has day and share_from")
    places = places_in(file, name, row["sv"]) | places_in(file, name, row["en"])
    if places - PLACES:
        wrong.append(f"unknown place {sorted(places - PLACES)}")
    compared = "bands" in when and set(when["bands"]) <= set(COMPARED)
    if places & SHARE_PLACES and not compared and not when.keys() & {"next_share_from", "next_share_to"}:
        wrong.append("a reason that says a share needs a condition on it")
    if wrong:
        raise CatalogueFault(file, name, wrong[0])
    said: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in when.items()}
    return When(**said)
