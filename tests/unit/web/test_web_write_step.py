"""The page and the worklist say how a write went: both take these rows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from smart_app.outbox.states import Said, WriteState
from smart_app.web.plan_card import state_rows
from smart_app.web.words import words

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "step", "swedish", "english", "entry"),
    [
        ("written", "transaction", "skrevs", "written", None),
        ("written", "put", "en sak i taget", "one thing at a time", None),
        ("written", "document", "som ett dokument", "as one document", None),
        ("kept", "export", "inte i journalen. Journalsystemet tar inte emot", "not in the record. The journal", "7"),
    ],
)
def test_the_step_is_said_in_both_languages(
    state: Said, step: str, swedish: str, english: str, entry: str | None
) -> None:
    fault = "export-only" if state == "kept" else None
    one = WriteState("plan", state, AT, None, fault, 7, None, step)
    for said, text in ((words("sv"), swedish), (words("en"), english)):
        (row,) = state_rows(said, [one], date(2026, 11, 22))
        assert text in str(row.text)
        assert row.entry == entry


def test_a_refused_whole_is_said_beside_the_parts() -> None:
    one = WriteState("plan", "written", AT, None, None, 7, None, "put", "refused")
    for said, text in ((words("sv"), "tog inte emot allt på en gång"), (words("en"), "did not accept all at once")):
        (row,) = state_rows(said, [one], date(2026, 11, 22))
        assert text in str(row.text)
