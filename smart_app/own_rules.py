"""What an installation proposes and asks by rules of its own: its catalogue, and the sensitive questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from risk.catalogue_folder import load_folder
from risk.columns import SENSITIVE
from risk.intervention_catalogue import Catalogue, load


@dataclass(frozen=True, slots=True)
class OwnRules:
    """The catalogue that proposes interventions, and whether country of birth and education are asked for."""

    catalogue: Catalogue = field(default_factory=load)
    ask_sensitive: bool = False

    def asks(self, column: str) -> bool:
        """Whether pages may ask for this column of a model."""
        return self.ask_sensitive or column not in SENSITIVE


@cache
def own_rules(folder: Path | None = None, specialty: str | None = None, *, ask_sensitive: bool = False) -> OwnRules:
    """The rules of one installation, read once, at start.

    Args:
        folder: own catalogue files laid over those that ship; None = those that ship.
        specialty: whose set in the folder to use.

    Raises:
        CatalogueFault: a file is wrong, or the specialty has none.
        OSError: the folder cannot be read.
    """
    if folder is None:
        return OwnRules(ask_sensitive=ask_sensitive)
    return OwnRules(load_folder(folder, specialty=specialty), ask_sensitive)


SHIPPED = OwnRules()
