"""`sickleave terminology lookup | history | search`: codes over time, from what ships and what was imported."""

from __future__ import annotations

from datetime import date
from typing import Any

import typer

from smart_app.cli.output import DONE, REFUSED, WRONG_USE, print_json
from smart_app.cli.terminology_place import codes_here, system_here
from smart_app.clock import SystemClock
from terminology.errors import TerminologyFault
from terminology.families import families
from terminology.history import Break, History, history
from terminology.lookup import Looked, look_up
from terminology.search import search as search_words
from terminology.spelling import shown, spelled


def lookup(code: str, system: str, *, on: date | None, as_json: bool) -> int:
    """Print what the release of a day says of a code; exit 1 with the reason when it did not exist then.

    A code whose text nobody has verified exists all the same: its text is null, and that is said.
    """
    name = system_here(system)
    if name is None:
        return WRONG_USE
    catalogue = codes_here().catalogue
    day = on or SystemClock().today()
    try:
        found = look_up(catalogue, name, code, on=day)
    except TerminologyFault as fault:
        return _refused(fault)
    if (why_not := found.not_valid(day)) is not None:
        return _refused(why_not)
    print_json(_looked(system, found, day)) if as_json else typer.echo(_looked_in_words(name, found, day))
    return DONE


def _refused(fault: TerminologyFault) -> int:
    typer.echo(str(fault), err=True)
    return REFUSED


def _looked(system: str, found: Looked, day: date) -> dict[str, Any]:
    edition = found.edition
    return {
        "system": system,
        "code": shown(found.release.system, edition.code),
        "text": edition.text,
        "on": day,
        "release": found.release.id,
        "beyond_release": found.beyond,
        "certainty": edition.certainty,
        "since": edition.since,
        "until": edition.until,
        "source": edition.source or found.release.source,
        "notes": dict(edition.notes),
    }


def _looked_in_words(name: str, found: Looked, day: date) -> str:
    text = found.edition.text or "text not verified"
    lines = [f"{shown(name, found.edition.code)}  {text}  (release {found.release.id}, {day})"]
    if found.edition.text is None:
        lines.append("The code exists, but no text of it was verified. Import the official file to know it.")
    elif found.edition.certainty != "verified":
        lines.append(f"The text is {found.edition.certainty}: {found.edition.source}")
    if found.beyond:
        lines.append(f"{found.release.id} is the last release here; the text may have changed since.")
    return "\n".join(lines)


def tell(subject: str, system: str, *, since: date, until: date, accept_inferred: bool, as_json: bool) -> int:
    """Print the history of a code or a code family; exit 1 when it is neither."""
    name = system_here(system)
    if name is None:
        return WRONG_USE
    if until < since:
        typer.echo(f"--until {until} is before --since {since}", err=True)
        return WRONG_USE
    codes = codes_here()
    asked = families().get(subject) or spelled(name, subject)
    try:
        told = history(
            codes.catalogue,
            codes.changes,
            asked,
            system=name,
            since=since,
            until=until,
            accept_inferred=accept_inferred,
        )
    except TerminologyFault as fault:
        typer.echo(f"{fault}. Families: {', '.join(families())}", err=True)
        return REFUSED
    print_json(_told(told)) if as_json else typer.echo(_told_in_words(told))
    return DONE


def _told(told: History) -> dict[str, Any]:
    return {
        "subject": told.subject,
        "system": told.system,
        "since": told.since,
        "until": told.until,
        "codes": told.codes,
        "comparable": told.comparable,
        "stretches": told.stretches,
        "breaks": told.breaks,
        "segments": told.segments,
    }


_COMPARABLE = {True: "yes", False: "no", None: "not known"}


def _told_in_words(told: History) -> str:
    lines = [f"{told.subject}, {told.since} to {told.until}: comparable throughout: {_COMPARABLE[told.comparable]}"]
    for each in told.stretches:
        sure = "" if each.certainty == "verified" else f"  [{each.certainty}]"
        lines.append(f"  {each.code}  {each.since} to {each.until}  {each.text or 'text not known'}{sure}")
    lines += [f"  {_break_in_words(each)}" for each in told.breaks]
    lines.append("May be counted together:" if told.segments else "No days may be counted.")
    for one in told.segments:
        inferred = f"  (joined over {len(one.inferred)} conclusions)" if one.inferred else ""
        lines.append(f"  {one.since} to {one.until}: {', '.join(one.codes)}{inferred}")
    return "\n".join(lines)


def _break_in_words(one: Break) -> str:
    sure = f", {one.certainty}" if one.certainty else ", not judged"
    return f"{one.on or 'year not known'}  {one.kind}: comparable {_COMPARABLE[one.comparable]}{sure}. {one.why_en}"


def find(text: str, system: str, *, on: date | None, count: int, as_json: bool) -> int:
    """Print the codes whose text has the words; exit 1 when there is none."""
    name = system_here(system)
    if name is None:
        return WRONG_USE
    catalogue = codes_here().catalogue
    try:
        store = catalogue.held_on(name, on or SystemClock().today()).store
    except TerminologyFault as fault:
        typer.echo(str(fault), err=True)
        return REFUSED
    codes = search_words(store, text, spell=lambda code: spelled(name, code)).page(count=count)
    hits = [each for code in codes if (each := store.find(code)) is not None]
    if as_json:
        print_json([{"code": shown(name, each.code), "text": each.text, "release": store.release.id} for each in hits])
    else:
        typer.echo("\n".join(f"{shown(name, each.code)}  {each.text}" for each in hits) or "nothing found")
    return DONE if hits else REFUSED
