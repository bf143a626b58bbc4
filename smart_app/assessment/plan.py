"""Interventions as they are kept in a plan: a change of the catalogue does not change what somebody accepted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from risk.advice import Intervention


def plain(intervention: Intervention) -> dict[str, Any]:
    """The intervention as JSON values."""
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(intervention).items()
    }


def kept_intervention(kept: dict[str, Any]) -> Intervention:
    """The intervention back from JSON values."""
    days = {name: date.fromisoformat(kept[name]) for name in ("start", "due")}
    return Intervention(**{**kept, **days})
