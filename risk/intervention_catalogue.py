"""The catalogue of interventions: data files that clinicians review, checked when they are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from string import Formatter
from typing import Any

from risk.errors import CatalogueFault
from risk.packaged import packaged_names, packaged_toml
from terminology.codes import kva_text

KINDS = frozenset({"plan", "coordination", "treatment", "workplace", "certificate"})
PLACES = frozenset({"day", "unexamined", "prior_sv", "prior_en", "ends_sv", "ends_en", "until_sv", "until_en"})
_INTERVENTIONS = "interventions.toml"
_CHOICE = "choice.toml"


@dataclass(frozen=True, slots=True)
class Timing:
    """When an intervention should begin and be done, in days from today, and what may bring the last day nearer."""

    start_in: int = 0
    due_in: int = 28
    before_chain_days: tuple[int, ...] = ()
    before_end: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One intervention of the catalogue."""

    id: str
    sv: str
    en: str
    actor: str
    actor_sv: str
    actor_en: str
    kind: str
    kva: str | None
    from_day: int
    timing: Timing


@dataclass(frozen=True, slots=True)
class When:
    """Conditions of a rule; None = not asked."""

    day_from: int | None = None
    day_to: int | None = None
    ongoing: bool | None = None
    extension: bool | None = None
    degree: str | None = None
    ends_within: int | None = None
    prior_days_from: int | None = None
    unexamined_from: int | None = None
    still_on_leave: Mapping[str, float] | None = None


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
class Catalogue:
    """All of it: interventions by id, rules, and the list of each diagnosis key."""

    entries: Mapping[str, Entry]
    rules: tuple[ChoiceRule, ...]
    by_diagnosis: Mapping[str, tuple[str, ...]]
    default: tuple[str, ...]
    diagnosis_weight: int
    diagnosis_step: int


def checked(interventions: dict[str, Any], choice: dict[str, Any], keys: Mapping[str, dict[str, Any]]) -> Catalogue:
    """Build a catalogue from its parsed files.

    Args:
        interventions: interventions.toml.
        choice: choice.toml.
        keys: the file of each diagnosis key, by file name without ending.

    Raises:
        CatalogueFault: something is wrong; names the file, the key and the reason.
    """
    entries = {name: _entry(name, row, interventions["actors"]) for name, row in interventions["intervention"].items()}
    rules = tuple(_rule(row, entries) for row in choice["rule"])
    doubled = [rule.id for rule in rules if [one.id for one in rules].count(rule.id) > 1]
    if doubled:
        raise CatalogueFault(_CHOICE, doubled[0], "the rule id stands twice")
    _all_known(_CHOICE, "default", choice["default"], entries)
    lists = {name: _diagnosis(name, row, entries) for name, row in keys.items()}
    return Catalogue(
        entries, rules, lists, tuple(choice["default"]), choice["diagnosis_weight"], choice["diagnosis_step"]
    )


@cache
def load() -> Catalogue:
    """The packaged catalogue.

    Raises:
        CatalogueFault: a file is wrong.
    """
    names = [name for name in packaged_names("catalogue", ".toml") if name not in (_INTERVENTIONS, _CHOICE)]
    keys = {name.removesuffix(".toml"): packaged_toml(f"catalogue/{name}") for name in names}
    return checked(packaged_toml(f"catalogue/{_INTERVENTIONS}"), packaged_toml(f"catalogue/{_CHOICE}"), keys)


def _entry(name: str, row: dict[str, Any], actors: Mapping[str, Mapping[str, str]]) -> Entry:
    def fault(reason: str) -> CatalogueFault:
        return CatalogueFault(_INTERVENTIONS, name, reason)

    extra = row.keys() - {"sv", "en", "actor", "kind", "kva", "from_day", "timing", "source"}
    missing = {"sv", "en", "actor", "kind", "timing", "source"} - row.keys()
    if extra or missing:
        raise fault(f"unknown {sorted(extra)}, missing {sorted(missing)}")
    if row["actor"] not in actors:
        raise fault(f"unknown actor {row['actor']}")
    if row["kind"] not in KINDS:
        raise fault(f"unknown kind {row['kind']}")
    kva = row.get("kva")
    if kva is not None and kva_text(kva) is None:
        raise fault(f"KVÅ code {kva} is unknown or its text is not verified")
    actor = actors[row["actor"]]
    timing = _timing(row["timing"], fault("timing names what it cannot know"))
    return Entry(
        id=name,
        sv=row["sv"],
        en=row["en"],
        actor=row["actor"],
        actor_sv=actor["sv"],
        actor_en=actor["en"],
        kind=row["kind"],
        kva=kva,
        from_day=row.get("from_day", 1),
        timing=timing,
    )


def _timing(row: dict[str, Any], fault: CatalogueFault) -> Timing:
    if row.keys() - {one.name for one in fields(Timing)}:
        raise fault
    return Timing(**{**row, "before_chain_days": tuple(row.get("before_chain_days", ()))})


def _rule(row: dict[str, Any], entries: Mapping[str, Entry]) -> ChoiceRule:
    name = str(row.get("id", "?"))
    if row.keys() != {one.name for one in fields(ChoiceRule)}:
        raise CatalogueFault(_CHOICE, name, f"a rule has {[one.name for one in fields(ChoiceRule)]}")
    _all_known(_CHOICE, name, [row["add"]], entries)
    conditions = {one.name for one in fields(When)}
    if row["when"].keys() - conditions:
        raise CatalogueFault(_CHOICE, name, f"unknown condition {sorted(row['when'].keys() - conditions)}")
    if row["when"].get("degree", "full") not in {"full", "part"}:
        raise CatalogueFault(_CHOICE, name, "degree is full or part")
    if row["when"].get("still_on_leave", {"day": 0, "share_from": 0}).keys() != {"day", "share_from"}:
        raise CatalogueFault(_CHOICE, name, "still_on_leave has day and share_from")
    for text in (row["sv"], row["en"]):
        places = {place for _, place, _, _ in Formatter().parse(text) if place is not None}
        if places - PLACES:
            raise CatalogueFault(_CHOICE, name, f"unknown place {sorted(places - PLACES)}")
    return ChoiceRule(**{**row, "when": When(**row["when"])})


def _diagnosis(name: str, row: dict[str, Any], entries: Mapping[str, Entry]) -> tuple[str, ...]:
    file = f"{name}.toml"
    if row.get("key") != name:
        raise CatalogueFault(file, "key", "the key is not that of the file name")
    _all_known(file, "interventions", row.get("interventions", []), entries)
    if not row.get("interventions"):
        raise CatalogueFault(file, "interventions", "none are named")
    return tuple(row["interventions"])


def _all_known(file: str, key: str, names: list[str], entries: Mapping[str, Entry]) -> None:
    for name in names:
        if name not in entries:
            raise CatalogueFault(file, key, f"unknown intervention {name}")
