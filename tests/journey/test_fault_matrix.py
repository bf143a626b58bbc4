"""Every fault of the practice EHR, one by one: what the user sees, where the write stands, what is kept, what leaks."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.practice_ehr.faults.table import FAULTS
from tests.journey.fault_row import KEPT_OFF, KINDS, Matrix, Row
from tests.running_line import running_line

TABLE = tomllib.loads(Path(__file__).with_name("fault_matrix.toml").read_text("utf-8"))
ENGLISH = TABLE.pop("english")
ROWS = {
    name: Row(name, **row, english=ENGLISH.get(row["said"], row["said"].replace("kod:", "code:")))
    for name, row in TABLE.items()
}
SETTINGS = {"SICKLEAVE_INLINE_OUTBOX": "0", "SICKLEAVE_EHR_TIMEOUT_S": "1"}
PER_CASE = ("CarePlan", "Task", "Procedure")


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with (
        running_line(tmp_path_factory.mktemp("faults"), settings=SETTINGS, faults=(KEPT_OFF,)) as line,
        asyncio.Runner() as runner,
    ):
        line.tab(patient="p-eva-sandstrom")  # the first launch fetches keys and is slower than the short timeout likes
        yield Matrix(line, runner)


def test_every_fault_has_a_row_in_both_languages_and_every_row_a_fault() -> None:
    assert set(ROWS) == set(FAULTS)
    assert set(ENGLISH) == {row.said for row in ROWS.values() if "kod:" not in row.said}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_as_the_row_says(matrix: Matrix, name: str) -> None:
    row = ROWS[name]
    seen = matrix.run(row)
    assert (seen.status, seen.outbox, seen.later) == (row.status, row.outbox, row.later), seen.said[-600:]
    assert row.said
    assert row.said in seen.said
    assert seen.english[0] == row.status
    assert row.english in seen.english[1], seen.english[1][-600:]
    once = min(row.assessments, 1)
    expected = {kind: once if kind in PER_CASE else row.assessments for kind in KINDS}
    assert seen.kept == expected
    assert seen.strayed == 0, "a request went to an origin that nobody approved"
    assert not seen.leaked, "a token or a patient's datum is in a log or on a page of refusal"
