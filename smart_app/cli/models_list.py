"""`sickleave models list`: the sets there are, who brought and approved them, and which answer today."""

from __future__ import annotations

from datetime import date
from typing import Any

import typer

from risk.baseline import NATIONAL_2017
from risk.chapters import CHAPTERS
from risk.errors import ModelFileFault
from risk.model_register import Event, Step, in_force
from risk.model_set import shipped_set
from risk.survival import Model
from smart_app.cli.output import DONE, REFUSED, print_json
from smart_app.clock import SystemClock
from smart_app.model_choice import ModelsDamaged, Registered, choose
from smart_app.model_folder import read_register
from smart_app.settings import PREFIX, models_setting


def list_models(*, as_json: bool) -> int:
    """Print the models there are, and which answer now; exit 1 when those in force cannot be used."""
    today = SystemClock().today()
    try:
        choice = choose(models_setting())
        used = choice.on(today)
        events = read_register(choice.folder) if isinstance(choice, Registered) else ()
    except (ModelFileFault, ModelsDamaged) as wrong:
        typer.echo(f"{PREFIX}MODELS: {wrong}", err=True)
        return REFUSED
    entries = _entries(used, events, today)
    print_json(entries) if as_json else typer.echo("\n".join(map(_in_words, entries)))
    return DONE


def _entries(used: tuple[Model, ...], events: tuple[Event, ...], today: date) -> list[dict[str, Any]]:
    answering = [(one.id, one.version) for one in used]
    brought = [one for one in events if one.step is Step.IMPORTED]
    waiting = [one for one in brought if (one.model_set, one.version) not in answering]
    others = [one for one in (shipped_set(), CHAPTERS, NATIONAL_2017) if (one.id, one.version) not in answering]
    told = [_entry(one, in_force=True) for one in used]
    told += [{"id": one.model_set, "version": one.version, "in_force": False, "name": None} for one in waiting]
    told += [_entry(one, in_force=False) for one in others]
    now = in_force(events, today)
    for entry in told:
        key = (entry["id"], entry["version"])
        steps = [one for one in events if (one.model_set, one.version) == key]
        entry["steps"] = [{"step": one.step.value, "by": one.by, "on": one.on, "from": one.since} for one in steps]
        if now is not None and key == (now.model_set, now.version):
            entry["since"] = now.since
    return told


def _entry(model: Model, *, in_force: bool) -> dict[str, Any]:
    return {
        "id": model.id,
        "version": model.version,
        "in_force": in_force,
        "name": model.name_en,
        "basis": model.basis_en,
        "simulated": model.simulated,
        "reviewed": model.reviewed,
    }


def _in_words(entry: dict[str, Any]) -> str:
    state = "in force" if entry["in_force"] else "not in force"
    said = f"{entry['id']} {entry['version']} ({state})"
    if entry["name"]:
        said += f": {entry['name']}. {entry['basis']}"
    steps = [
        f"{one['step']} by {one['by']} {one['on']}" + (f", from {one['from']}" if one["from"] else "")
        for one in entry["steps"]
    ]
    return "\n  ".join([said, *steps])
