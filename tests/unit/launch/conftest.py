"""Fixtures of the launch's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.launch.launching import Scene, a_scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """The service, an EHR that lies as the test wishes, and a browser."""
    return a_scene(tmp_path)
