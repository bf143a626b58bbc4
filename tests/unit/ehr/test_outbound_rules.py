"""The one way out, on real sockets: pinned, no redirects, no proxy, bounded in size and in time."""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from smart_app import http
from smart_app.http import Answer, AnswerTooLarge, AnswerTooSlow, AnswerUnreadable, OriginRefused, new_client, send
from smart_app.issuers import IssuerProfile
from smart_app.issuers_file import WrongIssuers, parse_issuers

Say = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def a_server(say: Say) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A socket that says what it likes; its address, and what it heard."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        try:
            await say(writer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", heard


def plain(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> Say:
    async def say(writer: asyncio.StreamWriter) -> None:
        head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), b"Connection: close", *headers]
        writer.write(b"\r\n".join(head) + b"\r\n\r\n" + body)

    return say


def ask(say: Say, path: str = "/fhir/Patient/1") -> tuple[Answer, list[bytes]]:
    async def whole() -> tuple[Answer, list[bytes]]:
        async with a_server(say) as (address, heard), new_client() as client:
            profile = IssuerProfile(id="x", name="X", fhir_base=f"{address}/fhir", client_id="c")
            return await send(client, profile, "GET", address + path), heard

    return asyncio.run(whole())


def test_answer_comes_whole_with_lower_case_headers() -> None:
    answer, heard = ask(plain(b'{"a":1}', b"X-Some: Thing"))
    assert (answer.status, answer.body, answer.headers["x-some"]) == (200, b'{"a":1}', "Thing")
    assert b"accept-encoding: identity" in heard[0].lower()


def test_redirect_comes_back_as_it_is() -> None:
    answer, heard = ask(plain(b"", b"Location: /fhir/Patient/2", status=b"302 Found"))
    assert (answer.status, len(heard)) == (302, 1)


def test_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(plain(b"{}"))[0].status == 200


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "https://evil.example/", "file:///etc/passwd", "http://[::1]/"]
)
def test_other_origins_are_refused_before_anything_is_sent(url: str) -> None:
    async def whole() -> list[bytes]:
        async with a_server(plain(b"{}")) as (address, heard), new_client() as client:
            profile = IssuerProfile(id="x", name="X", fhir_base=f"{address}/fhir", client_id="c")
            with pytest.raises(OriginRefused):
                await send(client, profile, "GET", url)
            return heard

    assert asyncio.run(whole()) == []


def test_five_megabytes_are_enough() -> None:
    assert len(ask(plain(b"x" * 5_000_000))[0].body) == 5_000_000
    with pytest.raises(AnswerTooLarge):
        ask(plain(b"x" * 5_000_001))


def test_compressed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    assert len(bomb) < 5_000_000
    with pytest.raises(AnswerUnreadable):
        ask(plain(bomb, b"Content-Encoding: gzip"))


def test_answer_that_drips_is_cut_off_in_total_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TOTAL_S", 0.4)

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    began = time.monotonic()
    with pytest.raises(AnswerTooSlow) as slow:
        ask(drip)
    assert time.monotonic() - began < 2
    assert slow.value.issuer == "x"
    assert isinstance(slow.value, http.TransportError)


def test_a_server_that_takes_the_call_and_says_nothing_is_left_soon() -> None:
    async def silent(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)

    async def go() -> None:
        async with a_server(silent) as (origin, _), new_client(timeout_s=0.2) as client:
            await send(client, IssuerProfile("x", "x", f"{origin}/fhir", "c"), "GET", f"{origin}/fhir/Patient/1")

    began = time.monotonic()
    with pytest.raises(http.TransportError):
        asyncio.run(asyncio.wait_for(go(), 2))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("key", ["fhir_base", "allowed_origins", "frame_ancestors"])
@pytest.mark.parametrize(
    ("address", "at_home"),
    [
        ("http://ehr.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://user@localhost", False),
        ("ftp://localhost", False),
        ("localhost", False),
        ("http://localhost:8001", True),
        ("http://127.0.0.1", True),
    ],
)
def test_addresses_of_a_profile_are_https_but_for_loopback_in_the_demo(key: str, address: str, at_home: bool) -> None:
    table = {"id": "x", "name": "x", "fhir_base": "https://ehr.example/fhir", "client_id": "c"}
    wrong = {"issuer": [table | {key: address if key == "fhir_base" else [address]}]}
    with pytest.raises(WrongIssuers) as told:
        parse_issuers(wrong)
    assert any(key in fault for fault in told.value.faults)
    if at_home:
        assert parse_issuers(wrong, insecure_loopback=True)
    else:
        with pytest.raises(WrongIssuers):
            parse_issuers(wrong, insecure_loopback=True)


def test_no_address_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(plain(b"{}"), "/fhir/Patient?identifier=191212121212")
    assert "191212121212" not in caplog.text
