"""`sickleave models import|activate|rollback|recalibrate`: sets in a folder with a register of who did what."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import typer

from risk.errors import ModelFileFault
from risk.model_register import Event, NotAllowed, Step, activated, imported, in_force, rolled_back
from risk.model_set import load_set, shipped_set
from risk.neutral_models import NEUTRAL, from_neutral
from smart_app.cli.output import DONE, REFUSED, print_json
from smart_app.cli.train import sum_of as rows_sum
from smart_app.cli.train import without_key
from smart_app.clock import SystemClock
from smart_app.model_folder import REGISTER, place_of, read_register, sum_of, whole, write_register
from smart_app.settings import models_setting

DEFAULT_FOLDER = Path("var/models")


def bring_in(source: Path, folder: Path | None, *, by: str, name: str | None, as_json: bool) -> int:
    """Check a set, or a neutral JSON of models fitted elsewhere, and copy it in; it does not answer yet."""

    def step(events: Sequence[Event], folder: Path) -> tuple[Event, ...]:
        aside = folder / "incoming"
        shutil.rmtree(aside, ignore_errors=True)
        try:
            _laid_aside(source, aside, name)
            found = whole(aside)
            event = Event(Step.IMPORTED, found.id, found.version, by, _today(), sha256=sum_of(aside))
            after = imported(events, event)
            place = place_of(folder, found.id, found.version)
            shutil.rmtree(place, ignore_errors=True)  # left by an import that died before it was registered
            aside.rename(place)
            return after
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    return _change(folder, step, as_json)


def recalibrate(source: Path, rows: Path, out: Path, *, version: str, as_json: bool) -> int:
    """Write a set whose level per key is moved to own cases; effects stay, accuracy is that on these cases."""
    from risk.training.export import write_set
    from risk.training.persons import made_up
    from risk.training.recalibrate import recalibrated
    from risk.training.rows import BadRows, read_file

    try:
        found = shipped_set() if str(source) == shipped_set().id else load_set(source)
        cases = read_file(rows)
        models, moved = recalibrated({key: found.model(key) for key in found.listed}, cases)
        if not moved:
            typer.echo("no diagnosis has 50 ends seen: nothing was moved, nothing written", err=True)
            return REFUSED
        sv, en = ("påhittade", "made-up") if made_up(cases) else ("egna", "own")
        some = f"{len(moved)} av {len(models)}", f"{len(moved)} of {len(models)}"
        about: dict[str, str | bool] = {
            "id": f"{found.id}-recalibrated",
            "version": version,
            "name_sv": f"{found.name_sv}, nivån anpassad till {sv} fall",
            "name_en": f"{found.name_en}, level moved to {en} cases",
            "basis_sv": f"{found.basis_sv} Nivån för {some[0]} diagnoser är anpassad till {sv} fall.",
            "basis_en": f"{found.basis_en} The level of {some[1]} diagnoses was moved to {en} cases.",
            "simulated": found.simulated or made_up(cases),
        }
        made = {"from": f"{found.id} {found.version}", "moved": moved, "rows_sha256": rows_sum(rows)}
        write_set(out, models, about=about, made={**made, "cases": len(cases), "made_up_cases": made_up(cases)})
    except (ModelFileFault, BadRows, OSError, UnicodeDecodeError) as wrong:
        typer.echo(str(wrong), err=True)
        return REFUSED
    said = {"set": about["id"], "version": version, "moved": {key: round(by, 4) for key, by in moved.items()}}
    words = f"{about['id']} {version}: {some[1]} diagnoses moved. Evaluate it on other cases, then import it."
    print_json({**said, "no_key": dict(cases.no_key)}) if as_json else typer.echo(
        "\n".join((words, *without_key(cases.no_key)))
    )
    return DONE


def activate(model_set: str, version: str, folder: Path | None, *, by: str, since: date | None, as_json: bool) -> int:
    """Approve an imported set; another person than the one who imported it."""
    event = Event(Step.ACTIVATED, model_set, version, by, _today(), since or _today())
    return _change(folder, lambda events, _: activated(events, event), as_json)


def roll_back(folder: Path | None, *, by: str, which: tuple[str, str] | None, as_json: bool) -> int:
    """Take the set in force (or the one named) back; the one before answers again."""
    return _change(folder, lambda events, _: rolled_back(events, by=by, on=_today(), which=which), as_json)


def _change(folder: Path | None, step: Callable[[Sequence[Event], Path], tuple[Event, ...]], as_json: bool) -> int:
    place = folder or _folder()
    try:
        with _alone_in(place):
            events = step(read_register(place), place)
            write_register(place, events)
    except (NotAllowed, ModelFileFault, OSError, json.JSONDecodeError, KeyError) as wrong:
        typer.echo(str(wrong), err=True)
        return REFUSED
    now = in_force(events, _today())
    said = {"step": events[-1].step.value, "set": events[-1].model_set, "version": events[-1].version}
    said["in_force"] = f"{now.model_set} {now.version}" if now else "national-2017 1"
    print_json(said) if as_json else typer.echo(
        f"{said['step']}: {said['set']} {said['version']}. In force: {said['in_force']}"
    )
    return DONE


def _laid_aside(source: Path, aside: Path, name: str | None) -> None:
    if source.is_dir():
        aside.mkdir()
        for one in load_set(source).listed.values():
            shutil.copyfile(source / Path(one["file"]).name, aside / Path(one["file"]).name)
        for file in ("set.json", *(one for one in ("evaluation.json", "report.html") if (source / one).is_file())):
            shutil.copyfile(source / file, aside / file)
        if (source / "cards").is_dir():
            shutil.copytree(source / "cards", aside / "cards")
        return
    document = json.loads(source.read_text(encoding="utf-8"))
    if document.get("form") != NEUTRAL:
        raise ModelFileFault(file=source.name, reason=f"neither a folder with a set nor {NEUTRAL}")
    from risk.training.export import write_set

    own = shipped_set()
    models = from_neutral(document, {key: own.model(key) for key in own.listed})
    about: dict[str, str | bool] = {
        "id": name or str(document.get("id", source.stem)),
        "version": str(document.get("version", "1")),
        "name_sv": "Modell anpassad på annat håll",
        "name_en": "Model fitted elsewhere",
        "basis_sv": "Koefficienter från annan ägare. Fördelningen av svar är från påhittade fall.",
        "basis_en": "Coefficients of another owner. The distribution of answers is from made-up cases.",
        "simulated": bool(document.get("simulated", False)),
    }
    write_set(aside, models, about=about, made={"source": source.name})


def _folder() -> Path:
    chosen = Path(models_setting())
    return chosen if (chosen / REGISTER).is_file() else DEFAULT_FOLDER


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """No other `sickleave models` changes this folder in the block."""
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _today() -> date:
    return SystemClock().today()
