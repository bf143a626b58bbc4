"""Questions, answers and contributions in words, Swedish and English."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from risk.columns import LEVELS
from risk.errors import CatalogueFault
from risk.explain import UNANSWERED, Contribution
from risk.packaged import packaged_toml
from risk.result import Reason

_FILE = "rules/answers_in_words.toml"
_LITTLE, _SOME, _MUCH = 0.03, 0.12, 0.35


def question(column: str) -> Reason:
    """A question in words."""
    return Reason(_words()[column]["sv"], _words()[column]["en"])


def answer(column: str, level: str) -> Reason:
    """An answer in words.

    >>> answer("SA_SyssStart_fct", "unemp").en
    'Job seeker'
    """
    sv, en = _words()[column]["levels"][level]
    return Reason(sv, en)


def contribution(row: Contribution) -> Reason:
    """One row of the explanation: the answer, and which way and how much it moves the figure against the diagnosis.

    >>> contribution(Contribution("SA_SyssStart_fct", "unemp", -0.4)).en
    'Job seeker: stays much longer'
    """
    if row.column == UNANSWERED or row.level is None:
        said = Reason("Obesvarade frågor tillsammans", "Unanswered questions together")
    else:
        said = answer(row.column, row.level)
    size = abs(row.value)
    if size < _LITTLE:
        return Reason(f"{said.sv}: gör nästan ingen skillnad", f"{said.en}: makes almost no difference")
    sv, en = ("lite ", "a little ") if size < _SOME else (("mycket ", "much ") if size >= _MUCH else ("", ""))
    way = ("längre", "longer") if row.prolongs else ("kortare", "shorter")
    return Reason(f"{said.sv}: {sv}{way[0]} sjukskrivning", f"{said.en}: stays {en}{way[1]}")


def weightiest(rows: Sequence[Contribution], count: int = 3) -> tuple[Contribution, ...]:
    """The rows that move the figure most, the weightiest first; those that hardly do are left out."""
    ordered = sorted(rows, key=lambda row: -abs(row.value))
    return tuple(row for row in ordered if abs(row.value) >= _LITTLE)[:count]


@cache
def _words() -> dict[str, Any]:
    listed = packaged_toml(_FILE)
    for column, levels in LEVELS.items():
        if set(listed.get(column, {}).get("levels", {})) != set(levels):
            raise CatalogueFault(file=_FILE, key=column, reason="not every answer has words")
    return listed
