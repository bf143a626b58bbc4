"""Another FHIR server behind the practice EHR: same doors, same scopes, its address never shows."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from sandbox.practice_ehr import PracticeConfig, build_practice_ehr
from sandbox.practice_ehr.by_the_book import ByTheBook
from sandbox.practice_ehr.fhir.forward import ForwardingBackend
from sandbox.practice_ehr.fhir.memory import MemoryBackend
from sandbox.practice_ehr.fhir.messages import FhirRequest
from sandbox.practice_ehr.fhir.seed import SeedRefused, seed
from sandbox.practice_ehr.samples.build import sample_resources

UPSTREAM = "http://upstream.example/fhir"
EVA = "p-eva-sandstrom"


class Upstream:
    """The own record at another address without any authorization, as HAPI is; remembers what it was asked."""

    def __init__(self) -> None:
        self.record = MemoryBackend(PracticeConfig(base_url="http://upstream.example"))
        self.asked: list[httpx2.Request] = []

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        path = request.url.path.removeprefix("/fhir").strip("/")
        headers = {name: value for name, value in request.headers.items() if name.startswith(("if-", "prefer"))}
        body = json.loads(request.content) if request.content else None
        query = tuple(httpx2.QueryParams(request.url.query).multi_items())
        found = await self.record.handle(FhirRequest(request.method, path, query, headers, body))
        content = b"" if found.body is None else json.dumps(found.body).encode()
        return httpx2.Response(found.status, content=content, headers=dict(found.headers))


@pytest.fixture(scope="module")
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture(scope="module")
def http(upstream: Upstream) -> Any:
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(upstream.answer))
    config = PracticeConfig(fhir_upstream=UPSTREAM, http=client)
    with TestClient(build_practice_ehr(config), base_url=config.base_url, follow_redirects=False) as found:
        yield found


def headers(http: Any, scope: str) -> dict[str, str]:
    token = ByTheBook(http, PracticeConfig()).launch(f"launch {scope}", patient=EVA)["access_token"]
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}


def test_samples_are_put_there_at_start(http: Any, upstream: Upstream) -> None:
    assert upstream.record.store.read("Patient", EVA)["id"] == EVA
    assert "Eva Sandström" in http.get("/").text


def test_the_token_stays_here_and_the_address_there(http: Any, upstream: Upstream) -> None:
    given = headers(http, "patient/Condition.rs user/Task.cru")
    found = http.get(f"/fhir/Condition?patient={EVA}&_count=1", headers=given)
    assert "upstream.example" not in found.text
    links = {link["relation"]: link["url"] for link in found.json()["link"]}
    assert links["next"].startswith("http://localhost:8001/fhir?")
    assert http.get(links["next"], headers=given).json()["entry"]
    task = {"resourceType": "Task", "status": "requested", "intent": "order"}
    task["for"] = {"reference": f"http://localhost:8001/fhir/Patient/{EVA}"}  # type: ignore[assignment]
    made = http.post("/fhir/Task", json=task, headers=given)
    assert made.status_code == 201
    assert made.headers["location"].startswith("http://localhost:8001/fhir/Task/")
    assert all("authorization" not in request.headers for request in upstream.asked)


def test_scopes_hold_in_front_of_it_too(http: Any) -> None:
    given = headers(http, "patient/Condition.rs")
    assert http.get("/fhir/Condition/diagnos-nils-ahlstrand-1", headers=given).status_code == 403
    assert http.get("/fhir/Task", headers=given).status_code == 403
    assert http.get(f"/fhir/Patient/{EVA}").status_code == 401


def test_versions_and_conditions_pass_through(http: Any) -> None:
    given = headers(http, "user/Task.crus")
    task = {"resourceType": "Task", "status": "requested", "intent": "order", "identifier": [{"value": "77"}]}
    once = {**given, "If-None-Exist": "identifier=77"}
    made = http.post("/fhir/Task", json=task, headers=once)
    assert (made.status_code, http.post("/fhir/Task", json=task, headers=once).status_code) == (201, 200)
    place = f"/fhir/Task/{made.json()['id']}"
    assert http.put(place, json=made.json(), headers={**given, "If-Match": 'W/"9"'}).status_code == 412


def test_metadata_names_the_software_behind(http: Any, upstream: Upstream) -> None:
    assert http.get("/fhir/metadata").json()["implementation"]["url"] == "http://localhost:8001/fhir"
    assert http.get("/health").json()["record"]["name"]


def test_an_upstream_that_is_away_is_a_503() -> None:
    def away(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody there", request=request)

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(away))
    config = PracticeConfig(fhir_upstream=UPSTREAM, http=client, samples=False)
    answer = TestClient(build_practice_ehr(config), base_url=config.base_url).get("/fhir/metadata")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_seeding_says_what_was_refused() -> None:
    def full(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(422, json={"resourceType": "OperationOutcome", "issue": [{"diagnostics": "no room"}]})

    backend = ForwardingBackend(
        UPSTREAM, "http://localhost:8001/fhir", httpx2.AsyncClient(transport=httpx2.MockTransport(full))
    )
    with pytest.raises(SeedRefused, match="no room"):
        asyncio.run(seed(backend, sample_resources(datetime(2026, 11, 20, tzinfo=UTC).date())))
