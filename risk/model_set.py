"""A fitted set: one hazard model per diagnosis key, checked by its sums, read when first asked for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from risk.detail import Detail, detail
from risk.diagnoses import find_group
from risk.errors import ModelFileFault, NoDiagnosis, NoModel, WrongColumns
from risk.explain import Population, population
from risk.features import COLUMNS, Features
from risk.group_match import GroupMatch, MatchLevel
from risk.hazard_curve import HazardCurve
from risk.hazard_files import read_model
from risk.hazard_model import HazardModel
from risk.survival import FIRST_DAY
from risk.unknowns import person_curve

SET_FORM = "model-set/1"
SHIPPED = "simulated-2026"
Levels = tuple[int | None, ...]
_CURVES_KEPT = 4


@dataclass(frozen=True)
class ModelSet:
    """Fitted models that answer together as one `risk.survival.Model`; the patient counts.

    Attributes:
        id, version, name_sv, name_en, basis_sv, basis_en: as in `Model`.
        simulated, individual, reviewed: as in `Model`.
        folder: where set.json lies.
        listed: key -> its line in set.json (file, sha256, cases).
    """

    id: str
    version: str
    name_sv: str
    name_en: str
    basis_sv: str
    basis_en: str
    simulated: bool
    folder: Traversable
    listed: dict[str, dict[str, Any]]
    individual: bool = True
    reviewed: bool = True
    _read: dict[str, HazardModel] = field(default_factory=dict)
    _everyone: dict[str, Population] = field(default_factory=dict)
    _curves: dict[tuple[str, Levels], HazardCurve] = field(default_factory=dict)

    def match(self, diagnosis: str | None) -> GroupMatch:
        """The key that answers for a diagnosis: the longest beginning of the code that has a model.

        Raises:
            NoDiagnosis: none was coded.
            NoModel: no key begins the code; ask the next model.
        """
        if diagnosis is None:
            raise NoDiagnosis
        found = find_group(diagnosis, self.listed.keys())
        if found.level is MatchLevel.NATIONAL:
            raise NoModel(code=diagnosis)
        return found

    def cases(self, match: GroupMatch) -> int:
        """How many cases the key's model was fitted on."""
        return int(self.listed[match.key]["cases"])

    def model(self, key: str) -> HazardModel:
        """One key's model, checked against its sum.

        Raises:
            ModelFileFault: the file is missing, was changed, or is no model.
        """
        if key not in self._read:
            line = self.listed[key]
            raw = _bytes(self.folder, line["file"])
            if hashlib.sha256(raw).hexdigest() != line["sha256"]:
                raise ModelFileFault(file=line["file"], reason="changed since the set was made (sha256 differs)")
            self._read[key] = read_model(json.loads(raw), file=line["file"])
        return self._read[key]

    def everyone(self, key: str) -> Population:
        """All with the diagnosis together, prepared once."""
        if key not in self._everyone:
            self._everyone[key] = population(self.model(key))
        return self._everyone[key]

    def curve(self, features: Features) -> HazardCurve:
        """S(t | x), integrated over what is unknown.

        Raises:
            NoDiagnosis, NoModel: see `match`.
            WrongColumns: a column is missing, or one is none of ours.
            UnknownLevel: an answer that the model was not fitted on.
        """
        if not features.columns.keys() <= set(COLUMNS):
            raise WrongColumns(expected=COLUMNS, got=tuple(features.columns))
        key = self.match(features.diagnosis).key
        return self._person(key, self.model(key).levels(features.columns))

    def _person(self, key: str, levels: Levels) -> HazardCurve:
        """The latest curves are kept: figures, what stands around them and the page ask for the same one in turn."""
        found = self._curves.get((key, levels))
        if found is None:
            found = person_curve(self.model(key), levels)
            if len(self._curves) >= _CURVES_KEPT:
                self._curves.clear()
            self._curves[key, levels] = found
        return found

    def group_curve(self, match: GroupMatch) -> HazardCurve:
        """S(t) of everyone with the diagnosis key, by this set."""
        return self.everyone(match.key).curve

    def detail(self, features: Features, *, given_day: int, days: tuple[int, ...]) -> Detail | None:
        """What stands around the figures: intervals, contributions, open questions; None when no horizon is ahead."""
        match = self.match(features.diagnosis)
        model = self.model(match.key)
        levels = model.levels(features.columns)
        return detail(
            model,
            self.everyone(match.key),
            levels,
            self._person(match.key, levels),
            given_day=max(given_day, FIRST_DAY),
            days=days,
            simulated=self.simulated,
        )


def load_set(folder: Traversable) -> ModelSet:
    """A model set from its folder; the keys' files are read and checked when first asked for.

    Raises:
        ModelFileFault: set.json is missing or not of this form.
    """
    try:
        document = json.loads(_bytes(folder, "set.json"))
        if document["form"] != SET_FORM:
            raise ModelFileFault(file="set.json", reason=f"form {document['form']!r}, expected {SET_FORM!r}")
        return ModelSet(
            id=document["id"],
            version=document["version"],
            name_sv=document["name_sv"],
            name_en=document["name_en"],
            basis_sv=document["basis_sv"],
            basis_en=document["basis_en"],
            simulated=bool(document["simulated"]),
            folder=folder,
            listed=document["keys"],
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise ModelFileFault(file="set.json", reason=f"{type(wrong).__name__}: {wrong}") from wrong


@cache
def shipped_set() -> ModelSet:
    """The set that ships with the product: fitted on made-up cases, not for clinical use."""
    return load_set(files("risk") / "models" / SHIPPED)


def _bytes(folder: Traversable, name: str) -> bytes:
    if "/" in name or name.startswith("."):
        raise ModelFileFault(file=name, reason="a set's files lie in its own folder")
    try:
        return (folder / name).read_bytes()
    except OSError as missing:
        raise ModelFileFault(file=name, reason="cannot be read") from missing
