"""What the copies refuse."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class NoSuchRecord(Exception):
    """No such resource among the caller's; whether another unit has it is not told."""

    resource_type: str
    resource_id: str

    def __str__(self) -> str:
        return f"no {self.resource_type}/{self.resource_id} in this unit"


@dataclass
class NoIdentity(Exception):
    """A resource cannot be kept: it has no id, identifier or tag of ours."""

    resource_type: str

    def __str__(self) -> str:
        return f"{self.resource_type} carries no id to keep it under"
