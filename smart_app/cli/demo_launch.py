"""One EHR launch as a browser would do it, over HTTP, and what came of it, read back from the EHR."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from smart_app.assessment.unit import assess_unit
from smart_app.cli.demo_places import Places
from smart_app.ehr.client import EhrClient
from smart_app.http import AsyncClient, Response, new_client
from smart_app.launch.backend_services import backend_tokens
from smart_app.settings import read_settings
from smart_app.wiring import Services, wire

PATIENT = "p-eva-sandstrom"
PHYSICIAN = "amir-haddad"
COORDINATOR = "sofia-oberg"
DELIVERED_WITHIN_S = 30
WRITTEN_TYPES = ("RiskAssessment", "CarePlan", "Task", "Provenance")
HORIZONS = (90, 180, 365)


@dataclass
class Shown:
    """What the demo found; `complete` when all that was to be written was read back from the EHR."""

    patient: str
    diagnosis: str | None = None
    day: int | None = None
    risk: dict[str, Any] = field(default_factory=dict)
    software: str = ""
    ehr: str = ""
    read: list[str] = field(default_factory=list)
    written: list[dict[str, str]] = field(default_factory=list)
    worklist: list[dict[str, Any]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return {one["type"] for one in self.written} >= set(WRITTEN_TYPES) and bool(self.worklist)

    def document(self) -> dict[str, Any]:
        return {
            "patient": self.patient,
            "diagnosis": self.diagnosis,
            "day": self.day,
            "risk": self.risk,
            "ehr": {"software": self.software, "url": self.ehr},
            "written": self.written,
            "worklist": self.worklist,
        }

    def in_words(self) -> str:
        return ""  # see demo_words


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
    """
    services = wire(read_settings(places.environment()))
    try:
        async with new_client() as client:
            shown = Shown(PATIENT, ehr=places.fhir_base)
            await _launch_and_save(client, places, shown)
            await _fill_worklist(services, client, places, shown)
            await _read_back(services, client, places, shown, direct)
            return shown
    finally:
        await services.http.aclose()
        services.store.close()


async def _launch(client: AsyncClient, places: Places, user: str, patient: str | None) -> tuple[Browser, Response]:
    prepared = await client.post(f"{places.ehr}/launches", json={"user": user, "patient": patient})
    prepared.raise_for_status()
    browser = Browser(client, places)
    return browser, await browser.get(prepared.json()["url"])


async def _launch_and_save(client: AsyncClient, places: Places, shown: Shown) -> None:
    browser, page = await _launch(client, places, PHYSICIAN, PATIENT)
    form = plan_form(page.text)
    await browser.post(f"{page.url}/plan", form)
    assessment = await browser.get(f"{places.service}/fhir/RiskAssessment?patient={PATIENT}")
    _take_figures(assessment.json(), shown)
    _ = asyncio


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


def _take_figures(bundle: dict[str, Any], shown: Shown) -> None:
    del bundle, shown


async def _fill_worklist(services: Services, client: AsyncClient, places: Places, shown: Shown) -> None:
    del services, client, places, shown
    _ = assess_unit


async def _read_back(services: Services, client: AsyncClient, places: Places, shown: Shown, direct: str | None) -> None:
    del services, client, places, shown, direct
    _ = (EhrClient, backend_tokens)
