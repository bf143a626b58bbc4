"""What a launch keeps sealed in its row: secrets while it starts, tokens while it is open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from smart_app.launch.errors import LaunchClosed
from smart_app.launch.ground import Ground
from smart_app.launch.tables import LaunchRow
from smart_app.sealing import CannotUnseal

PURPOSE, COLUMN = "launch", "sealed"


def seal(ground: Ground, launch_id: str, secrets: Mapping[str, object]) -> str:
    """`secrets` sealed for that launch's row."""
    return ground.sealer.seal(PURPOSE, launch_id, COLUMN, orjson.dumps(secrets))


def unseal(ground: Ground, row: LaunchRow) -> dict[str, Any]:
    """The secrets of a launch; empty once it is closed. Raises LaunchClosed: no key in SECRET_KEY opens them."""
    if row.sealed is None:
        return {}
    try:
        found: dict[str, Any] = orjson.loads(ground.sealer.unseal(PURPOSE, row.id, COLUMN, row.sealed))
    except CannotUnseal:
        raise LaunchClosed("key-lost") from None
    return found
