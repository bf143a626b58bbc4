"""Encounters as a record system may have them, and as it may not."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mapping.read.encounter import read_encounters


@pytest.mark.parametrize("status", [[], {}, [{}], 5, None, ""])
def test_status_of_a_kind_that_it_may_not_have_is_none(status: Any) -> None:
    (view,) = read_encounters([{"resourceType": "Encounter", "id": "e", "status": status}])
    assert view.status is None or isinstance(view.status, str)
