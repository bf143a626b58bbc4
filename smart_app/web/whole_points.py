"""Contributions as whole points out of 100 that add up on the page; docs/decisions/011-reasons-add-up.md."""

from __future__ import annotations

import math
from collections.abc import Sequence

from smart_app.web.figures import whole

_NEAR = 1e-9


def whole_points(values: Sequence[float], share: float, group_share: float) -> tuple[int, ...]:
    """Parts of the difference between two shares, as whole points out of 100 whose sum is the difference shown.

    Args:
        values: contributions that sum to log(cumulative hazard of the person / of the diagnosis).
        share, group_share: of the person and of the diagnosis, 0-1.

    Returns:
        One number per value: its exact part rounded down or up, so that the sum is
        `whole(share) - whole(group_share)`; those with the largest remainder are rounded up.

    >>> whole_points((-0.3, -0.05, 0.1), 0.46, 0.37), whole(0.46) - whole(0.37)
    ((11, 2, -4), 9)
    """
    total = sum(values)
    rate = share * math.log(share) if abs(total) < _NEAR else (share - group_share) / total
    exact = [100 * rate * value for value in values]
    down = [math.floor(one) for one in exact]
    missing = whole(share) - whole(group_share) - sum(down)
    order = sorted(range(len(exact)), key=lambda i: (down[i] - exact[i], -abs(exact[i]), i))
    up = set(order[:missing])
    return tuple(one + (number in up) for number, one in enumerate(down))
