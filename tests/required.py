"""Parts of the machine that a test may need, and what happens where one is missing: a skip with its name, or a failure.

REQUIRE=postgres,hapi,chromium (environment) turns a skip of those parts into a failure.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

PARTS = ("postgres", "hapi", "chromium")


def required_parts() -> frozenset[str]:
    """The parts that must be there in this run.

    Raises:
        pytest.UsageError: REQUIRE names something that is not a part.
    """
    named = frozenset(part.strip() for part in os.environ.get("REQUIRE", "").split(",") if part.strip())
    if unknown := named - set(PARTS):
        raise pytest.UsageError(f"REQUIRE={','.join(sorted(unknown))} is unknown; the parts are {', '.join(PARTS)}")
    return named


def missing(part: str, why: str) -> NoReturn:
    """Ends the test: skipped with the part's name, failed when the part is required."""
    if part in required_parts():
        pytest.fail(f"{part} is required and missing: {why}", pytrace=False)
    pytest.skip(f"needs {part}: {why}")
