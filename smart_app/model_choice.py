"""Which models give the figures: named once in the settings, asked for by day."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Protocol

from risk.baseline import NATIONAL_2017
from risk.chapters import CHAPTERS
from risk.errors import ModelFileFault
from risk.model_register import Event, in_force
from risk.model_set import SHIPPED, ModelSet, shipped_set
from risk.survival import Model
from smart_app.model_folder import REGISTER, imported_set, read_register, whole

Models = tuple[Model, ...]
NATIONAL, DEFAULT = "national", SHIPPED


@dataclass
class ModelsDamaged(Exception):
    """The model set in force cannot be used; no other one answers in its place.

    Attributes:
        model_set: id and version; the register's name when that cannot be read.
        why: which file, and what is wrong with it.
    """

    model_set: str
    why: str

    def __str__(self) -> str:
        return f"{self.model_set}: {self.why}"


class ModelChoice(Protocol):
    """What an installation chose."""

    def on(self, day: date) -> Models:
        """The models that answer on a day, in the order in which they are asked; the last answers for every diagnosis.

        Raises:
            ModelsDamaged: the set in force on that day cannot be used.
        """
        ...


@dataclass(frozen=True, slots=True)
class SameEveryDay:
    """Models that are in force whatever the day."""

    models: Models

    def on(self, day: date) -> Models:  # noqa: ARG002
        return self.models


@dataclass
class Registered:
    """Models of a folder that `sickleave models` keeps; its register is read again whenever it changes.

    A set stays loaded once it is: activation, effective date and rollback take hold in a running service.
    """

    folder: Path
    _mark: tuple[int, int, int] | None = None
    _events: tuple[Event, ...] = ()
    _loaded: dict[tuple[str, str], Models] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, day: date) -> Models:
        with self._lock:
            events = self._register()
            now = in_force(events, day)
            return _with_fallbacks(None) if now is None else self._models(events, now)

    def _register(self) -> tuple[Event, ...]:
        try:
            found = (self.folder / REGISTER).stat()
            mark = (found.st_mtime_ns, found.st_size, found.st_ino)
            if mark != self._mark:
                self._events, self._mark = read_register(self.folder), mark
        except (OSError, ModelFileFault) as wrong:
            why = wrong.reason if isinstance(wrong, ModelFileFault) else "cannot be read"
            raise ModelsDamaged(REGISTER, why) from wrong
        return self._events

    def _models(self, events: tuple[Event, ...], now: Event) -> Models:
        key = (now.model_set, now.version)
        if key not in self._loaded:
            try:
                self._loaded[key] = _with_fallbacks(imported_set(self.folder, events, now))
            except ModelFileFault as wrong:
                raise ModelsDamaged(f"{now.model_set} {now.version}", f"{wrong.file}: {wrong.reason}") from wrong
        return self._loaded[key]


@cache
def choose(name: str = DEFAULT) -> ModelChoice:
    """What `SICKLEAVE_MODELS` (or `--model`) names.

    Args:
        name: "national", the id of the set that ships, the folder of one set, or a folder that `sickleave models`
            keeps.

    Raises:
        ModelFileFault: nothing of the kind is there, or one of its files is missing, changed, or no model.
    """
    if name in (NATIONAL, NATIONAL_2017.id):
        return SameEveryDay((NATIONAL_2017,))
    if name == SHIPPED:
        return SameEveryDay(_with_fallbacks(shipped_set()))
    folder = Path(name)
    if (folder / REGISTER).is_file():
        return Registered(folder)
    return SameEveryDay(_with_fallbacks(replace(whole(folder), reviewed=False)))


def _with_fallbacks(chosen: ModelSet | None) -> Models:
    return (NATIONAL_2017,) if chosen is None else (chosen, CHAPTERS, NATIONAL_2017)
