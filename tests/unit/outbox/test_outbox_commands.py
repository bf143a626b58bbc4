"""`sickleave outbox list | retry`: what operations see first is what needs them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from smart_app.cli.verbs.outbox import outbox
from smart_app.store.database import open_store
from tests.fake_ehr import BASE, Trouble
from tests.outbox_desk import PATIENT, Desk, Ids, assessment_write

ISSUERS = f'[[issuer]]\nid = "demo"\nname = "Demo"\nfhir_base = "{BASE}"\nclient_id = "us"\nauth = "public"\n'
Call = Callable[..., Result]


@pytest.fixture
def desk(settings_of: Callable[[str], str]) -> Iterator[Desk]:
    opened = Desk(open_store(settings_of(ISSUERS)))
    yield opened
    opened.store.close()


@pytest.fixture
def call(desk: Desk) -> Call:
    return lambda *arguments: CliRunner().invoke(outbox, list(arguments))


@pytest.fixture
def three(desk: Desk) -> tuple[int, int, int]:
    """One delivered, one refused, one waiting."""
    numbers = []
    for trouble in (None, Trouble("before", status=422), Trouble("before", status=429)):
        desk.ehr.troubles = [trouble]
        numbers.append(desk.put_in(desk.new_case(), *assessment_write(Ids())))
        desk.deliver()
    return numbers[0], numbers[1], numbers[2]


def test_open_ones_are_listed_and_all_when_asked(call: Call, three: tuple[int, int, int]) -> None:
    delivered, refused, waiting = three
    assert [line["id"] for line in json.loads(call("list", "--json").stdout)] == [waiting, refused]
    assert [line["id"] for line in json.loads(call("list", "--all", "--json").stdout)] == [waiting, refused, delivered]
    assert json.loads(call("list", "--issuer", "another", "--json").stdout) == []


def test_a_line_says_what_stopped_it_and_names_no_patient(call: Call, three: tuple[int, int, int]) -> None:
    said = call("list").stdout
    assert "parked" in said
    assert "ehr-refused: The journal system did not accept this." in said
    assert "step=transaction(capability)" in said
    assert "next=2026-11-22T13:" in said  # in Swedish time
    assert PATIENT not in said


def test_an_empty_list_says_so(call: Call, desk: Desk) -> None:
    assert call("list").stdout.startswith("Nothing waits and nothing is refused")


def test_one_is_put_back_and_all_that_one_fault_stopped(call: Call, desk: Desk, three: tuple[int, int, int]) -> None:
    assert call("retry", str(three[1])).exit_code == 0
    assert call("retry", str(three[1])).exit_code == 1
    desk.clock.instant = datetime.now(UTC) + timedelta(minutes=1)  # the command goes by the real clock
    desk.ehr.troubles = [Trouble("before", status=422)] * 2
    desk.deliver()
    answered = call("retry", "--issuer", "demo", "--fault", "ehr-refused", "--json")
    assert json.loads(answered.stdout) == {"put_back": 2}
    desk.wait(minutes=1)
    desk.ehr.troubles.clear()
    assert desk.deliver().delivered == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["retry"],
        ["retry", "--issuer", "demo"],
        ["retry", "1", "--issuer", "demo", "--fault", "ehr-refused"],
        ["retry", "--issuer", "demo", "--fault", "made-up"],
        ["retry", "--issuer", "another", "--fault", "ehr-refused"],
    ],
)
def test_wrong_use_ends_with_two_and_says_why(call: Call, arguments: list[str]) -> None:
    answered = call(*arguments)
    assert answered.exit_code == 2
    assert answered.stderr
