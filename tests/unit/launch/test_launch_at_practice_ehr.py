"""The whole launch against the strict practice EHR: nothing of it is made to suit us."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from sandbox.practice_ehr import PracticeConfig, Quirks, build_practice_ehr
from smart_app.clock import SystemClock
from smart_app.ehr.case_query import read_chart
from smart_app.ehr.unit_query import patients_of_unit
from smart_app.issuers import IssuerProfile
from smart_app.launch.clients import Clients
from smart_app.launch.context import LaunchContext
from smart_app.launch.sessions import find_open
from smart_app.wiring import Services
from tests.unit.launch.launching import APP, BASE, EHR, a_store, browser_at, query_of, service_app, services_for

EVA = "p-eva-sandstrom"
CANONICALS = tuple(
    f"https://sickleave-on-fhir.example/fhir/Questionnaire/fk7804-{version}" for version in ("v1|1.0", "v2|2.0")
)


class Pair:
    """Service and practice EHR, each reaching the other without sockets."""

    def __init__(self, folder: Path, quirks: Quirks, **profile: Any) -> None:
        class Late(httpx2.AsyncBaseTransport):
            async def handle_async_request(transport, request: httpx2.Request) -> httpx2.Response:  # noqa: N805
                return await httpx2.ASGITransport(app=self.app).handle_async_request(request)

        config = PracticeConfig(
            base_url=EHR, service_url=APP, quirks=quirks, http=httpx2.AsyncClient(transport=Late(), base_url=APP)
        )
        practice = build_practice_ehr(config)
        issuer = IssuerProfile(
            id="practice",
            name="Övnings-EHR",
            fhir_base=BASE,
            client_id=profile.pop("client_id", "sickleave"),
            backend_client_id="sickleave-backend",
            **profile,
        )
        self.given: Services = services_for(a_store(folder), issuer, httpx2.ASGITransport(app=practice), SystemClock())
        self.app: FastAPI = service_app(self.given)
        self.browser = browser_at(self.app)
        self.ehr_browser = browser_at(practice, EHR)

    def launch(self, **context: str) -> LaunchContext:
        """An EHR launch through both; the open launch."""
        handle = self.ehr_browser.post("/launches", json=context).json()["launch"]
        begun = self.browser.get("/launch", params={"iss": BASE, "launch": handle})
        approved = self.ehr_browser.get(begun.headers["location"])
        back = approved.headers["location"]
        assert back.startswith(f"{APP}/callback?"), back
        landed = self.browser.get(back)
        assert landed.status_code == 303, landed.text
        self.landed = landed.headers["location"]
        launch_id = self.landed.rpartition("/")[2]
        return find_open(self.given, launch_id, dict(self.browser.cookies))


@pytest.mark.parametrize("alg", ["ES384", "RS384"])
def test_physician_launch_ends_at_the_patient_and_reads_the_chart(tmp_path: Path, alg: str) -> None:
    pair = Pair(tmp_path, Quirks(), signing_alg=alg)
    context = pair.launch(user="amir-haddad", patient=EVA)
    assert pair.landed == f"/assessment/{context.id}"
    assert (context.role, context.patient) == ("physician", f"Patient/{EVA}")
    assert context.owner.care_unit.startswith("SE")
    assert context.owner.care_provider.startswith("SE")
    assert context.owner.care_provider != context.owner.care_unit
    assert context.granted.allows("patient", "RiskAssessment", "c")
    client = Clients(pair.given).for_launch(context)
    chart = asyncio.run(
        read_chart(
            client,
            patient=context.patient or "",
            granted=context.granted,
            questionnaires=CANONICALS,
            since=date.today() - timedelta(days=1100),  # noqa: DTZ011
        )
    )
    kinds = {each["resourceType"] for each in chart.resources}
    assert chart.patient["id"] == EVA
    assert {"Condition", "QuestionnaireResponse", "PractitionerRole", "Organization"} <= kinds
    assert chart.withheld == ()


def test_coordinator_launch_without_patient_ends_at_the_worklist(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks(id_token_kid=False, token_type="bearer", relative_endpoints=True))
    context = pair.launch(user="sofia-oberg")
    assert pair.landed == f"/worklist/{context.id}"
    assert (context.role, context.patient) == ("coordinator", None)
    assert context.granted.allows("user", "Task", "u")
    assert not context.granted.allows("patient", "Patient", "r")


@pytest.mark.parametrize("client_id", ["sickleave-public"])
def test_public_client_launches(tmp_path: Path, client_id: str) -> None:
    pair = Pair(tmp_path, Quirks(), client_id=client_id, auth="public")
    assert pair.launch(user="amir-haddad", patient=EVA).role == "physician"


def test_backend_service_finds_the_patients_of_a_unit(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks())
    unit = pair.launch(user="amir-haddad", patient=EVA).owner.care_unit
    profile = pair.given.profile("practice")
    client = Clients(pair.given).backend(profile)
    since = date.today() - timedelta(days=400)  # noqa: DTZ011
    found = asyncio.run(patients_of_unit(client, profile, unit, since=since))
    assert f"Patient/{EVA}" in found
    assert len(found) == len(set(found)) > 5


def test_refused_scopes_are_withheld_not_fatal(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks(refuse_scopes=("patient/Encounter", "user/Organization")))
    handle = pair.ehr_browser.post("/launches", json={"user": "amir-haddad", "patient": EVA}).json()["launch"]
    asked = query_of(pair.browser.get("/launch", params={"iss": BASE, "launch": handle}).headers["location"])
    assert "patient/Encounter.rs" in asked["scope"].split()
