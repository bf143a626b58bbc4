"""Everything that the terminology operations answer from: codes, value sets and maps, made once per process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

from starlette.datastructures import State

from fhir_mapping.definitions import load
from risk.diagnoses import find_group
from smart_app.routes.fhir_terminology_definitions import code_system, concept_map, value_set
from smart_app.routes.fhir_terminology_published import MAPS, WRITTEN, published
from smart_app.settings import Settings
from smart_app.wiring import Services
from terminology.catalogue import Catalogue
from terminology.codes import normal_icd
from terminology.concept import Certainty
from terminology.errors import UnknownCode
from terminology.expand import ValueSets
from terminology.folder import Codes, FolderWatch, open_codes
from terminology.store import ReleaseStore
from terminology.translate import ConceptMap, Match, over_time

GROUPS = "diagnosis-group"
_LOCK = Lock()


@dataclass(frozen=True, slots=True)
class Terminology:
    """Codes, value sets and maps.

    Attributes:
        watch: tells when they have to be opened again.
        kept: answers that may be given again on the same day: what is asked is asked often.
        written: the address to write by our name of a system, as the settings choose it.
    """

    codes: Codes
    sets: ValueSets
    maps: Mapping[str, ConceptMap]
    canonical: str
    watch: FolderWatch
    kept: Kept
    written: Mapping[str, str] = field(default_factory=lambda: WRITTEN)

    @property
    def catalogue(self) -> Catalogue:
        return self.sets.catalogue

    def uri(self, system: str) -> str:
        """The address of a system as we write it."""
        return self.written.get(system, system)


class Kept(OrderedDict[Any, bytes]):
    """The answers asked for last. They hold as long as the releases, and what asks for a day without naming it
    has today's date in its key."""

    MOST = 2000

    def keep(self, key: Any, answer: bytes) -> None:
        """Keep one more; the oldest goes."""
        self[key] = answer
        if len(self) > self.MOST:
            self.popitem(last=False)


def present(state: State) -> Terminology | None:
    """Of this process; None when it has to be opened (again) first."""
    found: Terminology | None = getattr(state, "terminology", None)
    return None if found is None or found.watch.changed() else found


def terminology(state: State) -> Terminology:
    """Of this process; opened at the first question, and again when a release was imported.

    Raises:
        NotARelease, WrongFolder: something in the folder is damaged; what was read before does not answer instead.
    """
    with _LOCK:
        found = present(state)
        if found is None:
            given: Services = state.services
            found = opened(given.settings)
            state.terminology = found
    return found


def opened(settings: Settings, more: Iterable[Mapping[str, Any]] = ()) -> Terminology:
    """The terminology under `settings`, with `more` CodeSystems, ValueSets and ConceptMaps (for tests)."""
    watch = FolderWatch(settings.terminology)
    codes = open_codes(settings.terminology)
    canonical = settings.canonical
    written = {**WRITTEN, **settings.code_systems}
    resources = [*load(canonical).values(), *published(canonical, written), *more]
    stores: list[ReleaseStore] = [each for resource in resources if (each := code_system(resource)) is not None]
    catalogue = Catalogue(
        [*(each for name in codes.catalogue.systems() for each in codes.catalogue.releases(name)), *stores]
    )
    sets = {
        found.url: found
        for resource in resources
        if resource["resourceType"] == "ValueSet" and (found := value_set(resource)) is not None
    }
    maps = {one.url: one for resource in resources if (one := concept_map(resource)) is not None}
    all_maps = {**maps, **_maps(codes, canonical)}  # the published ones hold examples of what ours answer
    return Terminology(codes, ValueSets(catalogue, sets), all_maps, canonical, watch, Kept(), written)


def _maps(codes: Codes, canonical: str) -> dict[str, ConceptMap]:
    group_system = f"{canonical}/CodeSystem/{GROUPS}"

    def to_group(system: str, code: str, on: date, reverse: bool) -> tuple[Match, ...]:
        del on
        if system != "icd10se" or reverse:
            return ()
        try:
            normal = normal_icd(code)
        except UnknownCode:
            return ()
        found = find_group(normal)
        equal = found.key == normal
        return (Match(group_system, found.key, None, "equal" if equal else "wider", Certainty.VERIFIED),)

    def same(system: str, code: str, on: date, reverse: bool) -> tuple[Match, ...]:
        del on, reverse
        return (Match(system, code, None, "equal", Certainty.VERIFIED),)

    both = frozenset({"kva", "icd10se"})
    kva, icd = frozenset({"kva"}), frozenset({"icd10se"})
    made = {
        "kva-over-time": (kva, kva, over_time(codes.changes, "kva")),
        "icd-10-se-over-time": (icd, icd, over_time(codes.changes, "icd10se")),
        "icd-10-se-to-diagnosis-group": (icd, frozenset({group_system}), to_group),
        "code-system-addresses": (both, both, same),
    }
    urls = {name: f"{canonical}/ConceptMap/{name}" for name in made}
    return {
        urls[name]: ConceptMap(urls[name], "1", MAPS[name], sources, targets, translate, one_way=translate is to_group)
        for name, (sources, targets, translate) in made.items()
    }
