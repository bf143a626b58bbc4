"""One row of the fault matrix: a fault is armed, somebody works, and what came of it is looked at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
from sqlmodel import col, delete, select, update
from structlog.testing import capture_logs

from smart_app.clock import FixedClock
from smart_app.launch.clients import Clients
from smart_app.outbox.deliver import deliver_due
from smart_app.outbox.tables import NotTakenRow, OutboxRow, PauseRow
from tests.fresh_patients import FreshPatients
from tests.journey.said_in_english import refused_in_english
from tests.running_line import Line, Tab, subject, text_of

KINDS = ("RiskAssessment", "CarePlan", "Task", "Procedure", "Provenance")
NAME, NUMBER = ("Zackarina", "Provmatris"), "198004119288"
NUMBERS = (NUMBER, NUMBER[2:], f"{NUMBER[:8]}-{NUMBER[8:]}", f"{NUMBER[2:8]}-{NUMBER[8:]}")
KEPT_OFF = "discovery-never-kept"  # armed all the time: what one row is told must not be remembered in the next
LATER = timedelta(hours=2)  # longer than any pause that an EHR may ask for


@dataclass(frozen=True)
class Row:
    """What is done under a fault, and what must come of it.

    Attributes:
        steps: "launch" under the fault; "page": a page that is open already, loaded again under it; "save": launched
            before, saved under it; "launch-save": both under it; "again": saved before, and changed under it;
            "background-save": saved, and delivered by the background service, as after the user has signed out.
        status, said, english: what the user sees: of the last page, a piece of its text in each language.
        outbox: state of the write under the fault: none, waiting, parked, delivered, kept (for export only).
        later: the same once the fault is over and two hours have passed.
        assessments: how many RiskAssessments the EHR holds in the end; what is one per case then stands there once.
        count: requests that meet the fault; None = all.
        first: a fault that meets the first write before this one matters; then there are two attempts under both.
        rest_s: what to wait afterwards, so that nothing of it is remembered.
    """

    fault: str
    steps: str
    status: int
    said: str
    outbox: str = "none"
    later: str = "none"
    assessments: int = 0
    count: int | None = None
    first: str | None = None
    rest_s: float = 0.0
    english: str = ""


@dataclass
class Seen:
    status: int = 0
    said: str = ""
    english: tuple[int, str] = (0, "")
    outbox: str = "none"
    later: str = "none"
    kept: dict[str, int] = field(default_factory=dict)
    leaked: tuple[str, ...] = ()
    strayed: int = 0


class Matrix:
    """The line of a module, with a fresh patient for every row that writes and the outbox in our own hands."""

    def __init__(self, line: Line, runner: asyncio.Runner) -> None:
        self._line, self._runner = line, runner
        self._patients = FreshPatients(line, NAME)
        self._open: Tab | None = None
        self._open_patient = ""
        self._cookies: set[str] = set()
        self._last: Tab | None = None

    def run(self, row: Row) -> Seen:
        """Do what the row says, and look."""
        line, seen = self._line, Seen()
        begin, strayed = line.log.stat().st_size, line.ehr.switch.strayed
        with capture_logs() as logged:
            patient, tab = self._before(row)
            with self._armed(row):
                seen.status, seen.said = self._work(row, patient, tab, seen)
                seen.english = self._in_english(seen)
            if seen.outbox != "none":
                self._deliver(after=2 * LATER)
            seen.later = self._state(patient)
        with line.services.store.transaction() as session:
            session.exec(delete(NotTakenRow))
        seen.kept = self._written(patient)
        seen.strayed = line.ehr.switch.strayed - strayed
        printed = line.log.read_bytes()[begin:].decode(errors="replace") + repr(logged)
        seen.leaked = self._secrets_in(printed, patient)
        if seen.status >= 400:
            seen.leaked += self._secrets_in(seen.said, patient)
        return seen

    def _before(self, row: Row) -> tuple[str, Tab | None]:
        if row.steps == "page":
            if self._open is None:
                self._open_patient = self._patients.new()
                self._open = self._line.tab(patient=self._open_patient)
            return self._open_patient, self._open
        patient = self._patients.new()
        if row.steps in ("launch", "launch-save"):
            return patient, None
        tab = self._line.tab(patient=patient)
        if row.steps == "again":
            assert self._save(tab, patient).status_code == 200
            assert self._state(patient) == "delivered"
            self._certify_anew(patient)
            tab = self._line.tab(patient=patient)
        return patient, tab

    def _work(self, row: Row, patient: str, tab: Tab | None, seen: Seen) -> tuple[int, str]:
        if tab is None:
            tab = self._line.tab(patient=patient)
        elif row.steps == "page":
            tab.open(tab.url.partition("?")[0])
        self._last = tab
        if row.steps.endswith(("save", "again")) and tab.page is not None and "/plan" in tab.page.text:
            answer = self._save(tab, patient, background=row.steps == "background-save")
            if answer.status_code != 200:
                return answer.status_code, text_of(answer.text)
            if row.first is not None:
                self._deliver(after=LATER)
            if row.first is not None or tab.page is None or row.said not in text_of(tab.page.text):
                tab.open(f"{self._line.service}/assessment/{tab.launch}?shown=1")
        seen.outbox = self._state(patient)
        self._cookies |= set(tab.cookies.values())
        assert tab.page is not None
        return tab.page.status_code, text_of(tab.page.text)

    def _in_english(self, seen: Seen) -> tuple[int, str]:
        """Status and text of the same page for a reader of English; what the EHR itself said stays as it is."""
        assert self._last is not None
        if not self._last.url.startswith(self._line.service):
            return seen.status, seen.said
        if seen.status >= 400:
            return refused_in_english(seen.said)
        told = "&done=not_reread" if "lästes senast" in seen.said else ""
        page = self._last.open(f"{self._last.url.partition('?')[0]}?shown=1&lang=en{told}")
        return page.status_code, text_of(page.text)

    def _save(self, tab: Tab, patient: str, *, background: bool = False) -> httpx2.Response:
        """Press the button, and attempt the delivery once while the service waits for it to come about."""
        before = self._count(patient)
        with ThreadPoolExecutor(1) as one:
            pressed = one.submit(tab.save)
            while self._count(patient) == before and not pressed.done():
                time.sleep(0.01)
            if background:
                with self._line.services.store.transaction() as session:
                    mine = col(OutboxRow.patient_reference) == f"Patient/{patient}"
                    session.exec(update(OutboxRow).where(mine).values(launch_id=None))
            self._deliver()
            return pressed.result()

    def _count(self, patient: str) -> int:
        with self._line.services.store.reading() as session:
            found = session.exec(select(OutboxRow.id).where(OutboxRow.patient_reference == f"Patient/{patient}"))
            return len(found.all())

    @contextmanager
    def _armed(self, row: Row) -> Iterator[None]:
        faults = {row.fault: row.count} if row.first is None else {row.fault: row.count, row.first: 1}
        address = f"{self._line.ehr.base_url}/practice/faults"
        for name, count in faults.items():
            self._line.http.post(address, json={"name": name, "count": count}).raise_for_status()
        try:
            yield
        finally:
            for name in faults:
                self._line.http.delete(address, params={"name": name}).raise_for_status()
            if row.fault == KEPT_OFF:
                self._line.http.post(address, json={"name": KEPT_OFF}).raise_for_status()
            time.sleep(row.rest_s)

    def _deliver(self, *, after: timedelta = timedelta(0)) -> None:
        """What is due after that time; an EHR that asked us to wait is not remembered for the next row."""
        given = self._line.services
        at = FixedClock(given.clock.now() + after)
        clients = Clients(given)  # new ones: the background's token is not remembered for the next row
        self._runner.run(deliver_due(given.store, given.sealer, clients, at, worker="fault matrix", at_once=1))
        with given.store.transaction() as session:
            session.exec(delete(PauseRow))

    def _state(self, patient: str) -> str:
        with self._line.services.store.reading() as session:
            rows = session.exec(
                select(OutboxRow.state)
                .where(OutboxRow.patient_reference == f"Patient/{patient}")
                .order_by(col(OutboxRow.id))
            ).all()
        return rows[-1] if rows else "none"

    def _written(self, patient: str) -> dict[str, int]:
        found: dict[str, int] = {}
        ours: set[str] = set()
        for kind in KINDS[:-1]:
            mine = {f"{kind}/{each['id']}" for each in self._of(kind, patient)}
            found[kind] = len(mine)
            ours |= mine
        found["Provenance"] = sum(
            any(target["reference"].split("/_history")[0] in ours for target in each["target"])
            for each in self._line.ehr.backend.store.all_of("Provenance")
        )
        return found

    def _of(self, kind: str, patient: str) -> list[dict[str, Any]]:
        everything = self._line.ehr.backend.store.all_of(kind)
        return [dict(each) for each in everything if subject(each) == f"Patient/{patient}"]

    def _secrets_in(self, printed: str, patient: str) -> tuple[str, ...]:
        words = {patient, *NAME, *NUMBERS, "eyJ", *self._line.ehr.grants.issued(), *self._cookies}
        return tuple(word[:12] for word in words if word in printed)

    def _certify_anew(self, patient: str) -> None:
        """One more certificate, so that the next assessment is another one."""
        newest = max(self._of("QuestionnaireResponse", patient), key=lambda each: str(each["authored"]))
        newest["id"] += "-anew"
        newest["identifier"] = {**newest["identifier"], "value": f"{newest['identifier']['value']}-anew"}
        newest.pop("meta", None)
        self._line.ehr.put(newest)
