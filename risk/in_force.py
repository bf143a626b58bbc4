"""Which models answer, in order: the first that knows the diagnosis."""

from __future__ import annotations

from risk.baseline import NATIONAL_2017
from risk.survival import Model


def models_in_force() -> tuple[Model, ...]:
    """The models that give the figures of the product; the last answers for every diagnosis.

    To let the fitted set answer: `return (shipped_set(), CHAPTERS, NATIONAL_2017)` (risk.model_set, risk.chapters).
    """
    return (NATIONAL_2017,)
