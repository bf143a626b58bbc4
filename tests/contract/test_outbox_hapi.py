"""The outbox against a real FHIR server: a broken connection, a stale version, a hundred times the same."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from smart_app.ehr.client import EhrClient
from smart_app.ehr.tokens import AccessToken, FixedToken
from smart_app.http import new_client
from smart_app.issuers import IssuerProfile, WriteMode
from smart_app.launch.scopes import parse
from tests.outbox_desk import NAMESPACE, PATIENT, Desk, Ids, assessment_write, open_desk

Json = dict[str, Any]


class Breaking(httpx2.AsyncHTTPTransport):
    """Loses the answers of the next writes, after the server has acted."""

    def __init__(self, losses: list[str]) -> None:
        super().__init__()
        self.losses = losses

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        writes = request.method == "PUT" or (not request.url.path.endswith("/_search") and request.method == "POST")
        if self.losses and writes:
            self.losses.pop()
            await response.aread()
            raise httpx2.ReadError("reset", request=request)
        return response


@dataclass
class HapiDesk(Desk):
    """A desk whose EHR is a real server."""

    base: str = ""
    losses: list[str] = field(default_factory=list)
    write_mode: WriteMode = "auto"

    async def for_issuer(self, issuer_id: str, launch_id: str | None) -> EhrClient:
        profile = IssuerProfile(id="demo", name="HAPI", fhir_base=self.base, client_id="us", write_mode=self.write_mode)
        token = FixedToken(issuer_id, AccessToken("t", parse(self.scopes)))
        return EhrClient(new_client(Breaking(self.losses)), profile, token, clock=self.clock)

    def found(self, kind: str, name: str) -> list[Json]:
        """What stands there under one of our identifiers or tags."""

        async def ask() -> list[Json]:
            type_ = {"assessment": "RiskAssessment", "plan": "CarePlan", "task": "Task", "write": "Provenance"}[kind]
            parameter = "_tag" if kind == "write" else "identifier"
            client = await self.for_issuer("demo", None)
            return list(await client.search(type_, {parameter: f"{NAMESPACE}/{kind}|{name}"}, post=True))

        return asyncio.run(ask())

    def of(self, ids: Ids) -> dict[str, list[str]]:
        """Versions of everything of one write; one list item per resource."""
        things = {"assessment": ids.assessment, "plan": ids.plan, "task": ids.task, "write": ids.provenance}
        return {kind: [one["meta"]["versionId"] for one in self.found(kind, name)] for kind, name in things.items()}

    def somebody_changes(self, resource: Json) -> None:
        async def change() -> None:
            await (await self.for_issuer("demo", None)).update(resource, if_match=None)

        asyncio.run(change())


@pytest.fixture
def desk(hapi: str, tmp_path: Path) -> Iterator[HapiDesk]:
    opened = HapiDesk(open_desk(f"sqlite:///{tmp_path / 'outbox.sqlite'}").store, base=hapi)
    opened.somebody_changes({"resourceType": "Patient", "id": PATIENT.split("/")[1]})
    yield opened
    opened.store.close()


def test_an_answer_lost_after_the_server_acted_doubles_nothing(desk: HapiDesk) -> None:
    ids = Ids()
    desk.put_in(desk.new_case(), *assessment_write(ids))
    desk.losses.append("this one")
    assert desk.deliver().waiting == 1
    desk.wait(minutes=5)

    assert desk.deliver().delivered == 1
    assert desk.of(ids) == {"assessment": ["1"], "plan": ["1"], "task": ["1"], "write": ["1"]}


def test_the_same_twenty_times_is_one_of_each(desk: HapiDesk) -> None:
    case, ids = desk.new_case(), Ids()
    for _ in range(20):
        desk.put_in(case, *assessment_write(ids))
        assert desk.deliver().delivered == 1

    assert {kind: len(found) for kind, found in desk.of(ids).items()} == dict.fromkeys(
        ("assessment", "plan", "task", "write"), 1
    )


def test_what_somebody_did_to_the_plan_meanwhile_is_kept(desk: HapiDesk) -> None:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids, plan_status="active"))
    desk.deliver()
    (plan,) = desk.found("plan", ids.plan)
    desk.somebody_changes({**plan, "status": "completed", "note": [{"text": "klart"}]})
    desk.put_in(case, *assessment_write(Ids(plan=ids.plan, task=ids.task), plan_status="active", title="Ny plan"))

    assert desk.deliver().delivered == 1
    (plan,) = desk.found("plan", ids.plan)
    assert (plan["status"], plan["title"], plan["note"]) == ("completed", "Ny plan", [{"text": "klart"}])


def test_the_first_step_is_chosen_by_the_server_s_own_statement(desk: HapiDesk) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    assert desk.deliver().delivered == 1
    assert (desk.row(number).step, desk.row(number).step_why) == ("transaction", "capability")


def test_put_after_put_is_one_of_each_though_every_answer_is_lost_once(desk: HapiDesk) -> None:
    desk.write_mode = "put"
    case, ids = desk.new_case(), Ids()
    number = desk.put_in(case, *assessment_write(ids))
    for _ in range(4):
        desk.losses.append("this one")
        assert desk.deliver().waiting == 1
        desk.wait(minutes=20)
    assert desk.deliver().delivered == 1
    assert desk.row(number).step == "put"
    assert desk.of(ids) == {"assessment": ["1"], "plan": ["1"], "task": ["1"], "write": ["1"]}
    assert desk.found("plan", ids.plan)[0]["id"] == ids.plan

    desk.put_in(case, *assessment_write(ids))
    assert desk.deliver().delivered == 1
    assert {kind: len(found) for kind, found in desk.of(ids).items()} == dict.fromkeys(
        ("assessment", "plan", "task", "write"), 1
    )


def test_a_document_is_one_document_though_its_answer_is_lost(desk: HapiDesk) -> None:
    desk.write_mode = "document"
    case, ids = desk.new_case(), Ids()
    for _ in range(2):
        number = desk.put_in(case, *assessment_write(ids))
        desk.losses.append("this one")
        desk.deliver()
        desk.losses.clear()
        desk.wait(minutes=5)
        desk.deliver()
    assert (desk.row(number).state, desk.row(number).step) == ("delivered", "document")

    async def ask() -> list[Json]:
        return list(await (await desk.for_issuer("demo", None)).search("DocumentReference", {"patient": PATIENT}))

    def holds(paper: Json) -> bool:
        data = base64.b64decode(paper["content"][1]["attachment"]["data"])
        return ids.plan in data.decode()

    assert [paper["meta"]["versionId"] for paper in asyncio.run(ask()) if holds(paper)] == ["1"]
    assert desk.of(ids) == {"assessment": [], "plan": [], "task": [], "write": []}


def test_export_only_sends_nothing(desk: HapiDesk) -> None:
    desk.write_mode = "export"
    ids = Ids()
    desk.put_in(desk.new_case(), *assessment_write(ids))
    assert desk.deliver().kept == 1
    assert desk.of(ids) == {"assessment": [], "plan": [], "task": [], "write": []}
