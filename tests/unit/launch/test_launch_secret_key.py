"""SECRET_KEY changes while launches are open: nobody notices, and what a lost key sealed is told, never a 500."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fhir_mapping.read.organization import Unit
from smart_app.app import build_app
from smart_app.assessment.unit import UnitRun, assess_patients
from smart_app.cli.demo_launch import plan_form
from smart_app.resealing import reseal
from smart_app.worklist.tables import ContactRow, TaskRow
from tests.unit.launch.launching import BASE, browser_at
from tests.unit.launch.test_launch_at_practice_ehr import EVA
from tests.unit.launch.test_launch_kept_forms import AMIR, SOFIA, Whole, fields_to

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
CLOSED_NAME = "Namnet går inte att läsa här"


class Rotating(Whole):
    """The application, started again with other keys: same database, same browser."""

    def start_with(self, *keys: bytes) -> None:
        given, ways = self.given, self.given.http._transport
        self.app = build_app(
            replace(given.settings, secret_keys=keys), clock=given.clock, transport=ways, store=given.store
        )
        cookies, self.browser = self.browser.cookies, browser_at(self.app)
        self.browser.cookies = cookies
        self.given = self.app.state.services

    def two_launches(self) -> tuple[str, str]:
        """A physician's and a coordinator's, after a saved plan and an answer."""
        page, html = self.open(user=AMIR, patient=EVA)
        question = re.search(r'name="question" value="([^"]+)"', html)
        answer = re.search(r'name="answer" value="([^"]+)"', html)
        if question and answer:
            form = {"form_token": plan_form(html)["form_token"], "question": question[1], "answer": answer[1]}
            assert self.post(f"{page}/answer", form).status_code == 303
        assert self.post(f"{page}/plan", plan_form(html)).status_code == 303
        listed, _ = self.open(user=SOFIA)
        return page, listed.partition("?")[0]

    def background(self) -> UnitRun:
        """The unit's run over the one patient."""
        task = self.rows(TaskRow)[0]
        client = self.given.clients.backend(self.given.profile(task.issuer))
        unit = Unit(hsa_id=task.care_unit, name="", provider_hsa_id=task.care_provider)
        return asyncio.run(assess_patients(self.given, client, unit, (f"Patient/{EVA}",)))[0]

    def contact(self, listed: str) -> int:
        """Status of registering a contact in the list's first row."""
        opened = self.browser.get(f"{listed}?open={self.rows(TaskRow)[0].id}").text
        action, form = fields_to(opened, "/contact")
        form |= {"mode": "phone", "counterparty": "employer", "performed_on": self.given.clock.today().isoformat()}
        return self.post(action, form).status_code


@pytest.fixture
def rotating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rotating]:
    async def later(*_: object) -> bool:
        return False

    monkeypatch.setattr("smart_app.routes.pages_assessment.written_soon", later)  # no worker runs here
    made = Rotating(tmp_path)
    yield made
    made.given.store.close()


def test_open_launches_go_on_through_a_whole_change_of_key(rotating: Rotating) -> None:
    page, listed = rotating.two_launches()
    rotating.start_with(OLD, NEW)  # everywhere, so that all open what the new key will seal
    typed = plan_form(rotating.browser.get(page).text)
    rotating.start_with(NEW, OLD)
    assert rotating.post(f"{page}/plan", typed | {"opinion": "higher"}).status_code == 303
    first = reseal(rotating.given.store, rotating.given.sealer)
    assert {name for name, one in first.items() if one.again} >= {
        "launch.sealed", "case_answers.sealed_answers", "fhir_record.sealed_body", "outbox.payload",
    }  # fmt: skip
    again = reseal(rotating.given.store, rotating.given.sealer)
    assert {(one.again, one.meanwhile, one.lost) for one in again.values()} == {(0, 0, 0)}
    assert sum(one.newest for one in again.values()) >= sum(one.again for one in first.values())
    rotating.start_with(NEW)
    assert rotating.browser.get(page).status_code == 200
    assert rotating.post(f"{page}/plan", plan_form(rotating.browser.get(page).text)).status_code == 303
    assert "Eva Sandström" in rotating.browser.get(listed).text
    assert rotating.contact(listed) == 303
    assert rotating.given.sealer.not_opened == {}


def test_a_key_dropped_too_early_is_told_and_no_more_is_lost_than_it_sealed(
    rotating: Rotating, capsys: pytest.CaptureFixture[str]
) -> None:
    page, listed = rotating.two_launches()
    rotating.start_with(NEW)
    for ended in (page, listed):
        answer = rotating.browser.get(ended)
        assert answer.status_code == 401
        assert "(kod: key-lost)" in answer.text
    assert "role=physician" in rotating.browser.get(page).text
    listed = rotating.open(user=SOFIA)[0].partition("?")[0]
    shown = rotating.browser.get(listed)
    assert (shown.status_code, CLOSED_NAME in shown.text, "Eva Sandström" in shown.text) == (200, True, False)
    assert rotating.contact(listed) == 503
    assert rotating.rows(ContactRow) == []
    new_page, html = rotating.open(user=AMIR, patient=EVA)
    assert "en nyckel saknas (kod: answers)" in html
    assert "Något gick fel hos oss" not in html
    told = rotating.browser.get("/metrics").text
    assert re.search(r'sickleave_not_unsealed_total\{purpose="launch"\} [1-9]', told)
    assert "cannot_unseal" in capsys.readouterr().out
    run = rotating.background()
    assert (run.failed, run.read) == ({f"Patient/{EVA}": "CannotUnseal"}, 1)  # its figures would differ unasked
    rotating.start_with(NEW, OLD)  # the key comes back, and with it everything
    assert rotating.browser.get(new_page).status_code == 200
    assert rotating.browser.get(page).status_code == 200
    assert "Eva Sandström" in rotating.browser.get(listed).text


def test_a_sign_in_under_way_whose_key_is_gone_is_begun_again(rotating: Rotating) -> None:
    handle = rotating.ehr_browser.post("/launches", json={"user": AMIR, "patient": EVA}).json()["launch"]
    begun = rotating.browser.get("/launch", params={"iss": BASE, "launch": handle})
    back = rotating.ehr_browser.get(begun.headers["location"]).headers["location"]
    rotating.start_with(NEW)
    answer = rotating.browser.get(back)
    assert answer.status_code == 401
    assert "(kod: key-lost). Öppna igen från journalen" in answer.text
    assert rotating.open(user=AMIR, patient=EVA)[0].startswith("/assessment/")


def test_what_a_key_sealed_that_never_comes_back_can_be_forgotten_and_the_rest_is_made_anew(rotating: Rotating) -> None:
    rotating.two_launches()
    rotating.start_with(NEW)
    found = reseal(rotating.given.store, rotating.given.sealer, forget_lost=True)
    assert found["case_answers.sealed_answers"].lost == 1
    page, html = rotating.open(user=AMIR, patient=EVA)
    assert rotating.post(f"{page}/plan", plan_form(html) | {"opinion": "higher"}).status_code == 303
    listed = rotating.open(user=SOFIA)[0]
    assert "Eva Sandström" in rotating.browser.get(listed).text
    assert rotating.contact(listed.partition("?")[0]) == 303
    again = reseal(rotating.given.store, rotating.given.sealer)
    assert again["case_answers.sealed_answers"].lost == 0
    assert again["worklist_task.sealed_display"].lost == 0
