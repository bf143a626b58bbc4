"""The releases that ship with the product: the codes it uses, and how sure we are of each.

The list of April 2020 is the only one whose texts were read for (nearly) every code. Later shipped editions carry its
texts over, marked as inferred; what was seen for the later year is marked as verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache

from terminology.codes import icd_titles
from terminology.concept import Certainty, Edition
from terminology.memory_store import MemoryRelease
from terminology.packaged import packaged_rows
from terminology.release import Release, of_year

KVA_YEARS = (2020, 2021, 2022)
ICD_YEAR = 2020
KVA_TITLE = "Klassifikation av vårdåtgärder (KVÅ)"
ICD_TITLE = "Internationell statistisk klassifikation av sjukdomar, svensk version (ICD-10-SE)"
TITLES = {"kva": KVA_TITLE, "icd10se": ICD_TITLE}


@cache
def shipped() -> tuple[MemoryRelease, ...]:
    """The shipped releases: KVÅ 2020, 2021, 2022 and ICD-10-SE 2020, each a selection."""
    return (*(_kva(year) for year in KVA_YEARS), _icd())


def _release(system: str, year: int, source: str) -> Release:
    first, last = of_year(year)
    return Release(system, str(year), first, last, whole=False, title=TITLES[system], source=source)


def _kva(year: int) -> MemoryRelease:
    source = "KVÅ April 2020 (R package decoder 1.2.2)" if year == KVA_YEARS[0] else "carried over from 2020, and pages"
    return MemoryRelease(_release("kva", year, source), _kva_editions(year))


def _kva_editions(year: int) -> Iterator[Edition]:
    validity = {row["code"]: row for row in packaged_rows("releases/kva_validity.csv")}
    for row in packaged_rows("releases/kva.csv"):
        period = validity.get(row["code"])
        first_year = int(period["first_release"]) if period else KVA_YEARS[0]
        if first_year > year:
            continue
        new = first_year > KVA_YEARS[0]
        known = row["verified"] == "yes"
        notes = [("group", row["group"])]
        if period:
            notes.append(("validity-source", period["source"]))
        yield Edition(
            row["code"],
            row["text"] if known else None,
            _text_certainty(known, carried=first_year != year),
            row["text_source"],
            since=date(first_year, 1, 1) if new else None,
            until=date.fromisoformat(period["until"]) if period and period["until"] else None,
            validity=Certainty(period["certainty"]) if period else Certainty.VERIFIED,
            notes=tuple(notes),
        )


def _text_certainty(known: bool, *, carried: bool) -> Certainty:
    if not known:
        return Certainty.UNVERIFIED
    return Certainty.INFERRED if carried else Certainty.VERIFIED


def _icd() -> MemoryRelease:
    sources = {row["code"]: row["source"] for row in packaged_rows("releases/icd_10_se_titles.csv")}
    editions = (
        Edition(
            each.code,
            each.title_sv,
            Certainty.VERIFIED if each.certain else Certainty.UNVERIFIED,
            sources[each.code],
            parent=_parent(each.code),
            designations=(("en", each.label_en),),
        )
        for each in icd_titles().values()
    )
    return MemoryRelease(_release("icd10se", ICD_YEAR, "ICD-10-SE 2020, the 34 diagnosis keys"), editions)


def _parent(code: str) -> str | None:
    """The longest shorter key that the code begins with."""
    return next((code[:end] for end in range(len(code) - 1, 2, -1) if code[:end] in icd_titles()), None)
