"""The whole launch against the strict practice EHR: nothing of it is made to suit us."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from fhir_mapping.read.case import Chart
from sandbox.practice_ehr import PracticeConfig, Quirks, Registration, build_practice_ehr
from smart_app.clock import SystemClock
from smart_app.ehr.case_query import read_chart
from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import EhrVersionClash, NoToken
from smart_app.ehr.tokens import FixedToken
from smart_app.ehr.unit_query import patients_of_unit
from smart_app.issuers import IssuerProfile
from smart_app.launch import logout
from smart_app.launch.clients import Clients
from smart_app.launch.context import LaunchContext
from smart_app.launch.sessions import find_open
from smart_app.launch.tokens import LaunchTokens
from smart_app.wiring import Services
from tests.unit.launch.launching import APP, BASE, EHR, a_store, browser_at, service_app, services_for

EVA = "p-eva-sandstrom"
CANONICALS = tuple(
    f"https://sickleave-on-fhir.example/fhir/Questionnaire/fk7804-{version}" for version in ("v1|1.0", "v2|2.0")
)


class Pair:
    """Service and practice EHR, each reaching the other without sockets."""

    def __init__(
        self, folder: Path, quirks: Quirks, *, registrations: tuple[Registration, ...] = (), **profile: Any
    ) -> None:
        class Late(httpx2.AsyncBaseTransport):
            async def handle_async_request(transport, request: httpx2.Request) -> httpx2.Response:  # noqa: N805
                return await httpx2.ASGITransport(app=self.app).handle_async_request(request)

        config = PracticeConfig(
            base_url=EHR,
            service_url=APP,
            quirks=quirks,
            registrations=registrations,
            http=httpx2.AsyncClient(transport=Late(), base_url=APP),
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
        launch_id = self.landed.partition("?")[0].rpartition("/")[2]
        return find_open(self.given, launch_id, dict(self.browser.cookies))


def read(pair: Pair, context: LaunchContext) -> Chart:
    """The patient's chart with the launch's own token."""
    return asyncio.run(
        read_chart(
            Clients(pair.given).for_launch(context),
            patient=context.patient or "",
            granted=context.granted,
            questionnaires=CANONICALS,
            since=pair.given.clock.today() - timedelta(days=1100),
        )
    )


@pytest.mark.requirement("smart-app-launch_2.2_client@22,291,293,298")
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
    chart = read(pair, context)
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


def test_public_client_launches(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks(), client_id="sickleave-public", auth="public")
    assert pair.launch(user="amir-haddad", patient=EVA).role == "physician"


@pytest.mark.requirement("smart-app-launch_2.2_client@225,264,291")
def test_backend_service_finds_the_patients_of_a_unit(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks())
    unit = pair.launch(user="amir-haddad", patient=EVA).owner.care_unit
    profile = pair.given.profile("practice")
    client = Clients(pair.given).backend(profile)
    since = pair.given.clock.today() - timedelta(days=400)
    found = asyncio.run(patients_of_unit(client, profile, unit, since=since))
    assert f"Patient/{EVA}" in found
    assert len(found) == len(set(found)) > 5


def test_scopes_that_the_ehr_drops_in_silence_are_withheld_not_fatal(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks(refuse_scopes=("patient/Encounter", "patient/RiskAssessment")))
    context = pair.launch(user="amir-haddad", patient=EVA)
    assert not context.granted.allows_somehow("RiskAssessment", "c")
    chart = read(pair, context)
    assert chart.withheld == ("Encounter",)
    assert {"Condition", "QuestionnaireResponse"} <= {each["resourceType"] for each in chart.resources}


def test_closed_launch_has_no_token_left_and_the_background_takes_over(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks())
    context = pair.launch(user="amir-haddad", patient=EVA)
    clients = Clients(pair.given)
    by_launch = asyncio.run(clients.for_issuer("practice", context.id))
    assert asyncio.run(by_launch.granted()).allows("patient", "Condition", "s")
    asyncio.run(logout.close(pair.given, context))
    with pytest.raises(NoToken, match="closed"):
        asyncio.run(by_launch.read(f"Patient/{EVA}"))
    instead = asyncio.run(clients.for_issuer("practice", context.id))
    assert asyncio.run(instead.granted()).allows("system", "Condition", "s")


def test_revoked_token_is_dead_at_the_ehr(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks())
    context = pair.launch(user="amir-haddad", patient=EVA)
    token = asyncio.run(LaunchTokens(pair.given, context.id, "practice").token())
    asyncio.run(logout.close(pair.given, context))
    stolen = EhrClient(pair.given.http, context.profile, FixedToken("practice", token))
    with pytest.raises(NoToken, match="refused"):
        asyncio.run(stolen.read(f"Patient/{EVA}"))


def test_transaction_create_update_and_identifier_search(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks())
    client = Clients(pair.given).backend(pair.given.profile("practice"))
    identifier = {"system": "https://x.example/id/task", "value": "t-1"}
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "plan",
        "identifier": [identifier],
        "for": {"reference": f"Patient/{EVA}"},
    }
    query = f"identifier={identifier['system']}|{identifier['value']}"

    async def walk() -> None:
        first = await client.create(task, if_none_exist=query)
        again = await client.create(task, if_none_exist=query)
        assert first.id == again.id is not None
        (found,) = await client.search("Task", {"identifier": query.partition("=")[2]}, post=True)
        assert found["id"] == first.id
        changed = await client.update(found | {"status": "accepted"}, if_match=first.version_id)
        assert changed.version_id != first.version_id
        with pytest.raises(EhrVersionClash):
            await client.update(found | {"status": "rejected"}, if_match=first.version_id)
        entry = {"request": {"method": "GET", "url": f"Task/{first.id}"}}
        answer = await client.transaction({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
        assert answer["entry"][0]["resource"]["status"] == "accepted"

    asyncio.run(walk())
