"""The one place that knows the HTTP client library, and the rules for every request that leaves us.

No redirects, no proxy from the environment, five seconds, five megabytes, and only to the issuer's own origins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2 as http_library

from smart_app.issuers import IssuerProfile, origin_of

TIMEOUT_S = 5.0
LIMIT_BYTES = 5_000_000

AsyncClient = http_library.AsyncClient
AsyncBaseTransport = http_library.AsyncBaseTransport
Response = http_library.Response
TransportError = http_library.TransportError


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


@dataclass(frozen=True)
class Answer:
    """One complete HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def new_client(transport: AsyncBaseTransport | None = None) -> AsyncClient:
    """A client under our outbound rules; `transport` is for tests that answer in-process."""
    return AsyncClient(
        timeout=TIMEOUT_S,
        follow_redirects=False,
        trust_env=False,
        transport=transport,
        headers={"User-Agent": "sickleave-on-fhir"},
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
        TransportError: nothing (complete) came back; whether the EHR acted on it is unknown.
    """
    if not profile.permits(url):
        raise OriginRefused(profile.id, origin_of(url))
    arguments: dict[str, Any] = {"headers": dict(headers or {})}
    if form is not None:
        arguments["data"] = dict(form)
    if content is not None:
        arguments["content"] = content
    async with client.stream(method, url, **arguments) as response:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > limit_bytes:
                raise AnswerTooLarge(profile.id, limit_bytes)
        return Answer(response.status_code, dict(response.headers), bytes(body))
