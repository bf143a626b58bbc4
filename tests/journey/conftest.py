"""One line per module: EHR and service are started once, each test uses patients of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running_line import Line, running_line


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with running_line(tmp_path_factory.mktemp("line")) as made:
        yield made
