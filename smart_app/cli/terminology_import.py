"""`sickleave terminology import`: an official file becomes one read-only release, whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import typer

from smart_app.cli.output import DONE, REFUSED, WRONG_USE, print_json
from smart_app.cli.terminology_place import codes_here, folder_here, system_here
from smart_app.store.private_folder import private_folder
from terminology.errors import TerminologyFault
from terminology.folder import JUDGED, release_path
from terminology.import_release import NotJudged, Prepared, Unjudged, prepare
from terminology.sqlite_store import SqliteRelease, write_release

SHOWN = 100


def run(
    file: Path,
    system: str,
    release: str,
    *,
    first_day: date | None,
    unjudged: str,
    sheets: Sequence[str],
    replace: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Read, check, compare and write; exit 1 with every fault when something is wrong, and then nothing was changed."""
    name = system_here(system)
    if name is None:
        return WRONG_USE
    if unjudged not in ("stop", "mark"):
        typer.echo("--unjudged must be stop or mark", err=True)
        return WRONG_USE
    codes = codes_here()
    mode: Unjudged = "mark" if unjudged == "mark" else "stop"
    try:
        with _bar(quiet=as_json) as step:
            prepared = prepare(
                file.read_bytes(),
                system=name,
                release_id=release,
                first_day=first_day,
                catalogue=codes.catalogue,
                changes=codes.changes,
                unjudged=mode,
                sheets=sheets,
                step=step,
            )
            written = None if dry_run else _write(prepared, replace=replace)
            step()
    except NotJudged as fault:
        typer.echo(f"{file}: {fault}\n{_what_to_do()}", err=True)
        return REFUSED
    except (TerminologyFault, OSError) as fault:
        typer.echo(f"{file}: {fault}\nNothing was imported.", err=True)
        return REFUSED
    for warning in prepared.warnings:
        typer.echo(f"{file}: {warning}", err=True)
    print_json(_document(prepared, written)) if as_json else typer.echo(_in_words(prepared, written))
    return DONE


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[], object]]:
    """On a terminal, how far it is: read, compared, written. The library draws it there only."""
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    with typer.progressbar(length=3, label="importing", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _what_to_do() -> str:
    return (
        f"Nothing was imported. Judge each in {folder_here() / JUDGED} (the form is that of the shipped "
        "known_changes.toml), or import with --unjudged mark: then every trend is cut there."
    )


class AlreadyThere(TerminologyFault):
    """A release with that name was imported before."""


def _write(prepared: Prepared, *, replace: bool) -> Path:
    folder = folder_here()
    private_folder(folder.resolve())
    path = release_path(folder, prepared.release)
    if path.exists() and not replace:
        before = SqliteRelease(path).release
        if before == prepared.release:
            return path
        other = "judged otherwise" if before.source == prepared.release.source else "from another file"
        raise AlreadyThere(f"release {prepared.release.id} is already here, {other}; --replace takes its place")
    write_release(path, prepared.release, prepared.editions)
    return path


def _document(prepared: Prepared, written: Path | None) -> dict[str, Any]:
    return {
        "system": prepared.release.system,
        "release": prepared.release.id,
        "first_day": prepared.release.first_day,
        "codes": prepared.codes,
        "headings": len(prepared.editions) - prepared.codes,
        "written": str(written) if written else None,
        "warnings": prepared.warnings,
        "unjudged": prepared.release.unjudged,
        "compared": [
            {
                "before": one.before,
                "after": one.after,
                "selection": one.selection,
                "new": [each.code for each in one.all if each.before is None],
                "gone": [each.code for each in one.all if each.after is None],
                "changed": [each for each in one.all if each.before is not None and each.after is not None],
            }
            for one in prepared.compared
        ],
    }


def _in_words(prepared: Prepared, written: Path | None) -> str:
    lines = [
        f"{prepared.release.system} {prepared.release.id}, from {prepared.release.first_day}: {prepared.codes} codes, "
        f"{len(prepared.editions) - prepared.codes} headings"
    ]
    for one in prepared.compared:
        lines.append(one.counted())
        lines += [str(each) for each in one.all[:SHOWN]]
        if len(one.all) > SHOWN:
            lines.append(f"... and {len(one.all) - SHOWN} more (--json lists all)")
    lines.append(
        f"It stands in {written}. A running service answers from it at once." if written else "Nothing written."
    )
    return "\n".join(lines)
