"""The EHR says no, or not now, in the middle: the page says what happened, and nothing is lost or doubled."""

from __future__ import annotations

import pytest

from tests.running_line import Line, text_of, wait_until


@pytest.fixture(scope="module")
def line(shared_line: Line) -> Line:
    return shared_line


def test_an_ehr_that_answers_503_keeps_the_plan_waiting_until_it_is_back(line: Line) -> None:
    tab = line.tab(patient="p-katarina-lundvall")
    line.ehr.answer_writes_with = 503
    try:
        page = tab.save()
        assert page.status_code == 200
        wait_until(lambda: "journalen" in text_of(tab.open(tab.url).text), 5)
        assert line.backlog() == (1, 0)
        assert line.ehr.all("RiskAssessment", "p-katarina-lundvall") == []
    finally:
        line.ehr.answer_writes_with = None
    line.delivered(120)
    assert len(line.ehr.all("RiskAssessment", "p-katarina-lundvall")) == 1


def test_what_the_ehr_refuses_for_good_is_shown_and_can_be_sent_again(line: Line) -> None:
    tab = line.tab(patient="p-rickard-stensson")
    line.ehr.answer_writes_with = 422
    try:
        tab.save()
        wait_until(lambda: line.backlog() == (0, 1), 20)
    finally:
        line.ehr.answer_writes_with = None
    page = tab.open(tab.url)
    assert "Försök igen" in text_of(page.text)
    action = page.text.split(f'action="/assessment/{tab.launch}/retry/')[1].split('"')[0]
    token = page.text.split('name="form_token" value="')[1].split('"')[0]
    download = tab.open(f"{line.service}/assessment/{tab.launch}/download/{action.split('?')[0]}")
    assert download.json()["resourceType"] == "Bundle"
    assert tab.post(f"/assessment/{tab.launch}/retry/{action}", {"form_token": token}).status_code == 200
    line.delivered()
    assert len(line.ehr.all("CarePlan", "p-rickard-stensson")) == 1
