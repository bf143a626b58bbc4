"""A form that meets an ended launch: kept for the same user about the same patient, shown again, never sent by us."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlmodel import select

import smart_app.migrations.all_tables  # noqa: F401
from sandbox.practice_ehr import Quirks
from smart_app.app import build_app
from smart_app.assessment.tables import PlanRow
from smart_app.cli.demo_launch import plan_form
from smart_app.launch.tables import KeptFormRow, LaunchRow
from smart_app.limits.share import per_minute
from smart_app.sealing import Sealer
from smart_app.worklist.tables import ContactRow, TaskRow
from tests.unit.launch.launching import APP, browser_at
from tests.unit.launch.test_launch_at_practice_ehr import EVA, Pair

AMIR, KARIN, SOFIA = "amir-haddad", "karin-lindqvist", "sofia-oberg"
ANDERS = "p-anders-holmqvist"
KEPT = "är sparat krypterat i en timme"


class Whole(Pair):
    """The real application, pages and all, at the practice EHR."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        super().__init__(folder, Quirks())
        given, ways = self.given, self.given.http._transport
        self.app = build_app(replace(given.settings, **settings), clock=given.clock, transport=ways, store=given.store)
        self.browser = browser_at(self.app)

    def open(self, **context: str) -> tuple[str, str]:
        """A launch and the page it leads to: address and HTML."""
        self.launch(**context)
        return self.landed, self.browser.get(self.landed).text

    def post(self, path: str, form: dict[str, Any], origin: str = APP) -> httpx2.Response:
        return self.browser.post(path, data=form, headers={"Origin": origin})

    def end(self, table: Any = LaunchRow, column: str = "last_used_at", by: timedelta = timedelta(minutes=16)) -> None:
        """Let time pass for every row."""
        with self.given.store.transaction() as session:
            for row in session.exec(select(table)).all():
                setattr(row, column, getattr(row, column) - by)
                session.add(row)

    def rows(self, table: Any) -> list[Any]:
        with self.given.store.reading() as session:
            return list(session.exec(select(table)).all())


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    made = Whole(tmp_path)
    yield made
    made.given.store.close()


def chosen(page: str) -> tuple[set[str], str | None]:
    """The ids that are ticked, and the opinion."""
    form = plan_form(page)
    return set(form.get("accept", [])), next(iter(form.get("opinion", [])), None)


def changed_plan(whole: Whole) -> tuple[str, dict[str, Any]]:
    """A physician's page whose form was changed by hand: one intervention only, and an opinion."""
    landed, page = whole.open(user=AMIR, patient=EVA)
    every = re.findall(r'name="accept" value="([^"]+)"', page)
    return landed, plan_form(page) | {"accept": [every[-1]], "opinion": "higher"}


def test_a_plan_sent_too_late_waits_filled_in_and_is_saved_by_a_click_only(whole: Whole) -> None:
    landed, form = changed_plan(whole)
    whole.end()
    late = whole.post(f"{landed}/plan", form)
    assert late.status_code == 401
    assert KEPT in late.text
    assert "role=physician" in late.text
    again, page = whole.open(user=AMIR, patient=EVA)
    assert again.startswith("/assessment/")
    assert chosen(page) == (set(form["accept"]), "higher")
    assert "Din inloggning hade gått ut när du sparade" in page
    assert whole.rows(PlanRow) == []
    done = whole.post(f"{again}/plan", plan_form(page))
    assert done.status_code == 303
    assert [one["id"] for one in whole.rows(PlanRow)[0].interventions] == form["accept"]
    assert whole.rows(KeptFormRow) == []
    assert "Din inloggning hade gått ut" not in whole.browser.get(again).text


def test_what_is_kept_cannot_be_read_in_the_database(whole: Whole) -> None:
    landed, form = changed_plan(whole)
    whole.end()
    whole.post(f"{landed}/plan", form)
    (row,) = whole.rows(KeptFormRow)
    told = str(row.model_dump())
    assert form["accept"][0] not in told
    assert "higher" not in told
    assert EVA not in told


@pytest.mark.parametrize(
    "other", [{"user": AMIR, "patient": ANDERS}, {"user": KARIN, "patient": EVA}, {"user": SOFIA, "patient": EVA}]
)
def test_nobody_else_and_no_other_patient_is_shown_it(whole: Whole, other: dict[str, str]) -> None:
    landed, form = changed_plan(whole)
    whole.end()
    whole.post(f"{landed}/plan", form)
    there, page = whole.open(**other)
    assert "Din inloggning hade gått ut" not in page
    kept_id = whole.rows(KeptFormRow)[0].id
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token is not None
    whole.post(f"{there}/kept", {"form_token": token[1], "kept": kept_id})
    assert [row.id for row in whole.rows(KeptFormRow)] == [kept_id]


def test_after_an_hour_it_is_gone(whole: Whole) -> None:
    landed, form = changed_plan(whole)
    whole.end()
    whole.post(f"{landed}/plan", form)
    whole.end(KeptFormRow, "kept_at", timedelta(minutes=60))
    later, page = whole.open(user=AMIR, patient=EVA)
    assert "Din inloggning hade gått ut" not in page
    whole.end()
    whole.post(f"{later}/plan", plan_form(page))
    assert len(whole.rows(KeptFormRow)) == 1  # the old one went when this one came


@pytest.mark.parametrize("change", [{"form_token": "made-up"}, {"origin": "https://ehr.example"}])
def test_another_page_cannot_plant_a_form(whole: Whole, change: dict[str, Any]) -> None:
    landed, form = changed_plan(whole)
    whole.end()
    origin = change.pop("origin", APP)
    late = whole.post(f"{landed}/plan", form | change, origin)
    assert late.status_code == 401
    assert KEPT not in late.text
    assert whole.rows(KeptFormRow) == []


@pytest.mark.parametrize(("token", "told"), [({}, True), ({"form_token": "made-up"}, False)])
def test_what_is_too_long_to_be_kept_is_told_at_once(whole: Whole, token: dict[str, str], told: bool) -> None:
    landed, form = changed_plan(whole)
    whole.end()
    late = whole.post(f"{landed}/plan", form | {"accept": ["x" * 11_000]} | token)
    assert late.status_code == 401
    assert ("Det du skickade var för stort för att sparas" in late.text) is told
    assert "xxxx" not in late.text
    assert whole.rows(KeptFormRow) == []


def test_nothing_is_kept_for_a_browser_without_the_cookie_or_after_signing_out(whole: Whole) -> None:
    landed, form = changed_plan(whole)
    whole.post(landed.replace("/assessment/", "/logout/"), form)
    assert whole.post(f"{landed}/plan", form).status_code == 401
    assert whole.rows(KeptFormRow) == []


def test_the_cookie_outlives_an_absolute_end_and_a_new_launch_by_the_hour_that_typing_may_take(whole: Whole) -> None:
    landed, form = changed_plan(whole)
    cookie = next(iter(whole.browser.cookies.jar))
    assert cookie.expires is not None
    assert cookie.expires - whole.given.clock.now().timestamp() > 8 * 3600 + 3500
    whole.end(LaunchRow, "expires_at", timedelta(hours=8))
    whole.open(user=AMIR, patient=EVA)
    assert KEPT in whole.post(f"{landed}/plan", form).text


def test_what_no_key_opens_is_not_shown_and_locks_nobody_out(whole: Whole) -> None:
    landed, form = changed_plan(whole)
    whole.end()
    whole.post(f"{landed}/plan", form)
    (row,) = whole.rows(KeptFormRow)
    with whole.given.store.transaction() as session:
        row.sealed_fields = Sealer([b"z" * 32]).seal("kept-form", row.id, "sealed_fields", b"{}")
        session.add(row)
    again, page = whole.open(user=AMIR, patient=EVA)
    assert again.startswith("/assessment/")
    assert "Din inloggning hade gått ut" not in page
    assert [one.id for one in whole.rows(KeptFormRow)] == [row.id]


def test_thrown_away_is_gone(whole: Whole) -> None:
    landed, form = changed_plan(whole)
    whole.end()
    whole.post(f"{landed}/plan", form)
    again, page = whole.open(user=AMIR, patient=EVA)
    kept = re.search(r'<button name="kept" value="([^"]+)">', page)
    assert kept is not None
    assert (
        whole.post(f"{again}/kept", {"form_token": plan_form(page)["form_token"], "kept": kept[1]}).status_code == 303
    )
    assert chosen(whole.browser.get(f"{again}?shown=1").text) != (set(form["accept"]), "higher")


def fields_to(page: str, ending: str) -> tuple[str, dict[str, str]]:
    """Address and hidden fields of the form that goes to an address with that ending."""
    found = re.search(rf'<form[^>]*action="([^"]+{ending})"[^>]*>(.*?)</form>', page, re.S)
    assert found is not None, ending
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[2])
    return html.unescape(found[1]), {name: html.unescape(value) for name, value in hidden}


def a_list(whole: Whole, **context: str) -> tuple[str, str, str]:
    """The coordinator's list with its first row opened: address, HTML, task."""
    whole.open(user=AMIR, patient=EVA)
    landed, _ = whole.open(user=SOFIA, **context)
    task = whole.rows(TaskRow)[0].id
    return landed, whole.browser.get(f"{landed.partition('?')[0]}?open={task}").text, task


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({"patient": EVA}, {}, True),  # the way back that our page offers a coordinator
        ({}, {"patient": ANDERS}, True),  # the way back that it offers a physician asks for a patient
        ({"patient": EVA}, {"patient": EVA}, True),
        ({"patient": EVA}, {"patient": ANDERS}, False),
    ],
)
def test_a_form_of_the_list_waits_unless_the_launches_name_two_patients(
    whole: Whole, before: dict[str, str], after: dict[str, str], shown: bool
) -> None:
    _, page, _ = a_list(whole, **before)
    action, form = fields_to(page, "/owner")
    whole.end()
    assert KEPT in whole.post(action, form | {"take": "1"}).text
    page = whole.browser.get(whole.open(user=SOFIA, **after)[0]).text
    assert ("Eva Sandström</strong>: din inloggning hade gått ut" in page) is shown


def test_a_contact_sent_too_late_is_offered_with_one_button_and_registered_once(whole: Whole) -> None:
    _, page, task = a_list(whole)
    action, form = fields_to(page, "/contact")
    form |= {"mode": "phone", "counterparty": "employer", "performed_on": whole.given.clock.today().isoformat()}
    whole.end()
    assert KEPT in whole.post(action, form).text
    again, _ = whole.open(user=SOFIA)
    assert again.endswith(f"open={task}")
    page = whole.browser.get(again).text
    assert "Eva Sandström</strong>: din inloggning hade gått ut" in page
    assert whole.rows(ContactRow) == []
    action, offered = fields_to(page, "/contact")
    assert offered["event"] == form["event"]
    for _ in range(2):
        assert whole.post(action, offered).status_code == 303
    (row,) = whole.rows(ContactRow)
    assert (row.mode, row.counterparty) == ("phone", "employer")
    assert "din inloggning hade gått ut" not in whole.browser.get(again).text


@pytest.mark.parametrize(
    ("ending", "more", "said"),
    [
        ("/owner", {"take": "1"}, "Gör det nu"),
        ("/status", {"business_status": "REKO_2"}, "Ändra REKO-status"),
    ],
)
def test_the_other_forms_of_the_list_come_back_too(whole: Whole, ending: str, more: dict[str, str], said: str) -> None:
    _, page, _ = a_list(whole)
    action, form = fields_to(page, ending)
    whole.end()
    assert KEPT in whole.post(action, form | more).text
    page = whole.browser.get(whole.open(user=SOFIA)[0]).text
    assert said in page
    action, offered = fields_to(page, ending)
    assert whole.post(action, offered).status_code in (200, 303)
    assert whole.rows(KeptFormRow) == []


def test_a_search_is_kept_nowhere_as_the_page_promises(whole: Whole) -> None:
    _, page, _ = a_list(whole)
    action, form = fields_to(page, "/search")
    whole.end()
    assert KEPT not in whole.post(action, form | {"text": "Sandström"}).text
    assert whole.rows(KeptFormRow) == []


def test_a_chosen_view_of_the_list_comes_back_by_itself_once(whole: Whole) -> None:
    landed, _, _ = a_list(whole)
    whole.end()
    assert whole.browser.get(f"{landed}?view=today&code=F4&lang=en").status_code == 401
    assert whole.open(user=SOFIA)[0].endswith("?view=today&code=F4&lang=en")
    assert "?" not in whole.open(user=SOFIA)[0]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_cannot_plant_a_view_of_the_list(whole: Whole, site: str) -> None:
    landed, _, _ = a_list(whole)
    whole.end()
    late = whole.browser.get(f"{landed}?view=today&code=F4", headers={"Sec-Fetch-Site": site})
    assert late.status_code == 401
    assert whole.rows(KeptFormRow) == []


def test_looks_at_a_launch_that_ended_are_counted_too(tmp_path: Path) -> None:
    whole = Whole(tmp_path, limits=0.1)
    landed, _, _ = a_list(whole)
    whole.end()
    most = per_minute()["launch"] // 10
    answers = [whole.browser.get(f"{landed}?view=today").status_code for _ in range(most + 1)]
    whole.given.store.close()
    assert (answers[0], answers[-1]) == (401, 429)
