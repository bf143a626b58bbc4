"""The line with a model in which the patient counts: one number everywhere, reasons that add up, answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from smart_app.assessment.tables import LookRow
from tests.running_line import BJORKEN, COORDINATOR, Line, Tab, running_line, text_of

EVA = "p-eva-sandstrom"
OWN_RULE = """
[[hold]]
id = "not-offered-here"
hold = ["workplace-adaptation"]
when = {}
sv = "Erbjuds inte i regionen."
en = "Not offered in the region."
"""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    own = tmp_path_factory.mktemp("catalogue")
    (own / "choice.toml").write_text(OWN_RULE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SICKLEAVE_MODELS", "simulated-2026")
        patch.setenv("SICKLEAVE_CATALOGUE", str(own))  # the demo passes it on, as it does for who tries a catalogue
        with running_line(tmp_path_factory.mktemp("individual")) as made:
            yield made


def html(tab: Tab) -> str:
    assert tab.page is not None
    assert tab.page.status_code == 200, tab.page.text
    return tab.page.text


def number(page: str) -> int:
    found = re.search(r'class="sentence">.*?<strong>(\d+)</strong>', page, re.DOTALL)
    assert found is not None
    return int(found[1])


def reasons(page: str) -> list[int]:
    """The numbers of the table of reasons: the diagnosis, the rows, the patient."""
    table = page.split('<table class="reasons">')[1].split("</table>")[0]
    return [int(one.replace("\u2212", "-")) for one in re.findall(r'class="val">([^<]+)<', table)]


def answer(line: Line, tab: Tab, question: str, level: str) -> str:
    page = html(tab)
    token = page.split('name="form_token" value="')[1].split('"')[0]
    sent = tab.post(f"/assessment/{tab.launch}/answer", {"form_token": token, "question": question, "answer": level})
    assert sent.status_code == 200, sent.text
    return html(tab)


def share_written(line: Line, patient: str) -> float:
    last = max(line.ehr.all("RiskAssessment", patient), key=lambda one: one["meta"]["lastUpdated"])
    return next(
        float(one["probabilityDecimal"])
        for one in last["prediction"]
        if one["outcome"]["coding"][0]["code"] == "longer-than-90-days"
    )


def listed(line: Line, name: str) -> str:
    page = html(line.tab(COORDINATOR))
    return text_of(next(row for row in page.split("<tr")[1:] if name in row))


def test_one_number_on_the_page_in_the_list_and_in_the_record_and_reasons_that_add_up(line: Line) -> None:
    tab = line.tab(patient=EVA)
    page = html(tab)
    shown, rows = number(page), reasons(page)
    assert sum(rows[:-1]) == rows[-1] == shown
    assert "simulerade sjukfall" in text_of(page.split('<footer class="limits">')[1])
    assert "Inget om just den här patienten" not in page
    assert f"{shown} av 100 dag 90" in listed(line, "Eva Sandström")
    assert tab.save().status_code == 200
    line.delivered()
    assert abs(share_written(line, EVA) - shown) <= 0.5
    assert line.ehr.all("RiskAssessment", EVA)[0]["method"]["coding"][0]["code"] == "simulated-2026"


def test_an_answer_moves_the_number_everywhere_and_is_written_when_saved(line: Line) -> None:
    patient = "p-lars-wikander"
    tab = line.tab(patient=patient)
    before = html(tab)
    question, said, level, then = asked(before)
    after = answer(line, tab, question, level)
    assert number(after) == then != number(before)
    assert sum(reasons(after)[:-1]) == reasons(after)[-1] == then
    assert f'value="{level}" aria-pressed="true">{said}<' in after
    assert f"{then} av 100" in listed(line, "Lars Wikander")
    again = line.tab(patient=patient)
    assert number(html(again)) == then  # another look at the case, the same answers
    dry = line.sickleave("assess", "--ehr", line.ehr.fhir, "--patient", patient, "--dry-run", "--json")
    assert abs(100 * json.loads(dry.stdout)["cases"][0]["risk"]["p90"] - then) <= 0.5
    assert again.save().status_code == 200
    line.delivered()
    [response] = [
        one
        for one in line.ehr.all("QuestionnaireResponse", patient)
        if one["questionnaire"].endswith("/Questionnaire/risk-questions|2")
    ]
    assert [one["linkId"] for one in response["item"]] == [question]
    assert {"reference": f"QuestionnaireResponse/{response['id']}"} in line.ehr.all("RiskAssessment", patient)[0][
        "basis"
    ]
    assert "Ett intyg kunde inte läsas" not in html(line.tab(patient=patient))  # answers are no certificate


def test_an_answer_narrows_the_guideline_and_is_kept_and_written(line: Line) -> None:
    tab = line.tab(patient=EVA)
    assert "längst 7–14 dagar, efter arbetets tyngd" in text_of(html(tab))
    before = number(html(tab))
    after = answer(line, tab, "guideline_workload", "lätt belastning")
    assert "30 dagar över längst 7 dagar" in text_of(after)
    assert number(after) == before
    again = line.tab(patient=EVA)
    assert "30 dagar över längst 7 dagar" in text_of(html(again))
    assert again.save().status_code == 200
    line.delivered()
    said = [
        one["item"] for one in line.ehr.all("QuestionnaireResponse", EVA) if "/risk-questions|" in one["questionnaire"]
    ]
    assert [(item["linkId"], item["answer"][0]["valueString"]) for item in said[-1]] == [
        ("guideline_workload", "Lätt belastning")
    ]
    assert "30 dagar över" in text_of(answer(line, again, "guideline_workload", "yrken med knäbelastning"))


def test_an_answer_to_what_is_not_asked_changes_nothing(line: Line) -> None:
    tab = line.tab(patient=EVA)
    before = number(html(tab))
    assert number(answer(line, tab, "Sex", "Male")) == before
    assert number(answer(line, tab, "comorbidity", "perhaps")) == before


def proposed(page: str) -> dict[str, bool]:
    """Interventions that can be ticked, and whether they are."""
    found = re.findall(r'name="accept" value="([^"]+)"( checked)?', page)
    return {name: bool(checked) for name, checked in found}


def test_what_is_done_is_not_proposed_and_a_saved_plan_keeps_all_that_was_accepted(line: Line) -> None:
    patient = "p-kim-almgren"
    tab = line.tab(patient=patient)
    first = proposed(html(tab))
    assert {"return-to-work-plan", "exercise-programme"} <= first.keys()
    assert "workplace-adaptation" not in first
    assert "Erbjuds inte i regionen. Regel not-offered-here." in text_of(html(tab))
    line.ehr.put(
        {
            "resourceType": "Procedure",
            "id": "training",
            "status": "completed",
            "subject": {"reference": f"Patient/{patient}"},
            "code": {"coding": [{"system": "urn:oid:1.2.752.116.1.3.2.1.4", "code": "QG003"}]},
            "performedDateTime": line.services.clock.today().isoformat(),
        }
    )
    assert tab.save().status_code == 200  # ticked before anybody knew: it holds all the same
    line.delivered()
    accepted = {name for name, checked in first.items() if checked}
    again = line.tab(patient=patient)
    after = proposed(html(again))
    assert {name for name, checked in after.items() if checked} == accepted
    assert ("exercise-programme" in after) == ("exercise-programme" in accepted)
    assert "evaluate-ongoing" in after
    assert "plan-follow-up" in after
    assert again.save().status_code == 200
    line.delivered()
    [plan] = line.ehr.all("CarePlan", patient)
    assert len(plan["activity"]) == len(accepted)
    versions = line.ehr.all("RiskAssessment", patient)[0]
    assert "2026.2+" in str(versions)


def bridging(line: Line, patient: str) -> None:
    """A certificate that fills the gap of six days between Helena's two cases, written afterwards."""
    today = line.services.clock.today()
    said = json.dumps(max(line.ehr.all("QuestionnaireResponse", patient), key=lambda one: str(one["authored"])))
    for before, after in ((-19, -25), (10, -20)):
        said = said.replace(str(today + timedelta(days=before)), str(today + timedelta(days=after)))
    line.ehr.put(json.loads(said) | {"id": "bridge", "identifier": {"system": "urn:test", "value": "bridge"}})


def test_answers_follow_a_case_that_is_merged_into_another(line: Line) -> None:
    patient = "p-helena-friskman"
    tab = line.tab(patient=patient)
    question, _, level, then = asked(html(tab))
    day = day_of(html(tab))
    assert number(answer(line, tab, question, level)) == then
    bridging(line, patient)
    page = html(line.tab(patient=patient))
    assert day_of(page) > day, "the two cases are one now"
    assert f'value="{level}" aria-pressed="true"' in page


@pytest.mark.parametrize("what", ["answer", "plan"])
def test_what_was_shown_too_long_ago_is_read_anew_and_nothing_is_kept(line: Line, what: str) -> None:
    tab = line.tab(patient="p-viktor-lejon")
    before, (question, _, level, _) = number(html(tab)), asked(html(tab))
    writes, form = line.ehr.writes, tab.form()
    with line.services.store.transaction() as session:
        session.delete(session.get(LookRow, tab.launch))
    if what == "answer":
        page = answer(line, tab, question, level)
    else:
        assert tab.post(f"/assessment/{tab.launch}/plan", form).status_code == 200
        page = html(tab)
    assert "legat öppen för länge, så inget sparades" in text_of(page)
    assert number(page) == before
    assert 'aria-pressed="true"' not in page
    assert line.ehr.writes == writes


def test_the_most_urgent_of_the_unit_by_capacity_with_the_rule_named(line: Line) -> None:
    assert line.sickleave("assess", "--ehr", line.ehr.fhir, "--unit", BJORKEN).returncode == 0
    tab = line.tab(COORDINATOR)

    def shares(view: str) -> list[int]:
        page = (tab.open(f"{line.service}/worklist/{tab.launch}?view={view}&sort=risk&down=1")).text
        return [int(one) for one in re.findall(r">(\d+) av 100 dag \d+<", page)]

    everyone, highest = shares("all"), shares("highest")
    assert len(everyone) > 10
    assert highest == everyone[:10]
    assert "Regel capacity, version" in text_of(html(tab))


def day_of(page: str) -> int:
    found = re.search(r"dag (\d+): risk", page)
    assert found is not None
    return int(found[1])


def asked(page: str) -> tuple[str, str, str, int]:
    """The first question whose answer changes the whole number: column, word, level, and the number that it gives."""
    now = number(page)
    for form in page.split('class="question"')[1:]:
        column = form.split('name="question" value="')[1].split('"')[0]
        told = [int(one) for one in re.findall(r" ger (\d+)", form.split("</p>")[0])]
        buttons = re.findall(r'name="answer" value="([^"]+)" aria-pressed="false">([^<]+)<', form)
        for (level, word), then in zip(buttons, told, strict=False):
            if then != now:
                return column, word, level, then
    raise AssertionError("no question moves the number")
