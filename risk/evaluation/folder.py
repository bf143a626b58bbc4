"""An evaluation as files: evaluation.json, report.html, a card per diagnosis."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from risk.evaluation.card import cards
from risk.evaluation.report import report
from risk.model_set import ModelSet

EVALUATION, REPORT, CARDS = "evaluation.json", "report.html", "cards"


def write_evaluation(folder: Path, models: ModelSet, found: Mapping[str, Any]) -> None:
    """Write all three into the folder of the set."""
    (folder / EVALUATION).write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / REPORT).write_text(report(found), encoding="utf-8")
    write_cards(folder / CARDS, models, found)


def write_cards(folder: Path, models: ModelSet, found: Mapping[str, Any]) -> None:
    """Write README.md and one Markdown card per diagnosis."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in cards(models, found).items():
        (folder / name).write_text(text, encoding="utf-8")
