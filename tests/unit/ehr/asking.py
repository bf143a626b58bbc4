"""One EHR that answers what a test lays out, and a client for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2

from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import NoToken
from smart_app.ehr.tokens import AccessToken
from smart_app.http import new_client
from smart_app.issuers import IssuerProfile
from smart_app.launch.scopes import parse

EHR = "https://ehr.example"
BASE = f"{EHR}/fhir"
EVERYTHING = "user/*.cruds"
PROFILE = IssuerProfile(
    id="asked", name="Journalen", fhir_base=BASE, client_id="x", allowed_origins=("https://login.ehr.example",)
)
T = TypeVar("T")
Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


@dataclass
class Tokens:
    """A source that can renew its token as often as it has more."""

    values: list[str]
    scopes: str = EVERYTHING
    renewed: int = 0

    async def token(self, *, renew: bool = False) -> AccessToken:
        if renew:
            self.renewed += 1
            if len(self.values) == 1:
                raise NoToken("asked", "refused")
            self.values.pop(0)
        return AccessToken(self.values[0], parse(self.scopes))


@dataclass
class AskedEhr:
    """Answers in order, the last one again and again; `requests` is what came."""

    answers: list[Answer]
    scopes: str = EVERYTHING
    tokens: list[str] = field(default_factory=lambda: ["at-1"])
    profile: IssuerProfile = PROFILE
    requests: list[httpx2.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.source = Tokens(self.tokens, self.scopes)
        http = new_client(httpx2.MockTransport(self._answer))
        self.client = EhrClient(http, self.profile, self.source)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx2.Response) else answer(request)


def an_ehr(*answers: Answer, **settings: Any) -> AskedEhr:
    return AskedEhr(list(answers), **settings)


def run(asked: Awaitable[T]) -> T:
    async def whole() -> T:
        return await asked

    return asyncio.run(whole())


def ok(body: Any, status: int = 200, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


def page(*ids: str, next: str | None = None, **more: Any) -> httpx2.Response:
    entries = [{"resource": {"resourceType": "Condition", "id": each}} for each in ids]
    links = [{"relation": "self", "url": f"{BASE}/Condition"}]
    if next is not None:
        links.append({"relation": "next", "url": next})
    return ok({"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries, **more})
