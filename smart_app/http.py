"""The one place that knows the HTTP client library, and the rules for every request that leaves us.

No redirects, no proxy from the environment, five seconds per step and ten in all, five megabytes, and only to the
issuer's own origins.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2 as http_library

from smart_app.issuers import IssuerProfile, origin_of

TIMEOUT_S = 5.0
"""For connecting, and for each wait for the next byte."""
TOTAL_S = 10.0
"""For one request and its complete answer: a server that sends a byte now and then holds nobody longer than this."""
LIMIT_BYTES = 5_000_000

AsyncClient = http_library.AsyncClient
AsyncBaseTransport = http_library.AsyncBaseTransport
Response = http_library.Response
TransportError = http_library.TransportError
HttpError = http_library.HTTPError
NOTHING_SENT = (http_library.ConnectError, http_library.ConnectTimeout, http_library.PoolTimeout)
"""Transport errors after which the other side has certainly not seen the request."""


@dataclass
class OriginRefused(Exception):
    """A request was about to leave for an origin that the issuer's profile does not name."""

    issuer: str
    origin: str

    def __str__(self) -> str:
        return f"{self.issuer}: {self.origin} is not among the issuer's allowed origins"


@dataclass
class AnswerTooLarge(Exception):
    """The answer passed the size limit; reading stopped there."""

    issuer: str
    limit_bytes: int

    def __str__(self) -> str:
        return f"{self.issuer}: the answer is larger than {self.limit_bytes} bytes"


class AnswerTooSlow(TransportError):
    """The complete answer had not come within the total time; whether the EHR acted on the request is unknown."""

    def __init__(self, issuer: str, limit_s: float) -> None:
        super().__init__(f"{issuer}: no complete answer within {limit_s:g} s")
        self.issuer = issuer
        self.limit_s = limit_s


class AnswerUnreadable(TransportError):
    """The answer is compressed though we asked for none: unpacking it could pass every size limit."""

    def __init__(self, issuer: str) -> None:
        super().__init__(f"{issuer}: the answer is compressed though none was asked for")
        self.issuer = issuer


@dataclass(frozen=True)
class Answer:
    """One complete HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def new_client(transport: AsyncBaseTransport | None = None, *, timeout_s: float = TIMEOUT_S) -> AsyncClient:
    """A client under our outbound rules; `transport` is for tests that answer in-process."""
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).disabled = True  # it logs whole URLs, and those may name a patient
    return AsyncClient(
        timeout=timeout_s,
        follow_redirects=False,
        trust_env=False,
        transport=transport,
        headers={"User-Agent": "sickleave-on-fhir", "Accept-Encoding": "identity"},
    )


async def send(
    client: AsyncClient,
    profile: IssuerProfile,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    form: Mapping[str, str] | None = None,
    limit_bytes: int = LIMIT_BYTES,
) -> Answer:
    """One request to one of the issuer's own origins.

    Raises:
        OriginRefused: before anything is sent, when `url` is elsewhere.
        AnswerTooLarge: the answer passed `limit_bytes`.
        TransportError: nothing (complete) came back; whether the EHR acted on it is unknown, except after one of
            `NOTHING_SENT`. `AnswerTooSlow` and `AnswerUnreadable` are such errors.
    """
    _see_that_permitted(profile, url)
    arguments: dict[str, Any] = {"headers": dict(headers or {})}
    if form is not None:
        arguments["data"] = dict(form)
    if content is not None:
        arguments["content"] = content
    try:
        async with asyncio.timeout(TOTAL_S), client.stream(method, url, **arguments) as response:
            return await _whole(profile, response, limit_bytes)
    except TimeoutError as slow:
        raise AnswerTooSlow(profile.id, TOTAL_S) from slow


def _see_that_permitted(profile: IssuerProfile, url: str) -> None:
    """Raises OriginRefused; also for what is no address at all, such as one with control characters or port 99999."""
    try:
        http_library.URL(url)
        origin, permitted = origin_of(url), profile.permits(url)
    except (ValueError, http_library.InvalidURL):
        raise OriginRefused(profile.id, "-") from None
    if not permitted:
        raise OriginRefused(profile.id, origin)


async def _whole(profile: IssuerProfile, response: Response, limit_bytes: int) -> Answer:
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise AnswerUnreadable(profile.id)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > limit_bytes:
            raise AnswerTooLarge(profile.id, limit_bytes)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, bytes(body))


def reachable(url: str) -> bool:
    """Whether `url` answers 200 (start of the demo, loopback only)."""
    try:
        return http_library.get(url, timeout=2.0, trust_env=False).status_code == 200
    except HttpError:
        return False
