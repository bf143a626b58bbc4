"""What is said when somebody asks too often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class TooManyRequests(Exception):
    """The minute's share is used up; nothing was done. `kind` is an entry of limits.toml."""

    kind: str
    retry_after_s: int
