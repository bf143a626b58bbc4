"""Persons in words."""

from __future__ import annotations


def number_text(identifier: str | None) -> str | None:
    """A personal number as people write it; None when unknown.

    >>> number_text("191212121212")
    '19121212-1212'
    """
    return f"{identifier[:8]}-{identifier[8:]}" if identifier and len(identifier) == 12 else identifier
