"""`sickleave assess` when the EHR cannot give every chart: one patient's trouble is not the unit's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import typer

from sandbox.practice_ehr import Quirks
from smart_app.assessment import unit
from smart_app.cli import assess
from smart_app.cli.output import WRONG_USE
from smart_app.ehr.errors import EhrBusy, EhrNonsense, EhrUnreachable
from smart_app.wiring import Services
from tests.unit.launch.launching import BASE
from tests.unit.launch.test_launch_at_practice_ehr import Pair

UNIT = "SE2321000016-1010"
NAMES = ("eva-sandstrom", "anders-holmqvist", "maria-ekdahl", "lars-wikander", "birgitta-norlund", "katarina-lundvall")
SIX = tuple(f"Patient/p-{name}" for name in NAMES)
NONSENSE, AWAY, BUSY = EhrNonsense("practice", "not-json"), EhrUnreachable("practice", "lost"), EhrBusy("p", 503, 9)


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    made = Pair(tmp_path, Quirks())

    @asynccontextmanager
    async def services() -> AsyncIterator[Services]:
        yield made.given

    monkeypatch.setattr(assess, "background_services", services)
    yield made
    made.given.store.close()


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({1: NONSENSE, 3: AWAY, 4: AWAY}, {"read": 3, "failed": 3, "stopped": None, "not_tried": 0}),
        ({2: AWAY, 3: AWAY, 4: AWAY}, {"read": 1, "failed": 2, "stopped": "EhrUnreachable", "not_tried": 3}),
        ({3: BUSY}, {"read": 2, "failed": 0, "stopped": "EhrBusy", "not_tried": 4}),
    ],
)
def test_what_one_chart_lacks_does_not_stop_the_others(
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    faults: dict[int, Exception],
    expected: dict[str, Any],
) -> None:
    whole, asked = unit.chart_of, []

    async def some(*given: Any) -> Any:
        asked.append(given)
        if len(asked) in faults:
            raise faults[len(asked)]
        return await whole(*given)

    async def six(*_: Any, **__: Any) -> tuple[str, ...]:
        return SIX

    monkeypatch.setattr(unit, "chart_of", some)
    monkeypatch.setattr(assess, "patients_of_unit", six)
    code = assess.run(ehr=BASE, patient=None, unit=UNIT, dry_run=True, as_json=True)
    said = capsys.readouterr().out
    found = json.loads(said[said.index("{\n") :])
    assert code == 1
    failed = len(found["failed"])
    told = {"read": found["patients"] - failed, "failed": failed}
    assert told | {name: found[name] for name in ("stopped", "not_tried")} == expected


def test_an_id_that_cannot_be_one_is_wrong_use(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ("../x", "1/_history/2", "a b", ""):
        with pytest.raises(typer.Exit) as ended:
            assess.run(ehr=BASE, patient=wrong, unit=None, dry_run=True, as_json=False)
        assert ended.value.exit_code == WRONG_USE
        assert "--patient must be the id of a Patient" in capsys.readouterr().err
