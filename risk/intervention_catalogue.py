"""The catalogue of interventions: data files that clinicians review, checked when they are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from risk import versions
from risk.errors import CatalogueFault
from risk.intervention_rules import CHOICE, ChoiceRule, HoldRule, choice_rule, hold_rule
from risk.packaged import packaged_names, packaged_toml
from terminology.codes import kva_text

KINDS = frozenset({"plan", "coordination", "treatment", "workplace", "certificate"})
INTERVENTIONS = "interventions.toml"


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
) -> Catalogue:
    """Build a catalogue from its parsed files.

    Args:
        interventions: interventions.toml.
        choice: choice.toml.
        keys: the file of each diagnosis key, by file name without ending.
        version: of the whole.

    Raises:
        CatalogueFault: something is wrong; names the file, the key and the reason.
    """
    entries = {name: _entry(name, row, interventions["actors"]) for name, row in interventions["intervention"].items()}
    rules = tuple(choice_rule(row, entries) for row in choice["rule"])
    holds = tuple(hold_rule(row, entries) for row in choice.get("hold", ()))
    ids = [one.id for one in rules] + [one.id for one in holds]
    doubled = [name for name in ids if ids.count(name) > 1]
    if doubled:
        raise CatalogueFault(CHOICE, doubled[0], "the rule id stands twice")
    _all_known(CHOICE, "default", choice["default"], entries)
    lists = {name: _diagnosis(name, row, entries) for name, row in keys.items()}
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


def _entry(name: str, row: dict[str, Any], actors: Mapping[str, Mapping[str, str]]) -> Entry:
    def fault(reason: str) -> CatalogueFault:
        return CatalogueFault(INTERVENTIONS, name, reason)

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


def _diagnosis(name: str, row: dict[str, Any], entries: Mapping[str, Entry]) -> tuple[str, ...]:
    file = f"{name}.toml"
    extra = row.keys() - {"key", "interventions", "source", "sv", "en"}
    if extra:
        raise CatalogueFault(file, sorted(extra)[0], "a diagnosis file has no such key")
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
