"""What a model may know of a case; None means unknown and stays so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Features:
    """Inputs of a model for one case, named and levelled as in the national risk tool's ten questions.

    Attributes:
        diagnosis: ICD-10-SE without dot; None when none was coded.
        columns: name -> level (e.g. {"Sex": "Female", "age_cat_fct": "40-49"}); None = unknown.
    """

    diagnosis: str | None
    columns: dict[str, str | None]
