"""Folders for what is nobody else's business."""

from __future__ import annotations

from pathlib import Path


def private_folder(folder: Path) -> Path:
    """The folder, made when it is missing; it and every missing one above it are for this user alone (0700)."""
    for each in (*reversed(folder.parents), folder):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)
    return folder
