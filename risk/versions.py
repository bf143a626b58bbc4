"""Versions that every stored result carries."""

from __future__ import annotations

MODEL_ID = "national-2017"
MODEL_VERSION = "1"
CATALOGUE = "2026.2"
RULES = "2026.2"
