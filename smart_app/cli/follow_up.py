"""`sickleave models follow-up`: kept predictions against what came, and whether somebody must look."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import typer

from risk.result import HORIZONS
from smart_app.cli.background import background_services
from smart_app.cli.output import DONE, REFUSED, print_json
from smart_app.follow_up.gather import gather
from smart_app.follow_up.summary import summary
from smart_app.follow_up.words import Texts, asked, group_name, in_a_word, interval, left_out, texts
from smart_app.web.follow_up_page import follow_up_page


def run(
    *, since: date | None, until: date | None, unit: str | None, html: Path | None, language: str, as_json: bool
) -> int:
    """Print the comparison; exit 1 when a drift rule speaks."""
    found = asyncio.run(_found(since, until, unit))
    if html is not None:
        try:
            html.write_text(follow_up_page(found, language), encoding="utf-8")
        except OSError as fault:
            typer.echo(f"--html {html}: {fault.strerror}", err=True)
            return REFUSED
    print_json(found) if as_json else typer.echo("\n".join(_lines(found, language)))
    return REFUSED if found["drift"] else DONE


async def _found(since: date | None, until: date | None, unit: str | None) -> dict[str, Any]:
    async with background_services() as services:
        with services.store.reading() as session:
            gathered = gather(session, services.sealer, since=since, until=until, unit=unit)
        document = summary(gathered, services.clock.today())
    return {"asked": {"since": since, "until": until, "unit": unit}, **document}


def _lines(found: Mapping[str, Any], language: str) -> Iterator[str]:
    say = texts(language)
    yield asked(found, say)
    for model in found["models"]:
        yield f"{say['model'].format_map(model)}: {say['counts'].format_map(model)}"
        if model["not_read_since"]:
            yield say["lost"].format_map(model)
        for row in model["groups"]:
            yield from _group(row, found["fewest"], say)
        for quarter in model["quarters"]:
            yield f"  {_ends(quarter, found['fewest'], say)}"
    if found["left_out"]:
        yield left_out(found["left_out"], say)
    yield in_a_word(found, language)


def _ends(quarter: Mapping[str, Any], fewest: int, say: Texts) -> str:
    if quarter["suppressed"]:
        return f"{quarter['quarter']}: {say['few'].format(fewest=fewest)}"
    return say["line_quarter"].format_map({**quarter, "ratio": interval(quarter["ends_ratio"])})


def _group(row: Mapping[str, Any], fewest: int, say: Texts) -> Iterator[str]:
    if row["suppressed"]:
        yield f"  {group_name(row, say)}: {say['few'].format(fewest=fewest)}"
        return
    for day in HORIZONS:
        one = row[f"p{day}"]
        if one["suppressed"] or one["observed"] is None:
            continue
        yield "  " + say["line"].format(
            group=group_name(row, say),
            day=day,
            observed=f"{100 * one['observed']:.0f}",
            expected=f"{100 * one['expected']:.0f}",
            ratio=say["line_ratio"].format(ratio=interval(one["ratio"])) if one["ratio"] else "",
            cases=one["cases"],
        )
