"""What else a launch is about, all the way to the page: what cannot be read says nothing of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.practice_ehr.auth import token
from tests.unit.launch.test_launch_at_practice_ehr import EVA
from tests.unit.launch.test_launch_kept_forms import AMIR, Whole


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    made = Whole(tmp_path)
    yield made
    made.given.store.close()


def the_ehr_says(monkeypatch: pytest.MonkeyPatch, *items: dict[str, Any]) -> None:
    members = token.launch_members
    monkeypatch.setattr(token, "launch_members", lambda context: {**members(context), "fhirContext": list(items)})


def test_another_patients_visit_that_the_ehr_does_not_hand_out_is_passed_over(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_ehr_says(
        monkeypatch,
        {"reference": "Encounter/besok-anders-holmqvist-1", "role": "https://ehr.example/earlier"},
        {"reference": "Encounter/besok-anders-holmqvist-1"},
        {"reference": "Encounter/0"},
        {"reference": "Condition/not-there"},
        {"reference": "ImagingStudy/1"},
    )
    landed, page = whole.open(user=AMIR, patient=EVA)
    assert "Eva Sandström" in page
    assert whole.browser.get(landed).status_code == 200
