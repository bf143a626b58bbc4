"""Which models give the figures: chosen by name, once, at start."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from risk.baseline import NATIONAL_2017
from risk.chapters import CHAPTERS
from risk.model_set import SHIPPED, ModelSet, load_set, shipped_set
from risk.survival import Model

Models = tuple[Model, ...]
NATIONAL = "national"


@cache
def chosen_models(name: str = NATIONAL) -> Models:
    """The models of one installation, in the order in which they are asked; the last answers for every diagnosis.

    Args:
        name: "national", the id of the set that ships, or the folder of a model set.

    Raises:
        ModelFileFault: no set there, or one of its files is missing, changed, or no model.
    """
    if name == NATIONAL:
        return (NATIONAL_2017,)
    return (shipped_set() if name == SHIPPED else _whole(Path(name)), CHAPTERS, NATIONAL_2017)


def _whole(folder: Path) -> ModelSet:
    """A set with every file of it read, so that a damaged one is found at start and not at a patient."""
    found = load_set(folder)
    for key in found.listed:
        found.model(key)
    return found
