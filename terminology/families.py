"""Code families (families.toml): codes that are counted as one thing, each with the days on which it belongs there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from terminology.concept import Certainty
from terminology.known_changes import WrongJudgement
from terminology.packaged import packaged_toml


@dataclass(frozen=True, slots=True)
class Member:
    """One code of a family. `since` and `until` (ends included) None = as long as the code is valid."""

    code: str
    since: date | None
    until: date | None
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Family:
    """Codes that are counted as one thing."""

    id: str
    system: str
    name_sv: str
    name_en: str
    members: tuple[Member, ...]

    def codes_on(self, day: date) -> tuple[str, ...]:
        """The codes that belong to it on a day.

        >>> families()["plan-made"].codes_on(date(2020, 6, 1)), families()["plan-made"].codes_on(date(2021, 6, 1))
        (('DV093',), ('AW020',))
        """
        return tuple(
            each.code
            for each in self.members
            if (each.since is None or each.since <= day) and (each.until is None or day <= each.until)
        )


def read_families(document: Mapping[str, Any]) -> dict[str, Family]:
    """The families of a TOML document by id. Raises WrongJudgement."""
    found: dict[str, Family] = {}
    for number, entry in enumerate(document.get("family", ()), start=1):
        try:
            family = Family(
                entry["id"], entry["system"], entry["name_sv"], entry["name_en"], tuple(map(_member, entry["members"]))
            )
        except (KeyError, ValueError, TypeError) as fault:
            raise WrongJudgement(number, f"{type(fault).__name__}: {fault}") from None
        if not family.members or family.id in found:
            raise WrongJudgement(number, "a family needs members and a name of its own")
        found[family.id] = family
    return found


def _member(entry: Mapping[str, Any]) -> Member:
    return Member(entry["code"], entry.get("since"), entry.get("until"), Certainty(entry["certainty"]))


@cache
def families() -> dict[str, Family]:
    """The families that ship with the product."""
    return read_families(packaged_toml("families.toml"))


def families_of(system: str, code: str) -> tuple[str, ...]:
    """Ids of the families to which a code belongs on some day.

    >>> families_of("kva", "AW020")
    ('plan-made',)
    """
    return _by_code().get((system, code), ())


@cache
def _by_code() -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for family in families().values():
        for code in dict.fromkeys(each.code for each in family.members):
            found[family.system, code] = (*found.get((family.system, code), ()), family.id)
    return found
