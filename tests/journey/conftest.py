"""One line per module, or one for all that leave nothing behind: each test uses patients of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running_line import Line, running_line


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with running_line(tmp_path_factory.mktemp("line")) as made:
        yield made


@pytest.fixture(scope="session")
def shared_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """For modules that need no empty database and leave the EHR and the outbox as they were."""
    with running_line(tmp_path_factory.mktemp("shared")) as made:
        yield made
