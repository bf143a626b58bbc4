"""From a launch to a row in the coordinator's worklist, on real sockets."""

from __future__ import annotations

import copy
import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from smart_app.clock import stockholm_day
from tests.running_line import BJORKEN, COORDINATOR, Line, Tab, subject, text_of

KINDS = ("RiskAssessment", "CarePlan", "Task", "Procedure", "Provenance")


def written(line: Line, patient: str) -> Counter[str]:
    """How many of each kind the EHR holds for the patient; a Provenance counts by its targets."""
    found: Counter[str] = Counter()
    ours: set[str] = set()
    for kind in KINDS[:-1]:
        for each in line.ehr.all(kind, patient):
            found[kind] += 1
            ours.add(f"{kind}/{each['id']}")
    for each in line.ehr.all("Provenance"):
        if any(target["reference"].split("/_history")[0] in ours for target in each["target"]):
            found["Provenance"] += 1
    return found


def saved(line: Line, patient: str) -> Tab:
    tab = line.tab(patient=patient)
    assert tab.page is not None
    assert tab.page.status_code == 200
    assert tab.save().status_code == 200
    line.delivered()
    return tab


def add_certificate(line: Line, patient: str, days: int = 14) -> None:
    """The patient's latest certificate once more, for the days after it."""
    responses = [each for each in line.ehr.all("QuestionnaireResponse", patient) if each["status"] == "completed"]
    last = max(responses, key=lambda each: _ends(each)[-1])
    new = copy.deepcopy(last)
    new["id"] = f"{last['id']}-next"
    new["identifier"]["value"] = f"{last['identifier']['value']}-next"
    begin = date.fromisoformat(_ends(last)[-1]) + timedelta(days=1)
    for group in [item for item in new["item"] if item["linkId"] == "32"]:
        for item in group["item"]:
            if item["linkId"] == "32.2.start":
                item["answer"] = [{"valueDate": begin.isoformat()}]
            if item["linkId"] == "32.2.end":
                item["answer"] = [{"valueDate": (begin + timedelta(days=days)).isoformat()}]
    new.pop("meta", None)
    line.ehr.put(new)


def _ends(response: dict[str, Any]) -> list[str]:
    return sorted(
        answer["valueDate"]
        for group in response.get("item", [])
        for item in group.get("item", [])
        if item["linkId"] == "32.2.end"
        for answer in item["answer"]
    )


def test_a_physician_saves_a_plan_and_it_stands_in_the_record_and_in_the_list(line: Line) -> None:
    tab = saved(line, "p-eva-sandstrom")
    assert written(line, "p-eva-sandstrom") == dict.fromkeys(KINDS, 1)
    [assessment] = line.ehr.all("RiskAssessment", "p-eva-sandstrom")
    [plan] = line.ehr.all("CarePlan", "p-eva-sandstrom")
    [task] = line.ehr.all("Task", "p-eva-sandstrom")
    percent = {p["outcome"]["coding"][0]["code"]: p["probabilityDecimal"] for p in assessment["prediction"]}
    shown = round(percent["longer-than-90-days"])
    assert plan["status"] == "active"
    assert plan["supportingInfo"] == [{"reference": f"RiskAssessment/{assessment['id']}"}]
    assert task["focus"]["reference"] == f"CarePlan/{plan['id']}"
    again = tab.open(tab.url)
    assert "skrevs" in text_of(again.text)
    coordinator = line.tab(COORDINATOR)
    assert coordinator.page is not None
    row = text_of(coordinator.page.text)
    assert "Eva Sandström" in row
    assert f"{shown} av 100 dag 90" in row  # the same number as on the physician's page
    assert f"Av 100 liknande fall är ungefär {shown} fortfarande" in text_of(tab.page.text if tab.page else "")


def test_the_same_assessment_a_hundred_times_is_one_of_each(line: Line) -> None:
    tab = line.tab(patient="p-anders-holmqvist")
    form = tab.form()
    for _ in range(100):
        answer = line.http.post(
            f"{line.service}/assessment/{tab.launch}/plan",
            data=form,
            headers={"Cookie": tab._cookie_line(), "Origin": line.service},
        )
        assert answer.status_code == 303
    line.delivered()
    assert written(line, "p-anders-holmqvist") == dict.fromkeys(KINDS, 1)


def test_a_new_certificate_gives_a_second_assessment_and_new_versions_of_plan_and_task(line: Line) -> None:
    patient = "p-linda-markstrom"
    saved(line, patient)
    before = {kind: line.ehr.all(kind, patient)[0] for kind in ("CarePlan", "Task")}
    [first] = line.ehr.all("RiskAssessment", patient)
    add_certificate(line, patient)
    saved(line, patient)
    found = written(line, patient)
    assert (found["RiskAssessment"], found["CarePlan"], found["Task"]) == (2, 1, 1)
    for kind, old in before.items():
        [now] = line.ehr.all(kind, patient)
        assert now["id"] == old["id"]
        assert int(now["meta"]["versionId"]) > int(old["meta"]["versionId"])
    second = next(each for each in line.ehr.all("RiskAssessment", patient) if each["id"] != first["id"])
    assert first["identifier"][0]["value"] in str(second)  # it says what it replaces


def test_two_contacts_on_one_day_are_two_procedures(line: Line) -> None:
    saved(line, "p-lars-wikander")
    before = written(line, "p-lars-wikander")["Procedure"]
    tab = line.tab(COORDINATOR)
    task = next(
        entry["resource"]
        for entry in tab.fhir("Task?patient=p-lars-wikander")["entry"]
        if entry["resource"]["resourceType"] == "Task"
    )
    page = tab.open(f"{line.service}/worklist/{tab.launch}?open={task['id']}")
    token = page.text.split('name="form_token" value="')[1].split('"')[0]
    for how in ({"quick": "phone"}, {"mode": "visit", "counterparty": "patient"}):  # the patient is there either way
        answer = tab.post(
            f"/worklist/{tab.launch}/{task['id']}/contact",
            {"form_token": token, **how, "event": str(uuid.uuid4())},
        )
        assert answer.status_code == 200, answer.text
    line.delivered()
    contacts = [
        each for each in line.ehr.all("Procedure", "p-lars-wikander") if each["code"]["coding"][0]["code"] == "GC001"
    ]
    assert len(contacts) == 2
    assert written(line, "p-lars-wikander")["Procedure"] == before + 2


def test_a_unit_run_lists_every_ongoing_case_before_anyone_has_clicked(line: Line) -> None:
    done = line.sickleave("assess", "--ehr", line.ehr.fhir, "--unit", BJORKEN, "--json")
    assert done.returncode == 0, done.stderr
    line.delivered(60)
    tab = line.tab(COORDINATOR)
    bundle = tab.fhir("Task?_count=200")
    listed = {
        entry["resource"]["for"]["reference"].split("/")[-1]
        for entry in bundle["entry"]
        if entry["resource"]["status"] != "completed"
    }
    assert listed == set(ongoing_at(line, "ve-bjorken"))


def test_a_patient_who_has_died_leaves_the_list_and_nothing_more_is_written(line: Line) -> None:
    patient = "p-omar-hassani"
    ticked = saved(line, patient).form()
    before = written(line, patient)
    line.ehr.put({**line.ehr.read(f"Patient/{patient}"), "deceasedBoolean": True})
    tab = line.tab(patient=patient)
    assert tab.page is not None
    assert "Patienten är avliden enligt journalen." in text_of(tab.page.text)
    token = tab.page.text.split('name="form_token" value="')[1].split('"')[0]
    assert tab.post(f"/assessment/{tab.launch}/plan", ticked | {"form_token": token}).status_code == 422
    done = line.sickleave("assess", "--ehr", line.ehr.fhir, "--patient", patient, "--json")
    assert '"without_ongoing_case": 1' in done.stdout
    line.delivered()
    assert written(line, patient) == before
    assert [each["status"] for each in line.ehr.all("Task", patient)] == ["completed"]
    coordinator = line.tab(COORDINATOR)
    assert coordinator.page is not None
    assert "Omar Hassani" not in coordinator.page.text


def ongoing_at(line: Line, unit: str) -> list[str]:
    """Living patients whose newest certificate is the unit's and covers today; read without our own code."""
    roles = {
        f"PractitionerRole/{each['id']}"
        for each in line.ehr.all("PractitionerRole")
        if each["organization"]["reference"] == f"Organization/{unit}"
    }
    today = stockholm_day(datetime.now(UTC)).isoformat()
    newest: dict[str, tuple[str, str, bool]] = {}
    for each in line.ehr.all("QuestionnaireResponse"):
        dates = _ends(each)
        carrier = "valueBoolean': True" in str([item for item in each["item"] if item["linkId"] == "27"])
        if each["status"] not in ("completed", "amended") or carrier or not dates:
            continue
        starts = sorted(
            answer["valueDate"]
            for group in each["item"]
            for item in group.get("item", [])
            if item["linkId"] == "32.2.start"
            for answer in item["answer"]
        )
        ours = each["author"]["reference"] in roles
        patient = (subject(each) or "").split("/")[-1]
        alive = not {"deceasedBoolean", "deceasedDateTime"} & line.ehr.read(f"Patient/{patient}").keys()
        covers = starts[0] <= today <= dates[-1]
        if covers and ours and alive:
            newest[patient] = max(newest.get(patient, ("", "", False)), (starts[0], dates[-1], ours))
    return sorted(newest)
