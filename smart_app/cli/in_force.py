"""The models that answer today, by the setting or by name, to measure others against."""

from __future__ import annotations

from risk.errors import ModelFileFault
from risk.survival import Model
from smart_app.cli.risk import chosen
from smart_app.settings import PREFIX


def against_which(name: str | None) -> tuple[str, tuple[Model, ...]] | None:
    """Name and models of the choice `name`, else of SICKLEAVE_MODELS; None when the national figures answer.

    The national figures stand in every comparison anyway.

    Raises:
        ModelFileFault, ModelsDamaged: the choice is no sound set.
    """
    try:
        found = chosen(name)
    except ModelFileFault as wrong:
        what = f"--against {name}" if name else f"{PREFIX}MODELS"
        raise ModelFileFault(file=f"{what}: {wrong.file}", reason=wrong.reason) from wrong
    first = found[0]
    return (f"{first.id} {first.version}", found) if first.individual else None
