"""Which models answer: named in the settings, by day, and never silently others than those chosen."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from typer.testing import CliRunner

import risk.model_set
from risk.assess import assess
from risk.model_set import shipped_set
from risk.training.export import write_set
from smart_app.app import build_app
from smart_app.cli.verbs import app
from smart_app.clock import FixedClock, SystemClock
from smart_app.model_choice import ModelsDamaged, choose
from smart_app.settings import Settings, WrongSettings, models_setting, read_settings
from tests.unit.test_risk_fitted_assess import case_on
from tests.worklist_desk import a_desk, a_patient

TODAY = SystemClock().today()
LATER = TODAY + timedelta(days=10)


def sickleave(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.output


def a_set(folder: Path, name: str, *, simulated: bool = False) -> Path:
    about: dict[str, str | bool] = {"id": name, "version": "1", "simulated": simulated}
    about |= dict.fromkeys(("name_sv", "name_en", "basis_sv", "basis_en"), name)
    write_set(folder / name, {"F32": shipped_set().model("F32")}, about=about, made={})
    return folder / name


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which set "one" answers from today and "two" from ten days on, chosen in the environment."""
    folder = tmp_path / "kept"
    for name, since in (("one", TODAY), ("two", LATER)):
        assert (
            sickleave("models", "import", str(a_set(tmp_path, name)), "--by", "anna", "--folder", str(folder))[0] == 0
        )
        words = ("models", "activate", name, "1", "--by", "bo", "--from", since.isoformat(), "--folder", str(folder))
        assert sickleave(*words)[0] == 0
    monkeypatch.setenv("SICKLEAVE_MODELS", str(folder))
    return folder


def first(folder: Path, on: date) -> str:
    return choose(str(folder)).on(on)[0].id


def test_names() -> None:
    assert models_setting({}) == "simulated-2026"
    assert [one.id for one in choose().on(TODAY)] == ["simulated-2026", "national-2017-chapters", "national-2017"]
    assert [one.id for one in choose("national").on(TODAY)] == ["national-2017"]


def test_a_register_is_followed_by_day_and_while_running(kept: Path, tmp_path: Path) -> None:
    running = choose(str(kept))
    assert [running.on(day)[0].id for day in (TODAY, LATER - timedelta(days=1), LATER)] == ["one", "one", "two"]
    assert running.on(TODAY)[0] is running.on(TODAY)[0]  # loaded once
    assert sickleave("models", "rollback", "--by", "bo", "--set", "two", "1")[0] == 0
    assert running.on(LATER)[0].id == "one"
    assert sickleave("models", "import", str(a_set(tmp_path, "three")), "--by", "anna")[0] == 0
    assert running.on(TODAY)[0].id == "one"
    assert sickleave("models", "activate", "three", "1", "--by", "bo")[0] == 0
    assert running.on(TODAY)[0].id == "three"
    assert sickleave("models", "rollback", "--by", "bo")[0] == 0
    assert sickleave("models", "rollback", "--by", "bo")[0] == 0
    assert [one.id for one in running.on(TODAY)] == ["national-2017"]
    assert sickleave("models", "rollback", "--by", "bo", "--set", "two", "1") == (
        1,
        "two 1 is not in force and will not be\n",
    )


def test_every_verb_takes_the_set_in_force(kept: Path) -> None:
    code, said = sickleave("risk", "--diagnosis", "F32", "--sex", "female", "--json")
    assert (code, json.loads(said)["model"]["id"]) == (0, "one")
    code, said = sickleave("models", "list", "--json")
    listed = {one["id"]: one for one in json.loads(said)}
    assert {name: one["in_force"] for name, one in listed.items()} == {
        "one": True,
        "two": False,
        "national-2017-chapters": True,
        "national-2017": True,
        "simulated-2026": False,
    }
    assert [(one["step"], one["by"]) for one in listed["two"]["steps"]] == [("imported", "anna"), ("activated", "bo")]
    assert listed["one"]["since"] == TODAY.isoformat()


def spoil(folder: Path, how: str) -> None:
    if how == "a model changed":
        path = folder / "one-1" / "F32.json"
        path.write_bytes(path.read_bytes().replace(b"15", b"16", 1))
    elif how == "a model and its sum changed":
        path = folder / "one-1"
        shutil.rmtree(path)
        other = a_set(folder.parent / "again", "one", simulated=True)
        shutil.copytree(other, path)
    elif how == "a file gone":
        (folder / "one-1" / "F32.json").unlink()
    elif how == "the set gone":
        shutil.rmtree(folder / "one-1")
    elif how == "register broken":
        (folder / "register.json").write_text('[{"step": "activated"', encoding="utf-8")
    elif how == "a register that is none":
        (folder / "register.json").write_text('[{"step": "perhaps", "model_set": "one"}]', encoding="utf-8")
    elif how == "never imported":
        events = json.loads((folder / "register.json").read_text(encoding="utf-8"))
        (folder / "register.json").write_text(json.dumps(events[1:]), encoding="utf-8")


SPOILT = (
    "a model changed",
    "a model and its sum changed",
    "a file gone",
    "the set gone",
    "register broken",
    "a register that is none",
    "never imported",
)


@pytest.mark.parametrize("how", SPOILT)
def test_a_damaged_set_is_never_another_one(kept: Path, how: str) -> None:
    spoil(kept, how)
    with pytest.raises(ModelsDamaged):
        choose(str(kept)).on(TODAY)
    with pytest.raises(WrongSettings) as told:
        read_settings({"SICKLEAVE_MODELS": str(kept), "SICKLEAVE_INLINE_OUTBOX": "yes"})
    [fault] = [one for one in told.value.faults if one.startswith("SICKLEAVE_MODELS")]
    assert "is damaged and nothing else may answer" in fault
    assert len(told.value.faults) > 1  # told with all that is wrong
    code, said = sickleave("risk", "--diagnosis", "F32")
    assert code == 1
    assert said.startswith("SICKLEAVE_MODELS: ")
    assert sickleave("models", "list")[0] == 1


def test_a_set_that_is_loaded_outlives_a_register_that_is_gone_for_nobody(kept: Path) -> None:
    running = choose(str(kept))
    assert running.on(TODAY)[0].id == "one"
    (kept / "register.json").unlink()
    with pytest.raises(ModelsDamaged, match=r"register\.json: cannot be read"):
        running.on(TODAY)


def test_a_set_outside_a_register_needs_a_word_of_its_own_and_is_told_everywhere(tmp_path: Path) -> None:
    folder = str(a_set(tmp_path, "alone"))
    for allowed, faults in ((None, 1), ("0", 1), ("yes", 2), ("1", 0)):
        given = {"SICKLEAVE_MODELS": folder} | ({"SICKLEAVE_MODELS_UNREVIEWED": allowed} if allowed else {})
        with pytest.raises(WrongSettings) as told:  # the other settings are missing
            read_settings(given)
        assert sum(one.startswith("SICKLEAVE_MODELS") for one in told.value.faults) == faults, allowed
    desk = a_desk(f"sqlite:///{tmp_path / 'one.db'}")
    settings = Settings("https://app.example", "sqlite://", (bytes(range(32)),), models=folder, inline_outbox=False)
    with structlog.testing.capture_logs() as logs, TestClient(build_app(settings, store=desk.store)) as http:
        ready = http.get("/health/ready").json()
    assert (ready["models"], ready["models_reviewed"]) == ("alone 1", False)
    assert [one["model_set"] for one in logs if one["event"] == "models_not_reviewed"] == ["alone"]
    on_page = assess(case_on(20, "F32"), models=choose(folder).on(TODAY)).limits
    assert "Nobody but whoever installed the model has approved it." in [one.en for one in on_page]


def test_what_ships_and_what_somebody_else_activated_is_reviewed(kept: Path) -> None:
    for name in ("national", "simulated-2026", str(kept)):
        assert all(one.reviewed for one in choose(name).on(TODAY))


@pytest.mark.parametrize("value", ["nowhere", "file", "empty"])
def test_a_value_that_names_nothing(tmp_path: Path, value: str) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    with pytest.raises(WrongSettings) as told:
        read_settings({"SICKLEAVE_MODELS": str(tmp_path / value)})
    assert (
        sum(f"{value}' is neither national, simulated-2026, the folder of a" in one for one in told.value.faults) == 1
    )


def served(tmp_path: Path, models: str, *, demo: bool = False) -> tuple[list[Any], dict[str, Any], int]:
    desk = a_desk(f"sqlite:///{tmp_path / 'one.db'}")
    secret = (bytes(range(32)),)
    settings = Settings("https://app.example", "sqlite://", secret, models=models, demo=demo, inline_outbox=False)
    clock = FixedClock(datetime.now(UTC))
    with (
        structlog.testing.capture_logs() as logs,
        TestClient(build_app(settings, store=desk.store, clock=clock)) as http,
    ):
        answer = http.get("/health/ready")
    return [one for one in logs if one["event"] == "models_not_for_care"], answer.json(), answer.status_code


def test_the_service_says_at_start_that_made_up_cases_are_not_for_care(kept: Path, tmp_path: Path) -> None:
    [warned], ready, status = served(tmp_path, "simulated-2026")
    assert (warned["log_level"], status, ready["models"]) == ("warning", 200, "simulated-2026 1")
    assert "national" in warned["why"]
    assert (
        served(tmp_path, "simulated-2026", demo=True)[0]
        == served(tmp_path, "national")[0]
        == served(tmp_path, str(kept))[0]
        == []
    )


def test_damage_that_comes_while_running_is_told_by_health_and_page(kept: Path, tmp_path: Path) -> None:
    settings = Settings("https://app.example", "sqlite://", (bytes(range(32)),), models=str(kept), inline_outbox=False)
    clock = FixedClock(datetime.now(UTC))
    with TestClient(build_app(settings, store=a_desk(f"sqlite:///{tmp_path / 'one.db'}").store, clock=clock)) as http:
        assert http.get("/health/ready").json()["models"] == "one 1"
        clock.instant += timedelta(days=10)
        (kept / "two-1" / "F32.json").unlink()
        ready = http.get("/health/ready")
        assert (ready.status_code, ready.headers["Retry-After"]) == (503, "10")
        assert ready.json()["models"] == "two 1: F32.json: cannot be read"
        assert http.get("/").status_code == 200
        page = http.get("/limits", headers={"Accept-Language": "en"})
        assert page.status_code == 503
        assert "(two 1)" in page.text
        assert "no figures are shown" in page.text


def test_what_the_ongoing_cases_need_is_prepared_at_start_and_when_other_models_come_into_force(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[int] = []

    def prepared_after_a_while(wanted: int) -> int:
        for _ in range(500):
            if len(prepared) >= wanted:
                break
            time.sleep(0.02)
        time.sleep(0.1)
        return len(prepared)

    monkeypatch.setattr("smart_app.assessment.warm_models.LOOK_AGAIN_S", 0.02)
    whole = risk.model_set.population
    monkeypatch.setattr(risk.model_set, "population", lambda model: (prepared.append(1), whole(model))[1])
    desk = a_desk(f"sqlite:///{tmp_path / 'one.db'}")
    settings = Settings("https://app.example", "sqlite://", (bytes(range(32)),), models=str(kept), inline_outbox=False)
    for diagnosis, wanted in (("K509", 0), ("F32", 1)):
        with desk.store.transaction() as session:
            row = desk.put(a_patient(diagnosis), diagnosis=diagnosis, day=TODAY.day).row
            session.merge(row).group_key = diagnosis[:3]
        clock = FixedClock(datetime.now(UTC))
        with TestClient(build_app(settings, store=desk.store, clock=clock)) as http:
            assert http.get("/health/live").status_code == 200
            assert prepared_after_a_while(wanted) == wanted
            clock.instant += timedelta(days=10)
            assert prepared_after_a_while(2 * wanted) == 2 * wanted, "the next set answers, and no request was needed"
        desk = a_desk(f"sqlite:///{tmp_path / (diagnosis + '.db')}")
