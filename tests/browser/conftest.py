"""A running demo for the tests in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.running_demo import Demo, running_demo


@pytest.fixture(scope="module")
def demo(chromium: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Practice EHR and service, launched and filled; only where there is a browser to look with."""
    folder: Path = tmp_path_factory.mktemp("demo")
    with running_demo(folder) as running:
        yield running
