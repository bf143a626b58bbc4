"""What is said of a follow-up, in sentences of words.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

Texts = Mapping[str, str]


@cache
def texts(language: str) -> Texts:
    """All words in "sv" or "en"."""
    read = tomllib.loads((files("smart_app.follow_up") / "words.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = read[language]
    return found


def asked(found: Mapping[str, Any], say: Texts) -> str:
    """What was asked for, in words."""
    terms = found["asked"]
    return say["asked"].format(
        since=terms["since"] or say["first"],
        until=terms["until"] or say["now"],
        unit=terms["unit"] or say["all_units"],
        on=found["on"],
        rules=found["rules"],
    )


def in_a_word(found: Mapping[str, Any], language: str) -> str:
    """Whether somebody must look, and at what."""
    say = texts(language)
    if not found["models"]:
        return say["none"]
    spoken = [
        say["alarm"].format(
            at=f"{model['id']} {model['version']}, {one['at']}",
            rule=one[language],
            way=say["more" if one["more_ends"] else "fewer"],
        )
        for model in found["models"]
        for one in model["alarms"]
    ]
    return say["drift"].format(said=" ".join(spoken)) if spoken else say["no_drift"]


def left_out(counts: Mapping[str, int], say: Texts) -> str:
    """What was not counted, in words."""
    return say["left_out"].format(said=", ".join(say[why].format(n=n) for why, n in sorted(counts.items())))


def group_name(row: Mapping[str, Any], say: Texts) -> str:
    """ "sex: woman", or "all"."""
    level = say.get(row["level"], row["level"])
    return f"{say[row['by']]}: {level}" if row["level"] else say["all"]


def interval(value: Sequence[float] | None) -> str:
    """ "1.07 (0.98-1.16)"; nothing when unknown."""
    return "" if value is None else f"{value[0]:.2f} ({value[1]:.2f}\N{EN DASH}{value[2]:.2f})"
