"""Predictions are kept sealed, once per case and model version, and compared with later certificates by a verb."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select
from structlog.testing import capture_logs
from typer.testing import CliRunner

from risk.assess import assess
from risk.baseline import NATIONAL_2017
from risk.case import Person, Scope, ScopeKind, Sex
from risk.certificates_to_cases import cases, current
from smart_app import retention
from smart_app.assessment.tables import AssessmentRow, CaseAnswersRow
from smart_app.case_register.register import register_cases
from smart_app.cli.verbs import app
from smart_app.clock import SystemClock
from smart_app.follow_up.keep import keep_prediction
from smart_app.follow_up.tables import PredictionRow
from smart_app.sealing import Sealer
from smart_app.store.columns import new_id
from smart_app.store.database import Store, open_store
from smart_app.store.owner import Owner
from tests.worklist_desk import OTHER_UNIT, UNIT, a_certificate

KEY = bytes(range(32))
TODAY = SystemClock().today()
SCOPE = Scope(ScopeKind.PERMITTED)


def noon(on: date) -> datetime:
    return datetime.combine(on, time(12), UTC)


@dataclass
class Unit:
    """A unit that reads its patients on some days."""

    store: Store
    patients: dict[str, Any] = field(default_factory=dict)

    def read(
        self,
        patient: str,
        on: date,
        *,
        since: date,
        until: date,
        sex: Sex | None = Sex.FEMALE,
        owner: Owner = UNIT,
        version: str = "1",
        opinion: str | None = None,
        diagnosis: str = "M545",
    ) -> str:
        """Read a patient whose certificates cover `since` to `until`; the case's id."""
        certificate = a_certificate(since=since, until=until, diagnosis=diagnosis, id_=f"{patient}-{since}")
        with self.store.transaction() as session:
            registered = register_cases(session, owner, patient, cases((certificate,), scope=SCOPE), noon(on))
            case_id = registered.ids[-1]
            person = Person(sex=sex, birth_date=date(1980, 1, 1))
            case = current((certificate,), person=person, on=on, scope=SCOPE)
            if case is not None:
                model = replace(NATIONAL_2017, version=version)
                result = assess(case, models=(model,))
                keep_prediction(session, Sealer([KEY]), owner, case_id=case_id, case=case, result=result, now=noon(on))
                if opinion:
                    session.add(_assessment(owner, case_id, on, opinion))
            return case_id


def _assessment(owner: Owner, case_id: str, on: date, opinion: str) -> AssessmentRow:
    said = {"day": 1, "fingerprint": new_id(), "chart_fingerprint": "x", "versions": {}, "shares": {}}
    model = {"model_id": "national-2017", "model_version": "1"}
    about = {"id": new_id(), "case_id": case_id, "patient_reference": "Patient/x", "on": on, "made_at": noon(on)}
    return AssessmentRow(**owner.columns(), **said, **model, **about, opinion=opinion)


@pytest.fixture
def unit(settings_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Unit]:
    store = open_store(
        settings_of('[[issuer]]\nid = "one"\nname = "One"\nfhir_base = "https://ehr.example/fhir"\nclient_id = "us"\n')
    )
    monkeypatch.setenv("SICKLEAVE_MODELS", "national")
    yield Unit(store)
    store.close()


def follow_up(*words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["models", "follow-up", "--json", *words])
    return done.exit_code, json.loads(done.stdout)


def rows(session: Session) -> list[PredictionRow]:
    return list(session.exec(select(PredictionRow)))


def a_past_case(unit: Unit, name: str, length: int, **said: Any) -> str:
    """A case that began 200 days ago, was first read on its day 10, and was read again today."""
    since = TODAY - timedelta(days=200)
    until = since + timedelta(days=length - 1)
    unit.read(name, since + timedelta(days=9), since=since, until=max(until, since + timedelta(days=9)), **said)
    said.pop("opinion", None)
    return unit.read(name, TODAY, since=since, until=until, **said)


def test_the_first_prediction_is_kept_once_per_model_version_and_nobody_can_read_whose_it_is(unit: Unit) -> None:
    since = TODAY - timedelta(days=30)
    for day in (20, 10, 0):
        unit.read("Patient/anna", TODAY - timedelta(days=day), since=since, until=TODAY)
    unit.read("Patient/anna", TODAY, since=since, until=TODAY, version="2")
    with unit.store.reading() as session:
        kept = rows(session)
        stored = session.connection().execute(text("SELECT * FROM prediction")).all()
    assert [(row.model_version, row.on) for row in kept] == [("1", TODAY - timedelta(days=20)), ("2", TODAY)]
    for secret in ("anna", "M54", "Female", "40-49"):
        assert secret not in str(stored)


def test_cases_are_compared_with_what_came(unit: Unit) -> None:
    lengths = [20, 40, 60, 80, 100, 150, 200, 201, 201, 201]
    for number, length in enumerate(lengths):
        a_past_case(unit, f"Patient/{number}", length, sex=Sex.MALE if number % 2 else Sex.FEMALE)
    a_past_case(unit, "Patient/short", 12)
    code, found = follow_up()
    [model] = found["models"]
    assert (code, found["drift"], found["left_out"]) == (0, False, {})
    assert (model["id"], model["version"], model["predictions"], model["counted"]) == ("national-2017", "1", 11, 10)
    assert (model["ended_before"], model["not_followed_yet"]) == (1, 0)
    everyone = model["groups"][0]
    assert (everyone["by"], everyone["p90"]["ended"], everyone["p90"]["reached"]) == ("all", 4, 6)
    assert everyone["p90"]["observed"] == 0.6
    assert everyone["p90"]["expected"] == pytest.approx(7786 / 29328, abs=1e-3)
    assert everyone["p180"]["observed"] == 0.4
    assert (everyone["p365"]["observed"], everyone["p365"]["still_followed"]) == (None, 4)
    levels = {(row["by"], row["level"]): row for row in model["groups"]}
    assert levels["sex", "Male"]["p90"]["cases"] == 5
    assert levels["diagnosis", "M54"]["p90"]["cases"] == 10
    assert ("unit", UNIT.care_unit) in levels
    assert ("age", "40-49") in levels


def test_small_groups_say_nothing_and_do_not_betray_the_last_one(unit: Unit) -> None:
    for number in range(16):
        sex = Sex.MALE if number < 3 else Sex.FEMALE if number < 9 else None
        owner = OTHER_UNIT if number < 6 else UNIT
        a_past_case(unit, f"Patient/{number}", 60, sex=sex, owner=owner)
    _, found = follow_up()
    suppressed = {row["level"]: row["suppressed"] for row in found["models"][0]["groups"]}
    assert suppressed["Male"] is True
    assert suppressed["Female"] is True  # all less women would be men
    assert suppressed[UNIT.care_unit] is False
    _, found = follow_up("--unit", UNIT.care_unit)
    assert found["models"][0]["predictions"] == 10
    few = found["asked"]["unit"]
    assert few == UNIT.care_unit
    _, found = follow_up("--until", (TODAY - timedelta(days=300)).isoformat())
    assert found["models"] == []


def test_a_case_that_nobody_read_again_is_not_taken_for_ended(unit: Unit) -> None:
    since = TODAY - timedelta(days=200)
    for number in range(6):
        for day in (20, 40):
            unit.read(f"Patient/{number}", since + timedelta(days=day), since=since, until=since + timedelta(days=50))
    _, found = follow_up()
    [model] = found["models"]
    assert model["not_read_since"] == 6
    figures = model["groups"][0]["p90"]
    assert (figures["ended"], figures["still_followed"], figures["observed"]) == (0, 6, None)


def test_joined_and_withdrawn_cases_and_keys_that_are_gone(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    since = TODAY - timedelta(days=100)
    apart = [
        a_certificate(since=since, until=since + timedelta(days=20), id_="a"),
        a_certificate(since=since + timedelta(days=40), until=TODAY, id_="b"),
    ]
    between = a_certificate(since=since + timedelta(days=21), until=since + timedelta(days=39), id_="c")

    def read(certificates: list[Any], on: date) -> None:
        with unit.store.transaction() as session:
            spans = cases(tuple(certificates), scope=SCOPE)
            registered = register_cases(session, UNIT, "Patient/1", spans, noon(on))
            for span, case_id in zip(spans, registered.ids, strict=True):
                case = current(span.certificates, person=Person(), on=min(span.until, on), scope=SCOPE)
                assert case is not None
                result = assess(case, models=(NATIONAL_2017,))
                keep_prediction(
                    session, Sealer([KEY]), UNIT, case_id=case_id, case=case, result=result, now=noon(case.on)
                )

    read(apart, TODAY - timedelta(days=1))
    read([*apart, between], TODAY)
    unit.read("Patient/2", TODAY, since=since, until=TODAY)
    with unit.store.transaction() as session:
        register_cases(session, UNIT, "Patient/2", (), noon(TODAY))
    _, found = follow_up()
    assert found["left_out"] == {"joined": 1, "withdrawn": 1}
    assert found["models"][0]["predictions"] == 1
    monkeypatch.setenv("SICKLEAVE_SECRET_KEY", base64.b64encode(KEY[::-1]).decode())
    with capture_logs() as logs:
        code, found = follow_up()
    assert (code, found["left_out"]["unreadable"]) == (0, 1)
    assert [one["event"] for one in logs] == ["cannot_unseal"]


def test_the_physicians_view_counts_from_the_day_it_was_given(unit: Unit) -> None:
    for number in range(6):
        a_past_case(unit, f"Patient/h{number}", 60 + 30 * number, opinion="higher")
        a_past_case(unit, f"Patient/l{number}", 20, opinion="lower")
    _, found = follow_up()
    views = {row["level"]: row["p90"] for row in found["models"][0]["groups"] if row["by"] == "opinion"}
    assert views["higher"]["observed"] == pytest.approx(5 / 6, abs=1e-4)
    assert views["lower"]["observed"] == 0
    assert views["higher"]["ratio"][0] > 1


def test_a_late_view_is_not_credited_with_the_days_before_it(unit: Unit) -> None:
    for number in range(6):
        since = TODAY - timedelta(days=200)
        until = since + timedelta(days=84 if number % 2 else 150)
        for day in (9, 79, 200):
            said = "higher" if day == 79 else None
            unit.read(f"Patient/{number}", since + timedelta(days=day), since=since, until=until, opinion=said)
    _, found = follow_up()
    [view] = [row["p90"] for row in found["models"][0]["groups"] if row["by"] == "opinion"]
    assert (view["from_day"], view["observed"]) == (80, 0.5)
    assert view["expected"] > 0.8


def test_drift_is_said_in_words_with_exit_1_and_on_a_page(unit: Unit, tmp_path: Path) -> None:
    for number in range(60):
        a_past_case(unit, f"Patient/{number}", 17 + number % 3, diagnosis="F43")
    page = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["models", "follow-up", "--html", str(page), "--language", "sv"])
    assert done.exit_code == 1
    assert "Avvikelse: titta." in done.stdout
    assert "fler avslut än väntat" in done.stdout
    html = page.read_text(encoding="utf-8")
    assert "Avvikelse: titta." in html
    assert "http" not in html.replace("http-equiv", "")  # no outside assets
    done = CliRunner().invoke(app, ["models", "follow-up", "--since", "2026-02-01", "--until", "2026-01-01"])
    assert done.exit_code == 2


def test_answers_go_when_the_case_is_long_over_and_not_before(unit: Unit) -> None:
    old = TODAY - timedelta(days=1000)
    over = unit.read("Patient/over", old, since=old, until=TODAY - timedelta(days=401))
    runs = unit.read("Patient/runs", old, since=old, until=TODAY - timedelta(days=400))
    with unit.store.transaction() as session:
        for case_id in (over, runs):
            session.add(
                CaseAnswersRow(
                    **UNIT.columns(),
                    case_id=case_id,
                    patient_reference="Patient/x",
                    response_id=new_id(),
                    sealed_answers="sealed",
                    answered_by=None,
                    answered_at=noon(old),
                )
            )
    assert retention.purge(unit.store, noon(TODAY)) == {"case_answers": 1}
    with unit.store.reading() as session:
        assert [row.case_id for row in session.exec(select(CaseAnswersRow))] == [runs]
    assert retention.purge(unit.store, noon(TODAY + timedelta(days=3650))) == {"case_answers": 1, "prediction": 2}
