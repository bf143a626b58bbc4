"""Bad input at every door of the line: a clear message, 4xx, and nothing written."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.running_line import COORDINATOR, Line, text_of


@pytest.fixture(scope="module")
def line(shared_line: Line) -> Line:
    return shared_line


@pytest.fixture(autouse=True)
def nothing_is_written(line: Line) -> Any:
    before = line.ehr.writes
    yield
    assert line.ehr.writes == before


def certificate(line: Line, patient: str, *, id_: str, **change: Any) -> dict[str, Any]:
    """A certificate like one of Eva Sandström's, for another patient."""
    new = copy.deepcopy(line.ehr.all("QuestionnaireResponse", "p-eva-sandstrom")[-1])
    new.pop("meta", None)
    new.pop("encounter", None)
    new |= {"id": id_, "subject": {"reference": f"Patient/{patient}"}}
    new["identifier"] = {"system": "https://journal.example/id/intyg", "value": id_}
    return new | change


def patient(line: Line, id_: str, **change: Any) -> str:
    line.ehr.put({"resourceType": "Patient", "id": id_, "gender": "female", "birthDate": "1980-04-11"} | change)
    return id_


def test_unknown_issuer_is_named_and_nothing_is_sent_there(line: Line) -> None:
    answer = line.http.get(f"{line.service}/launch?iss=https://evil.example/fhir&launch=x")
    assert answer.status_code == 400
    assert "känner inte igen journalsystemet" in text_of(answer.text)


def test_a_wrong_state_opens_nothing(line: Line) -> None:
    answer = line.http.get(f"{line.service}/callback?state=made-up&code=made-up")
    assert answer.status_code == 400
    assert "Öppna igen från journalen" in text_of(answer.text)
    assert "set-cookie" not in answer.headers


def test_a_form_from_another_page_is_refused(line: Line) -> None:
    tab = line.tab(patient="p-eva-sandstrom")
    form = tab.form()
    for origin in ("http://evil.example", "null", line.ehr.base_url):
        assert tab.post(f"/assessment/{tab.launch}/plan", form, Origin=origin).status_code == 403
    sent = {"Cookie": tab._cookie_line()}
    assert line.http.post(f"{line.service}/assessment/{tab.launch}/plan", data=form, headers=sent).status_code == 403
    assert tab.post(f"/assessment/{tab.launch}/plan", form | {"form_token": "made-up"}).status_code == 403


def test_a_page_opens_for_its_own_cookie_only(line: Line) -> None:
    one, other = line.tab(patient="p-eva-sandstrom"), line.tab(patient="p-anders-holmqvist")
    stolen = {"Cookie": f"__Host-sl-{one.launch}={other.cookies[f'__Host-sl-{other.launch}']}"}
    assert line.http.get(f"{line.service}/assessment/{one.launch}", headers=stolen).status_code == 401
    assert line.http.get(f"{line.service}/assessment/{one.launch}").status_code == 401
    assert "Anders Holmqvist" not in text_of(one.open(one.url).text)


def test_an_intervention_that_was_not_proposed_is_refused(line: Line) -> None:
    tab = line.tab(patient="p-eva-sandstrom")
    answer = tab.post(f"/assessment/{tab.launch}/plan", tab.form() | {"accept": ["surgery-at-once"]})
    assert answer.status_code == 422


def test_a_patient_without_certificates_gets_a_page_that_says_so_and_no_button(line: Line) -> None:
    page = line.tab(patient=patient(line, "p-nothing-at-all")).page
    assert page is not None
    assert page.status_code == 200
    assert "/plan" not in page.text


def test_a_certificate_with_reversed_dates_is_named_and_the_others_count(line: Line) -> None:
    id_ = patient(line, "p-reversed")
    good = certificate(line, id_, id_="reversed-good")
    bad = copy.deepcopy(good) | {"id": "reversed-bad"}
    bad["identifier"] = {"system": "https://journal.example/id/intyg", "value": "reversed-bad"}
    for group in bad["item"]:
        if group["linkId"] == "32":
            days = {item["linkId"]: item for item in group["item"]}
            start, end = days["32.2.start"]["answer"], days["32.2.end"]["answer"]
            start[0]["valueDate"], end[0]["valueDate"] = end[0]["valueDate"], start[0]["valueDate"]
    for each in (good, bad):
        line.ehr.put(each)
    page = line.tab(patient=id_).page
    assert page is not None
    said = text_of(page.text)
    assert page.status_code == 200
    assert "/plan" in page.text
    assert "kunde inte" in said or "räknas inte" in said


def test_a_launch_without_certificate_diagnosis_gives_no_figure(line: Line) -> None:
    page = line.tab(patient="p-ulla-branstrom").page
    assert page is not None
    said = text_of(page.text)
    assert page.status_code == 200
    assert "iagnos saknas" in said or "saknar diagnos" in said
    assert "av 100 sjukfall" not in said


def test_html_in_a_name_is_text(line: Line) -> None:
    page = line.tab(patient="p-kim-almgren").page
    assert page is not None
    assert "<b>Almgren" not in page.text
    assert "&lt;b&gt;Almgren" in page.text


def test_a_five_megabyte_certificate_ends_in_words_not_in_a_crash(line: Line) -> None:
    id_ = patient(line, "p-huge")
    huge = certificate(line, id_, id_="huge")
    huge["item"].append({"linkId": "25", "item": [{"linkId": "25.1", "answer": [{"valueString": "x" * 5_100_000}]}]})
    line.ehr.put(huge)
    page = line.tab(patient=id_).page
    assert page is not None
    assert page.status_code == 422
    assert "mer än vi tar emot" in text_of(page.text)


def test_a_coordinator_cannot_open_a_patient_page_by_address(line: Line) -> None:
    physician, coordinator = line.tab(patient="p-eva-sandstrom"), line.tab(COORDINATOR)
    assert coordinator.open(f"{line.service}/assessment/{physician.launch}").status_code == 401


@pytest.mark.parametrize("path", ["/assessment/x", "/worklist/x", "/assessment/%00", "/worklist/" + "a" * 5000])
def test_made_up_launches_are_401(line: Line, path: str) -> None:
    assert line.http.get(f"{line.service}{path}").status_code == 401


def test_a_body_over_the_limit_is_refused(line: Line) -> None:
    answer = line.http.post(f"{line.service}/callback", content=b"a" * 3_000_000)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/any", "/indicators/x"])
def test_what_is_not_built_says_so(line: Line, path: str) -> None:
    answer = line.http.get(f"{line.service}{path}")
    assert answer.status_code == 501
    assert "inte byggt" in answer.text
