"""One EHR launch as a browser would do it, over HTTP, and what came of it, read back from the EHR."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlmodel import select

from smart_app.assessment.unit import assess_patients, unit_at
from smart_app.cli.demo_places import Places
from smart_app.ehr.unit_query import organization_of, patients_of_unit
from smart_app.http import AsyncClient, Response, new_client
from smart_app.outbox.listing import backlog
from smart_app.outbox.tables import WrittenRow
from smart_app.settings import read_settings
from smart_app.wiring import Services, wire
from smart_app.worklist.tables import TaskRow
from terminology.codes import pretty_icd

PATIENT = "p-eva-sandstrom"
PHYSICIAN = "amir-haddad"
COORDINATOR = "sofia-oberg"
UNIT = "SE2321000016-1010"
DELIVERED_WITHIN_S = 60
LOOK_BACK_DAYS = 400
KINDS = ("assessment", "plan", "task", "procedure", "provenance")


@dataclass
class Shown:
    """What the demo found; `complete` when all that was to be written was read back from the EHR."""

    patient: str
    diagnosis: str | None = None
    day: int | None = None
    risk: dict[str, Any] = field(default_factory=dict)
    software: str = ""
    ehr: str = ""
    read: dict[str, int] = field(default_factory=dict)
    written: list[dict[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    worklist: list[dict[str, Any]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return bool(self.written) and not self.missing and bool(self.worklist)

    def document(self) -> dict[str, Any]:
        """The answer of `demo --json`."""
        return {
            "patient": self.patient,
            "diagnosis": self.diagnosis,
            "day": self.day,
            "risk": self.risk,
            "ehr": {"software": self.software, "url": self.ehr},
            "written": self.written,
            "worklist": self.worklist,
        }


class Browser:
    """A tab: keeps the launch's cookies, follows redirects itself, between the two sites only."""

    def __init__(self, client: AsyncClient, places: Places) -> None:
        self._client = client
        self._places = places
        self._cookies: dict[str, str] = {}

    async def get(self, url: str) -> Response:
        """The page behind `url`, redirects followed, at most ten."""
        for _ in range(10):
            own = url.startswith(self._places.service)
            answer = await self._client.get(url, headers={"Cookie": self._cookie_line()} if own else {})
            self._keep(answer)
            if answer.status_code not in (302, 303, 307):
                answer.raise_for_status()
                return answer
            url = str(answer.url.join(answer.headers["location"]))
        raise RuntimeError("too many redirects")

    async def post(self, url: str, form: dict[str, Any]) -> Response:
        """Send a form of the service's own page, then follow."""
        answer = await self._client.post(
            url, data=form, headers={"Cookie": self._cookie_line(), "Origin": self._places.service}
        )
        if answer.status_code not in (302, 303):
            answer.raise_for_status()
            return answer
        return await self.get(str(answer.url.join(answer.headers["location"])))

    def _cookie_line(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def _keep(self, answer: Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.split(";")[0]
            if value:
                self._cookies[name] = value
            else:
                self._cookies.pop(name, None)


async def show(places: Places, *, direct: str | None) -> Shown:
    """Launch, save the plan, fill the worklist, and read everything back.

    Args:
        direct: base of the server behind the practice EHR, when ids are to be read back there as well.

    Raises:
        DemoFailed: a step did not come out as it should.
    """
    services = wire(read_settings(places.environment()))
    try:
        async with new_client() as client:
            shown = Shown(PATIENT, ehr=places.fhir_base)
            await _launch_and_save(client, places, shown)
            await _fill_worklist(services)
            await _delivered(services)
            await _read_back(services, client, shown, direct)
            await _read_worklist(client, places, shown)
            return shown
    finally:
        await services.http.aclose()
        services.store.close()


class DemoFailed(Exception):
    """A step of the demo did not come out as it should."""


async def _launch(client: AsyncClient, places: Places, user: str, patient: str | None) -> tuple[Browser, Response]:
    prepared = await client.post(f"{places.ehr}/launches", json={"user": user, "patient": patient})
    prepared.raise_for_status()
    browser = Browser(client, places)
    return browser, await browser.get(prepared.json()["url"])


async def _launch_and_save(client: AsyncClient, places: Places, shown: Shown) -> None:
    browser, page = await _launch(client, places, PHYSICIAN, PATIENT)
    await browser.post(f"{page.url}/plan", plan_form(page.text))
    answer = await browser.get(f"{places.service}/fhir/RiskAssessment?patient={PATIENT}")
    found = [entry["resource"] for entry in answer.json().get("entry", [])]
    if len(found) != 1:
        raise DemoFailed(f"{len(found)} risk assessments after saving one")
    _take_figures(found[0], shown)


def plan_form(html: str) -> dict[str, Any]:
    """The fields of the page's plan form as a browser would send them untouched: hidden fields and ticked boxes."""
    found = re.search(r"<form[^>]*action=\"[^\"]*/plan\"[^>]*>(.*?)</form>", html, re.S)
    if found is None:
        raise RuntimeError("the assessment page has no form to save the plan")
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", found.group(1)):
        attributes = dict(re.findall(r'([a-z_-]+)="([^"]*)"', tag))
        ticked = attributes.get("type") not in ("checkbox", "radio") or re.search(r"\schecked\b", tag)
        if "name" in attributes and ticked:
            fields.setdefault(attributes["name"], []).append(attributes.get("value", "on"))
    return fields


def _take_figures(assessment: dict[str, Any], shown: Shown) -> None:
    """Figures from the RiskAssessment as our API gives it: percent at the wire, shares here; null = passed."""
    by_day: dict[int, tuple[float | None, float | None]] = {}
    for prediction in assessment.get("prediction", []):
        day = int(re.findall(r"\d+", prediction["outcome"]["coding"][0]["code"])[0])
        share = prediction["probabilityDecimal"] / 100
        relative = prediction.get("relativeRisk")
        by_day[day] = (round(share, 4), round(share / relative, 4) if relative else None)
    shown.risk = {f"p{day}": by_day.get(day, (None, None))[0] for day in (90, 180, 365)}
    shown.risk["group_p90"] = by_day.get(90, (None, None))[1]
    if 90 not in by_day:
        shown.risk["passed"] = True
    shown.read = dict(Counter(each["reference"].split("/")[-2] for each in assessment.get("basis", [])))


async def _fill_worklist(services: Services) -> None:
    """What the nightly `sickleave assess --unit` does: every ongoing case of the unit, before anyone has clicked."""
    profile = next(iter(services.settings.issuers.values()))
    client = services.clients.backend(profile)
    where = await unit_at(client, await organization_of(client, UNIT))
    since = services.clock.today().fromordinal(services.clock.today().toordinal() - LOOK_BACK_DAYS)
    await assess_patients(services, client, where, await patients_of_unit(client, profile, UNIT, since=since))


async def _delivered(services: Services) -> None:
    """Wait until the service's outbox is empty."""
    deadline = time.monotonic() + DELIVERED_WITHIN_S
    while time.monotonic() < deadline:
        with services.store.reading() as session:
            left = backlog(session)
        if left.parked:
            raise DemoFailed(f"the EHR refused {left.parked} writes")
        if not left.waiting:
            return
        await asyncio.sleep(0.3)
    raise DemoFailed(f"{left.waiting} writes still wait after {DELIVERED_WITHIN_S} s")


async def _read_back(services: Services, client: AsyncClient, shown: Shown, direct: str | None) -> None:
    """Every resource written for the sample patient, read from the EHR (and from the server behind it)."""
    profile = next(iter(services.settings.issuers.values()))
    ehr = services.clients.backend(profile)
    said = (await ehr.metadata()).get("software") or {}
    shown.software = f"{said.get('name', 'unnamed')} {said.get('version', '')}".strip()
    with services.store.reading() as session:
        rows = session.exec(select(WrittenRow).where(WrittenRow.patient_reference == f"Patient/{PATIENT}")).all()
        task = session.exec(select(TaskRow).where(TaskRow.patient_reference == f"Patient/{PATIENT}")).one()
    shown.diagnosis = pretty_icd(task.diagnosis) if task.diagnosis else None
    shown.day = task.day
    shown.missing = [kind for kind in KINDS if kind not in {row.kind for row in rows}]
    for row in rows:
        reference = f"{row.ehr_type}/{row.ehr_id}"
        found = await ehr.read(reference)
        if direct is not None:
            behind = await client.get(f"{direct}/{reference}")
            behind.raise_for_status()
            found = orjson.loads(behind.content)
        if (found.get("resourceType"), found.get("id")) != (row.ehr_type, row.ehr_id):
            shown.missing.append(row.kind)
            continue
        shown.written.append({"type": row.ehr_type, "id": row.ehr_id, "url": f"{direct or shown.ehr}/{reference}"})


async def _read_worklist(client: AsyncClient, places: Places, shown: Shown) -> None:
    """The list as a coordinator sees it, in its order, by our own FHIR API."""
    browser, page = await _launch(client, places, COORDINATOR, None)
    del page
    url: str | None = f"{places.service}/fhir/Task?_sort=rank&_count=100&status:not=completed"
    answer = await browser.get(url or "")
    for entry in answer.json().get("entry", []):
        task = entry["resource"]
        if entry.get("search", {}).get("mode") == "include" or task["resourceType"] != "Task":
            continue
        shown.worklist.append(
            {
                "id": task["id"],
                "patient": task["for"]["reference"],
                "status": task["status"],
                "due": task.get("restriction", {}).get("period", {}).get("end"),
                "rank": next(
                    (e["valueInteger"] for e in task.get("extension", []) if e["url"].endswith("/rank")), None
                ),
            }
        )
