"""The catalogue of interventions: data files that clinicians review, checked when they are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from risk import versions
from risk.catalogue_kinds import see_kinds
from risk.errors import CatalogueFault
from risk.intervention_rules import CHOICE, ChoiceRule, HoldRule, choice_rule, hold_rule
from risk.packaged import packaged_names, packaged_toml
from terminology.codes import icd_titles, kva_text, normal_icd
from terminology.errors import UnknownCode

KINDS = frozenset({"plan", "coordination", "treatment", "workplace", "certificate"})
INTERVENTIONS = "interventions.toml"
_NAMED = {"sv": "text", "en": "text", "source": "text"}
_ENTRY = _NAMED | {"actor": "text", "kind": "text", "kva": "text", "from_day": "days", "timing": "table"}
_TIMING = {"start_in": "days", "due_in": "days", "before_chain_days": "all-days", "before_end": "days"}
_CHOICE = {
    "rule": "tables",
    "hold": "tables",
    "default": "texts",
    "diagnosis_weight": "whole",
    "diagnosis_step": "whole",
}


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
class Catalogue:
    """All of it: interventions by id, rules, and the list of each diagnosis key.

    Attributes:
        names: Swedish and English words of the keys whose file says them.
        version: of the data, stored with what it chose.
    """

    entries: Mapping[str, Entry]
    rules: tuple[ChoiceRule, ...]
    holds: tuple[HoldRule, ...]
    by_diagnosis: Mapping[str, tuple[str, ...]]
    names: Mapping[str, tuple[str, str]]
    default: tuple[str, ...]
    diagnosis_weight: int
    diagnosis_step: int
    version: str


def checked(
    interventions: dict[str, Any],
    choice: dict[str, Any],
    keys: Mapping[str, dict[str, Any]],
    *,
    version: str = versions.CATALOGUE,
    stands_in: Mapping[str, str] | None = None,
) -> Catalogue:
    """Build a catalogue from its parsed files.

    Args:
        interventions: interventions.toml.
        choice: choice.toml.
        keys: the file of each diagnosis key, by file name without ending.
        version: of the whole.
        stands_in: the file of a diagnosis key or a rule id, where it is not the usual one.

    Raises:
        CatalogueFault: something is wrong; names the file, the key and the reason.
    """
    elsewhere = stands_in or {}
    actors = interventions["actors"]
    for name, row in actors.items():
        if see_kinds(INTERVENTIONS, name, row, _NAMED).keys() != {"sv", "en"}:
            raise CatalogueFault(INTERVENTIONS, name, "an actor has sv and en")
    entries = {name: _entry(name, row, actors) for name, row in interventions["intervention"].items()}
    see_kinds(CHOICE, None, choice, _CHOICE)
    rules = tuple(choice_rule(row, entries, file=_file_of(row, elsewhere)) for row in choice["rule"])
    holds = tuple(hold_rule(row, entries, file=_file_of(row, elsewhere)) for row in choice.get("hold", ()))
    ids = [one.id for one in rules] + [one.id for one in holds]
    doubled = [name for name in ids if ids.count(name) > 1]
    if doubled:
        raise CatalogueFault(elsewhere.get(doubled[0], CHOICE), doubled[0], "the rule id stands twice")
    _all_known(CHOICE, "default", choice["default"], entries)
    lists = {name: _diagnosis(elsewhere.get(name, f"{name}.toml"), name, row, entries) for name, row in keys.items()}
    names = {name: (row["sv"], row["en"]) for name, row in keys.items() if "sv" in row and "en" in row}
    default, weight, step = tuple(choice["default"]), choice["diagnosis_weight"], choice["diagnosis_step"]
    return Catalogue(entries, rules, holds, lists, names, default, weight, step, version)


@cache
def load() -> Catalogue:
    """The packaged catalogue.

    Raises:
        CatalogueFault: a file is wrong.
    """
    return checked(*packaged_files())


def packaged_files() -> tuple[dict[str, Any], dict[str, Any], dict[str, dict[str, Any]]]:
    """The packaged data, parsed anew: interventions, choice, and the file of each diagnosis key."""
    names = [name for name in packaged_names("catalogue", ".toml") if name not in (INTERVENTIONS, CHOICE)]
    keys = {name.removesuffix(".toml"): packaged_toml(f"catalogue/{name}") for name in names}
    return packaged_toml(f"catalogue/{INTERVENTIONS}"), packaged_toml(f"catalogue/{CHOICE}"), keys


def _file_of(rule: Mapping[str, Any], elsewhere: Mapping[str, str]) -> str:
    return elsewhere.get(str(rule.get("id")), CHOICE)


def _entry(name: str, row: object, actors: Mapping[str, Mapping[str, str]]) -> Entry:
    def fault(reason: str) -> CatalogueFault:
        return CatalogueFault(INTERVENTIONS, name, reason)

    said = see_kinds(INTERVENTIONS, name, row, _ENTRY)
    see_kinds(INTERVENTIONS, name, {"the id": name}, {"the id": "id"})
    extra, missing = said.keys() - _ENTRY.keys(), _ENTRY.keys() - {"kva", "from_day"} - said.keys()
    if extra or missing:
        raise fault(f"unknown {sorted(extra)}, missing {sorted(missing)}")
    if said["actor"] not in actors:
        raise fault(f"unknown actor {said['actor']}")
    if said["kind"] not in KINDS:
        raise fault(f"unknown kind {said['kind']}")
    kva = said.get("kva")
    if kva is not None and kva_text(kva) is None:
        raise fault(f"KVÅ code {kva} is unknown or its text is not verified")
    actor = actors[said["actor"]]
    return Entry(
        id=name,
        sv=said["sv"],
        en=said["en"],
        actor=said["actor"],
        actor_sv=actor["sv"],
        actor_en=actor["en"],
        kind=said["kind"],
        kva=kva,
        from_day=said.get("from_day", 1),
        timing=_timing(name, said["timing"]),
    )


def _timing(name: str, row: dict[str, Any]) -> Timing:
    if see_kinds(INTERVENTIONS, name, row, _TIMING).keys() - _TIMING.keys():
        raise CatalogueFault(INTERVENTIONS, name, "timing names what it cannot know")
    found = Timing(**{**row, "before_chain_days": tuple(row.get("before_chain_days", ()))})
    if found.start_in > found.due_in:
        raise CatalogueFault(INTERVENTIONS, name, "timing: due before it starts")
    return found


def _diagnosis(file: str, name: str, row: object, entries: Mapping[str, Entry]) -> tuple[str, ...]:
    said = see_kinds(file, None, row, _NAMED | {"key": "text", "interventions": "texts"})
    extra = said.keys() - {"key", "interventions", *_NAMED}
    if extra:
        raise CatalogueFault(file, sorted(extra)[0], "a diagnosis file has no such key")
    if said.get("key") != name:
        raise CatalogueFault(file, "key", "the key is not that of the file name")
    if _kept_form(name) != name:
        raise CatalogueFault(file, "key", f"{name} is no ICD-10-SE code as we keep it: K50, K509 (capitals, no dot)")
    if "interventions" not in said:
        raise CatalogueFault(file, "interventions", "none are named")
    _all_known(file, "interventions", said["interventions"], entries)
    if ("sv" in said) != ("en" in said) or ("sv" not in said and name not in icd_titles()):
        raise CatalogueFault(file, "en" if "sv" in said else "sv", "the diagnosis needs its words in both languages")
    if "source" not in said:
        raise CatalogueFault(file, "source", "who says so, and when it was reviewed")
    return tuple(said["interventions"])


def _kept_form(code: str) -> str | None:
    try:
        return normal_icd(code)
    except UnknownCode:
        return None


def _all_known(file: str, key: str, names: list[str], entries: Mapping[str, Entry]) -> None:
    for name in names:
        if name not in entries:
            raise CatalogueFault(file, key, f"unknown intervention {name}")
