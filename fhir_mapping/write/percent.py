"""Shares leave the code as percent here, and nowhere else."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_TENTH = Decimal("0.1")
_HUNDREDTH = Decimal("0.01")


def percent(share: float) -> float:
    """R4's probabilityDecimal: percent, 0-100, one decimal, half upwards.

    Args:
        share: 0-1.

    Raises:
        ValueError: it is no share; a percentage given by mistake stops here.

    >>> percent(0.3745), percent(0.5), percent(1)
    (37.5, 50.0, 100.0)
    """
    if not 0 <= share <= 1:
        raise ValueError("a share lies between 0 and 1")
    return float((Decimal(repr(float(share))) * 100).quantize(_TENTH, ROUND_HALF_UP))


def relative_risk(share: float, group_share: float | None) -> float | None:
    """How many times the group's risk, two decimals; None when the group's is unknown or zero.

    >>> relative_risk(0.45, 0.3), relative_risk(0.45, None)
    (1.5, None)
    """
    if not group_share:
        return None
    ratio = Decimal(repr(float(share))) / Decimal(repr(float(group_share)))
    return float(ratio.quantize(_HUNDREDTH, ROUND_HALF_UP))
