"""What a launch keeps sealed in its row: secrets while it starts, tokens while it is open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from smart_app.launch.ground import Ground
from smart_app.launch.tables import LaunchRow

PURPOSE, COLUMN = "launch", "sealed"


def seal(ground: Ground, launch_id: str, secrets: Mapping[str, object]) -> str:
    """`secrets` sealed for that launch's row."""
    return ground.sealer.seal(PURPOSE, launch_id, COLUMN, orjson.dumps(secrets))


def unseal(ground: Ground, row: LaunchRow) -> dict[str, Any]:
    """The secrets of a launch; empty once it is closed."""
    if row.sealed is None:
        return {}
    found: dict[str, Any] = orjson.loads(ground.sealer.unseal(PURPOSE, row.id, COLUMN, row.sealed))
    return found
