"""Diagnoses, groups and scopes in words."""

from __future__ import annotations

from markupsafe import Markup

from risk.baseline import NATIONAL_2017
from risk.case import Scope
from risk.diagnoses import NATIONAL, GroupMatch, group_name
from risk.result import ModelInfo
from risk.survival import Model
from smart_app.assessment.given import Given
from smart_app.model_choice import ModelsDamaged
from smart_app.web.words import Words
from terminology.codes import icd_titles

NATIONAL_ID = NATIONAL_2017.id


def diagnosis_title(words: Words, code: str) -> str | None:
    """Title of the code, else of its three-character beginning; None when neither is shipped."""
    titles = icd_titles()
    found = titles.get(code) or titles.get(code[:4]) or titles.get(code[:3])
    return words.pick(found.title_sv, found.label_en) if found else None


def in_sentence(title: str) -> str:
    """A title inside a sentence: small first letter unless it is an abbreviation."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def group_text(words: Words, match: GroupMatch) -> Markup:
    """ "med lumbago (M54.5)", or "i landet" when no group answers."""
    if match.key == NATIONAL:
        return words("risk.group_national")
    return words("risk.group", name=words.pick(*group_name(match.key)))


def model_kind(model: ModelInfo | Model | None) -> str:
    """Which statement of limits holds: "national", "simulated", "own", or "any" when no model gave a figure."""
    if model is None:
        return "any"
    if model.simulated:
        return "simulated"
    return "national" if model.id.startswith(NATIONAL_ID) else "own"


def kind_in_force(given: Given) -> str:
    """`model_kind` of the models that answer today; "any" when they cannot be used."""
    try:
        return model_kind(given.models_on(given.clock.today())[0])
    except ModelsDamaged:
        return "any"


def scope_text(words: Words, scope: Scope) -> Markup:
    """Whose certificates are looked at."""
    return words(f"case.scope_{scope.kind.value.replace('-', '_')}")
