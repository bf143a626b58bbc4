"""The baseline model: the national survival of the diagnosis group, the same for everyone in it."""

from __future__ import annotations

from dataclasses import dataclass

from risk.diagnoses import GroupMatch, find_group
from risk.features import Features
from risk.statistics import YEAR, national_figures
from risk.survival import Curve
from risk.versions import MODEL_ID, MODEL_VERSION


@dataclass(frozen=True, slots=True)
class NationalModel:
    """S(t | x) where of x only the diagnosis counts."""

    id: str = MODEL_ID
    version: str = MODEL_VERSION
    name_sv: str = f"Nationella siffror {YEAR}"
    name_en: str = f"National figures {YEAR}"
    basis_sv: str = f"Försäkringskassans siffror för alla sjukfall över 14 dagar som började {YEAR}, per diagnosgrupp."
    basis_en: str = f"The Social Insurance Agency's figures for all cases over 14 days begun in {YEAR}, by diagnosis."
    simulated: bool = False
    individual: bool = False
    reviewed: bool = True

    def match(self, diagnosis: str | None) -> GroupMatch:
        """The group that answers for a diagnosis.

        Raises:
            NoDiagnosis: none was coded.
        """
        return find_group(diagnosis)

    def curve(self, features: Features) -> Curve:
        """The group's curve.

        Raises:
            NoDiagnosis: none was coded.
        """
        return self.group_curve(find_group(features.diagnosis))

    def group_curve(self, match: GroupMatch) -> Curve:
        """S(t) of everyone in the group."""
        return national_figures()[match.key].curve

    def cases(self, match: GroupMatch) -> int:
        """How many cases the group's figures rest on."""
        return national_figures()[match.key].cases


NATIONAL_2017 = NationalModel()
