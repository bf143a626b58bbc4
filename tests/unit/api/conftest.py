"""Fixtures of the tests of our own FHIR API, audit and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worklist_desk import Desk, a_quick_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty worklist on SQLite."""
    made = a_quick_desk(tmp_path)
    yield made
    made.store.close()
