"""The codes of a value set on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from terminology.catalogue import Catalogue
from terminology.concept import Edition
from terminology.errors import FilterNotSupported, TooManyCodes, UnknownValueSet
from terminology.lookup import chosen, find_spelled
from terminology.release import Release
from terminology.search import Hits, search
from terminology.spelling import spelled
from terminology.store import ReleaseStore
from terminology.subsumes import descendants
from terminology.value_set import OPERATORS, Filter, Part, ValueSet

MOST_AT_ONCE = 10_000
AT_ONCE = 200
"""Codes that an expansion may list without keeping others waiting."""
DEEPEST = 8
_CODES = ("concept", "code", "parent")
"""Properties whose values are codes, which people write with and without dots."""


class TakesLong(Exception):
    """Codes have to be looked through, many listed, or words indexed first: milliseconds, not microseconds."""


@dataclass(frozen=True, slots=True)
class Member:
    """One code of an expansion."""

    release: Release
    edition: Edition

    @property
    def key(self) -> tuple[str, str]:
        return self.release.system, self.edition.code


@dataclass(frozen=True, slots=True)
class Expansion:
    """Part of the codes of a value set. `total` counts all of them; `releases` are those that were used."""

    total: int
    offset: int
    members: tuple[Member, ...]
    releases: tuple[Release, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for.

    Attributes:
        on: the day; chooses releases unless `versions` or the value set does.
        versions: release by system.
        text: only codes with these words, closest first; None = all, in order.
        count: None = all, when they are at most ten thousand.
        active_only: leave out what was not valid on the day.
    """

    on: date
    versions: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    offset: int = 0
    count: int | None = None
    active_only: bool = False


@dataclass(frozen=True, slots=True)
class ValueSets:
    """Codes, and the value sets that may be named, by address."""

    catalogue: Catalogue
    by_url: Mapping[str, ValueSet]

    def named(self, url: str) -> ValueSet:
        """The value set with that address, also with its version. Raises UnknownValueSet."""
        bare, _, version = url.partition("|")
        found = self.by_url.get(bare)
        if found is None or (version and version != found.version):
            raise UnknownValueSet(url)
        return found


def expand(sets: ValueSets, value_set: ValueSet, wanted: Wanted, *, at_once: bool = False) -> Expansion:
    """The codes of a value set.

    Args:
        at_once: refuse what takes longer than a point query.

    Raises:
        TakesLong: only when `at_once`;
        UnknownSystem, UnknownRelease, NoReleaseHeld, UnknownValueSet, FilterNotSupported;
        TooManyCodes: more than ten thousand, and no count was given.
    """
    whole = _whole_release(sets, value_set, wanted)
    if at_once and (whole is None or not _quick(whole, wanted)):
        raise TakesLong
    if whole is not None:
        total, editions = _page(whole, wanted)
        members = tuple(Member(whole.release, each) for each in editions)
        return Expansion(total, wanted.offset, members, (whole.release,) if total else ())
    members = tuple(_unique(_all(sets, value_set, wanted, DEEPEST)))
    if wanted.active_only:
        members = tuple(each for each in members if each.edition.valid_on(wanted.on))
    count = _count(len(members), wanted)
    releases = tuple(dict.fromkeys(each.release for each in members))
    return Expansion(len(members), wanted.offset, members[wanted.offset : wanted.offset + count], releases)


def member(sets: ValueSets, value_set: ValueSet, system: str, code: str, wanted: Wanted) -> Member | None:
    """The code as it stands in the value set, in any spelling that occurs; None when it does not."""
    return _find(sets, value_set, system, code, replace(wanted, text=None), DEEPEST)


def _count(total: int, wanted: Wanted) -> int:
    if wanted.count is None and total - wanted.offset > MOST_AT_ONCE:
        raise TooManyCodes(total, MOST_AT_ONCE)
    return min(MOST_AT_ONCE, total if wanted.count is None else wanted.count)


def _whole_release(sets: ValueSets, value_set: ValueSet, wanted: Wanted) -> ReleaseStore | None:
    """The one release that the value set is, when its codes need not be looked through."""
    if wanted.active_only or len(value_set.include) != 1 or value_set.exclude:
        return None
    part = value_set.include[0]
    if part.system is None or part.codes is not None or part.filters or part.value_sets:
        return None
    return _store(sets, part.system, part, wanted)


def _store(sets: ValueSets, system: str, part: Part, wanted: Wanted) -> ReleaseStore:
    version = part.version or wanted.versions.get(system)
    return chosen(sets.catalogue, system, on=wanted.on, version=version)[0]


def _quick(store: ReleaseStore, wanted: Wanted) -> bool:
    return wanted.count is not None and wanted.count <= AT_ONCE and (wanted.text is None or store.indexed)


def _page(store: ReleaseStore, wanted: Wanted) -> tuple[int, Iterable[Edition]]:
    """How many there are in all, and those asked for."""
    if not wanted.text:
        return store.total, store.page(wanted.offset, _count(store.total, wanted))
    hits = _search(store, wanted.text)
    return len(hits), _in_order(store, hits.page(wanted.offset, _count(len(hits), wanted)))


def _search(store: ReleaseStore, text: str) -> Hits:
    system = store.release.system
    return search(store, text, spell=lambda code: spelled(system, code))


def _in_order(store: ReleaseStore, codes: Sequence[str]) -> Iterator[Edition]:
    editions = {each.code: each for each in store.find_all(codes)}
    return (editions[code] for code in codes)


def _unique(members: Iterable[Member]) -> Iterator[Member]:
    seen: set[tuple[str, str]] = set()
    for each in members:
        if each.key not in seen:
            seen.add(each.key)
            yield each


def _all(sets: ValueSets, value_set: ValueSet, wanted: Wanted, deep: int) -> Iterator[Member]:
    for part in value_set.include:
        for each in _of_part(sets, part, wanted, deep):
            if not any(_in_part(sets, out, *each.key, wanted, deep) for out in value_set.exclude):
                yield each


def _of_part(sets: ValueSets, part: Part, wanted: Wanted, deep: int) -> Iterator[Member]:
    if part.system is None:
        first, *more = part.value_sets or ("",)
        for each in _all(sets, _deeper(sets, first, deep), wanted, deep - 1):
            if all(_find(sets, _deeper(sets, url, deep), *each.key, wanted, deep - 1) for url in more):
                yield each
        return
    store = _store(sets, part.system, part, wanted)
    for edition in _candidates(store, part, wanted):
        if all(_passes(store, edition, one) for one in part.filters) and all(
            _find(sets, _deeper(sets, url, deep), part.system, edition.code, wanted, deep - 1)
            for url in part.value_sets
        ):
            yield Member(store.release, edition)


def _candidates(store: ReleaseStore, part: Part, wanted: Wanted) -> Iterator[Edition]:
    if wanted.text:
        found: Iterable[Edition] = _in_order(
            store, [code for code in _search(store, wanted.text).page() if part.codes is None or part.listed(code)]
        )
    elif part.codes is not None:
        found = (each for code, _ in part.codes if (each := find_spelled(store, code)) is not None)
    else:
        found = _first_filter(store, part.filters)
    for each in found:
        shown = _as_listed(store, part, each)
        if shown is not None:
            yield shown


def _as_listed(store: ReleaseStore, part: Part, each: Edition) -> Edition | None:
    """With the text of the value set, when it has one; None when it lists codes, and not this one."""
    if part.codes is None:
        return each
    one = part.listed(each.code)
    if one is None or (one[0] != each.code and find_spelled(store, one[0]) != each):
        return None
    return each if one[1] is None else replace(each, text=one[1])


def _first_filter(store: ReleaseStore, filters: tuple[Filter, ...]) -> Iterable[Edition]:
    """What has to be looked through: only what lies below a code, when a filter says so."""
    below = next((each for each in filters if each.operator in ("is-a", "descendent-of")), None)
    if below is None or below.property != "concept":
        return store.every()
    top = find_spelled(store, below.value)
    return store.find_all(descendants(store, top.code) | {top.code}) if top else ()


def _passes(store: ReleaseStore, each: Edition, rule: Filter) -> bool:
    if rule.operator not in OPERATORS:
        raise FilterNotSupported(f"{rule.property} {rule.operator}")
    if rule.property == "concept" and rule.operator in ("is-a", "is-not-a", "descendent-of"):
        top = find_spelled(store, rule.value)
        above = top is not None and (top.code in _line(store, each))
        same = top is not None and top.code == each.code
        return not (above or same) if rule.operator == "is-not-a" else above or (same and rule.operator == "is-a")
    if rule.operator not in ("=", "in", "not-in", "exists"):
        raise FilterNotSupported(f"{rule.property} {rule.operator}")
    value = _value(each, rule.property)
    spell = partial(spelled, store.release.system) if rule.property in _CODES else str
    match rule.operator:
        case "=":
            return value == spell(rule.value)
        case "exists":
            return (value is not None) == (rule.value == "true")
        case "in":
            return value is not None and value in _listed(rule.value, spell)
        case _:
            return value not in _listed(rule.value, spell)


def _listed(text: str, spell: Callable[[str], str]) -> list[str]:
    return [spell(each.strip()) for each in text.split(",")]


def _line(store: ReleaseStore, each: Edition) -> Iterator[str]:
    seen: set[str] = set()
    while each.parent is not None and each.parent not in seen:
        seen.add(each.parent)
        yield each.parent
        above = store.find(each.parent)
        if above is None:
            return
        each = above


def _value(each: Edition, name: str) -> str | None:
    own: dict[str, Callable[[], str | None]] = {
        "concept": lambda: each.code,
        "code": lambda: each.code,
        "parent": lambda: each.parent,
        "inactive": lambda: str(not each.active).lower(),
    }
    return own[name]() if name in own else each.note(name)


def _deeper(sets: ValueSets, url: str, deep: int) -> ValueSet:
    if deep <= 0:
        raise FilterNotSupported("value sets that name each other too deeply")
    return sets.named(url)


def _find(sets: ValueSets, value_set: ValueSet, system: str, code: str, wanted: Wanted, deep: int) -> Member | None:
    for part in value_set.include:
        found = _in_part(sets, part, system, code, wanted, deep)
        if found is not None and not any(
            _in_part(sets, out, system, found.edition.code, wanted, deep) for out in value_set.exclude
        ):
            if wanted.active_only and not found.edition.valid_on(wanted.on):
                return None
            return found
    return None


def _in_part(sets: ValueSets, part: Part, system: str, code: str, wanted: Wanted, deep: int) -> Member | None:
    if part.system is None:
        found = [_find(sets, _deeper(sets, url, deep), system, code, wanted, deep - 1) for url in part.value_sets]
        return found[0] if found and all(found) else None
    if part.system != system:
        return None
    store = _store(sets, system, part, wanted)
    each = find_spelled(store, code)
    if each is None or not all(_passes(store, each, one) for one in part.filters):
        return None
    shown = _as_listed(store, part, each)
    if shown is None:
        return None
    named = all(_find(sets, _deeper(sets, url, deep), system, each.code, wanted, deep - 1) for url in part.value_sets)
    return Member(store.release, shown) if named else None
