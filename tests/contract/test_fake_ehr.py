"""The fake EHR of the outbox's tests has the manners of a real server (HAPI FHIR R4), and the practice EHR too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from fhir_mapping.write.bundle import KnownVersion, read_outcome, transaction
from fhir_mapping.write.entry import WriteEntry
from sandbox.practice_ehr import PracticeConfig, build_practice_ehr
from sandbox.practice_ehr.by_the_book import ByTheBook
from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import EhrRefused, EhrVersionClash
from smart_app.ehr.tokens import AccessToken, FixedToken
from smart_app.http import new_client
from smart_app.issuers import IssuerProfile
from smart_app.launch.scopes import parse
from smart_app.outbox.look_up import find
from tests.fake_ehr import BASE, FakeEhr
from tests.outbox_desk import PATIENT, Ids, assessment_write, entry, new_uuid

Work = Callable[[EhrClient], Coroutine[Any, Any, None]]
Run = Callable[[Work], None]


Server = tuple[str, Callable[[], httpx2.AsyncClient], str]


def _fake(_: pytest.FixtureRequest) -> Server:
    return BASE, FakeEhr().client, "t"


def _hapi(request: pytest.FixtureRequest) -> Server:
    return str(request.getfixturevalue("hapi")), new_client, "t"


def _practice(_: pytest.FixtureRequest) -> Server:
    config = PracticeConfig()
    app = build_practice_ehr(config)
    with TestClient(app, base_url=config.base_url, follow_redirects=False) as browser:
        token = str(ByTheBook(browser, config).launch("launch user/*.cruds")["access_token"])
    return f"{config.base_url}/fhir", lambda: new_client(httpx2.ASGITransport(app=app)), token


@pytest.fixture(params=[_fake, _hapi, _practice], ids=["fake", "hapi", "practice"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs an async piece of work with a client of each server."""
    base, connect, token = request.param(request)

    def carry_out(work: Work) -> None:
        async def whole() -> None:
            source = FixedToken("demo", AccessToken(token, parse("user/*.cruds")))
            async with connect() as http:
                client = EhrClient(http, IssuerProfile(id="demo", name="", fhir_base=base, client_id="us"), source)
                if base != BASE:
                    await client.update({"resourceType": "Patient", "id": PATIENT.split("/")[1]}, if_match=None)
                await work(client)

        asyncio.run(whole())

    return carry_out


async def _send(
    client: EhrClient, entries: tuple[WriteEntry, ...], **known: KnownVersion
) -> list[tuple[str, str, int]]:
    answer = await client.transaction(
        transaction(entries, {entry.full_url: v for entry in entries for k, v in known.items() if k == entry.kind})
    )
    return [(one.id, str(one.version_id), one.status) for one in read_outcome(answer, entries)]


def test_sent_twice_it_is_created_once(run: Run) -> None:
    async def work(client: EhrClient) -> None:
        entries = assessment_write(Ids())
        first, again = await _send(client, entries), await _send(client, entries)
        assert [status for _, _, status in first] == [201] * 4
        assert [status for _, _, status in again] == [200] * 4
        assert [id_ for id_, _, _ in first] == [id_ for id_, _, _ in again]

    run(work)


def test_what_was_written_is_found_by_identifier_and_by_tag(run: Run) -> None:
    async def work(client: EhrClient) -> None:
        entries = assessment_write(Ids())
        assert [await find(client, one) for one in entries] == [None] * 4
        written = await _send(client, entries)
        found = [await find(client, one) for one in entries]
        assert [one and one["id"] for one in found] == [id_ for id_, _, _ in written]

    run(work)


def test_a_change_based_on_the_right_version_is_made_and_on_an_old_one_refused_whole(run: Run) -> None:
    async def work(client: EhrClient) -> None:
        ids = Ids()
        (_, (id_, version, _), _, _) = await _send(client, assessment_write(ids))
        known = KnownVersion(id_, version)
        changed = entry("plan", ids.plan, status="active", title="Ny plan")
        ((_, second, status),) = await _send(client, (changed,), plan=known)
        assert (second != version, status) == (True, 200)
        other = entry("assessment", new_uuid(), status="final")
        with pytest.raises(EhrVersionClash):
            await _send(client, (other, changed), plan=known)
        assert await find(client, other) is None
        assert (await client.read(f"CarePlan/{id_}"))["meta"]["versionId"] == second

    run(work)


def test_a_change_at_an_unused_id_is_not_always_refused(run: Run, request: pytest.FixtureRequest) -> None:
    """HAPI creates there whatever the If-Match; the practice EHR answers 412. So the outbox reads before it changes."""

    async def work(client: EhrClient) -> None:
        id_ = f"nowhere-{new_uuid()[:8]}"
        changed = entry("plan", new_uuid(), status="active")
        if request.node.callspec.id == "practice":
            with pytest.raises(EhrVersionClash):
                await _send(client, (changed,), plan=KnownVersion(id_, "7"))
        else:
            assert await _send(client, (changed,), plan=KnownVersion(id_, "7")) == [(id_, "1", 201)]

    run(work)


def test_a_link_to_something_that_is_not_there_is_refused_whole(run: Run) -> None:
    async def work(client: EhrClient) -> None:
        lost = entry("task", new_uuid(), status="requested", focus={"reference": f"CarePlan/nowhere-{new_uuid()[:8]}"})
        other = entry("assessment", new_uuid(), status="final")
        with pytest.raises(EhrRefused):
            await _send(client, (other, lost))
        assert await find(client, other) is None

    run(work)


def test_reading_what_is_not_there_is_404(run: Run) -> None:
    async def work(client: EhrClient) -> None:
        with pytest.raises(EhrRefused) as refused:
            await client.read(f"CarePlan/nowhere-{new_uuid()[:8]}")
        assert refused.value.status == 404

    run(work)
