"""The models that answer today, by the setting or by name, to measure others against."""

from __future__ import annotations

import os
from collections.abc import Sequence

from risk.survival import Model
from smart_app.model_choice import NATIONAL, chosen_models


def against_which(name: str | None) -> tuple[str, Sequence[Model]] | None:
    """Name and models of the choice `name`, else of SICKLEAVE_MODELS; None when the national figures answer.

    The national figures stand in every comparison anyway.

    Raises:
        ModelFileFault: the choice is no sound set.
    """
    found = chosen_models(name or os.environ.get("SICKLEAVE_MODELS") or NATIONAL)
    first = found[0]
    return (f"{first.id} {first.version}", found) if first.individual else None
