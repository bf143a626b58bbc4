"""A service without pages, and two EHRs to launch from: the strict practice EHR, and one that lies as a test wishes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlmodel import SQLModel
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient

import smart_app.launch.tables
import smart_app.store.tables  # noqa: F401
from fhir_mapping.urls import Urls
from smart_app.clock import FixedClock
from smart_app.errors import FAULTS, fault_text
from smart_app.http import new_client
from smart_app.issuers import IssuerProfile
from smart_app.launch.guard import GuardedLaunch, OpenLaunch
from smart_app.routes import keys, launch
from smart_app.sealing import Sealer
from smart_app.settings import Settings
from smart_app.store.database import Store, open_store
from smart_app.wiring import Services

APP = "https://app.example"
EHR = "https://ehr.example"
BASE = f"{EHR}/fhir"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PROFILE = IssuerProfile(
    id="lying",
    name="Lögnjournalen",
    fhir_base=BASE,
    client_id="sickleave",
    auth="public",
    roles={"läkare": "physician", "rehabkoordinator": "coordinator"},
)


def a_store(folder: Path) -> Store:
    """An empty database with the launch's tables."""
    store = open_store(f"sqlite:///{folder / 'launch.sqlite'}", migrate=False)
    SQLModel.metadata.create_all(store.engine)
    return store


def services_for(store: Store, profile: IssuerProfile, transport: httpx2.AsyncBaseTransport, clock: Any) -> Services:
    """The service's ground, with one issuer reached through `transport`."""
    settings = Settings(
        base_url=APP,
        database_url="sqlite://",
        secret_keys=(bytes(range(32)),),
        issuers={profile.fhir_base: profile},
    )
    return Services(
        settings=settings,
        store=store,
        sealer=Sealer(settings.secret_keys),
        clock=clock,
        http=new_client(transport),
        urls=Urls(namespace="https://sickleave-on-fhir.example/id/test"),
    )


def service_app(given: Services) -> FastAPI:
    """The doors of the launch, one page behind them, and one form."""
    app = FastAPI()
    app.state.services = given
    app.include_router(launch.router)
    app.include_router(keys.router)

    @app.get("/assessment/{launch}")
    def page(launch: OpenLaunch) -> dict[str, Any]:
        return {"id": launch.id, "patient": launch.patient, "form_token": launch.form_token, "role": launch.role}

    @app.get("/worklist/{launch}")
    def worklist(launch: OpenLaunch) -> dict[str, Any]:
        return page(launch)

    @app.post("/assessment/{launch}/plan")
    async def change(launch: GuardedLaunch) -> dict[str, str]:
        return {"changed": launch.id}

    async def refused(_: Request, fault: Exception) -> Response:
        body = {"fault": type(fault).__name__, **{k: v for k, v in vars(fault).items() if isinstance(v, str | int)}}
        return JSONResponse(body, fault_text(fault).status)

    for kind in FAULTS:
        app.add_exception_handler(kind, refused)
    return app


def browser_at(app: FastAPI, base: str = APP) -> TestClient:
    """A browser: keeps cookies, follows nothing by itself."""
    return TestClient(app, base_url=base, follow_redirects=False)


def query_of(url: str) -> dict[str, str]:
    """The parameters of an address, each once."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def a_key(kid: str | None = "k1") -> RSAKey:
    """A fresh RSA pair."""
    return RSAKey.generate_key(2048, {"kid": kid} if kid else None)


KEY = a_key()
OTHER_KEY = a_key()
EC = ECKey.generate_key("P-256", {"kid": "e1"})


def resources() -> dict[str, dict[str, Any]]:
    """One physician with one commission at a unit of a provider, and one patient."""
    hsa = "urn:oid:1.2.752.29.4.19"
    sct = "http://snomed.info/sct"
    found = [
        {"resourceType": "Patient", "id": "p1"},
        {
            "resourceType": "Practitioner",
            "id": "doc",
            "identifier": [{"system": hsa, "value": "SE2321000016-1A01"}],
            "name": [{"given": ["Amir"], "family": "Prov"}],
        },
        {
            "resourceType": "PractitionerRole",
            "id": "doc-role",
            "active": True,
            "practitioner": {"reference": "Practitioner/doc"},
            "organization": {"reference": "Organization/unit"},
            "code": [{"coding": [{"code": "x1", "display": "Läkare"}]}],
        },
        {
            "resourceType": "Organization",
            "id": "unit",
            "name": "Vårdcentralen Provet",
            "identifier": [{"system": hsa, "value": "SE2321000016-UNIT"}],
            "type": [{"coding": [{"system": sct, "code": "43741000"}]}],
            "partOf": {"reference": "Organization/region"},
        },
        {
            "resourceType": "Organization",
            "id": "region",
            "identifier": [{"system": hsa, "value": "SE2321000016-PROV"}],
            "type": [{"coding": [{"system": sct, "code": "143591000052106"}]}],
        },
    ]
    return {f"{r['resourceType']}/{r['id']}": r for r in found}


Claims = dict[str, Any]
Sign = Callable[[Claims], str | None]


def signed(claims: Claims, key: RSAKey | ECKey = KEY, alg: str = "RS256", **header: Any) -> str:
    """A JWT; a header member set to None is left out."""
    head = {"alg": alg, "kid": key.kid, **header}
    return jwt.encode(
        {k: v for k, v in head.items() if v is not None}, claims, key, algorithms=[alg], default_type=None
    )


@dataclass
class LyingEhr:
    """An EHR that is correct in everything that a test has not changed.

    Attributes:
        sign: claims -> id_token (None = none at all).
        token: members of the token answer to change; None = left out.
        configuration: members of the SMART configuration to change; None = left out.
        answers: whole answers by path, before anything else.
        asked: what was asked, as (method, path); forms: the token requests.
    """

    clock: FixedClock
    sign: Sign = signed
    keys: list[dict[str, Any]] = field(default_factory=lambda: [public(KEY)])
    token: dict[str, Any] = field(default_factory=dict)
    configuration: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Callable[[httpx2.Request], httpx2.Response]] = field(default_factory=dict)
    resources: dict[str, dict[str, Any]] = field(default_factory=resources)
    fhir_user: str | None = f"{BASE}/Practitioner/doc"
    nonce: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    requests: list[httpx2.Request] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    def claims(self) -> Claims:
        now = int(self.clock.now().timestamp())
        found: Claims = {
            "iss": EHR,
            "sub": "doc",
            "aud": "sickleave",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
        }
        return found | ({"fhirUser": self.fhir_user} if self.fhir_user else {})

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.asked.append((request.method, path))
        self.requests.append(request)
        if path in self.answers:
            return self.answers[path](request)
        if path == "/fhir/.well-known/smart-configuration":
            return httpx2.Response(200, json=_changed(self._configuration(), self.configuration))
        if path == "/jwks":
            return httpx2.Response(200, json={"keys": self.keys})
        if path == "/token":
            return self._token(request)
        return self._fhir(request)

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": EHR,
            "jwks_uri": f"{EHR}/jwks",
            "authorization_endpoint": f"{EHR}/authorize",
            "token_endpoint": f"{EHR}/token",
            "capabilities": ["launch-ehr", "launch-standalone"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _token(self, request: httpx2.Request) -> httpx2.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.forms.append(form)
        said = {
            "access_token": "at-1",
            "token_type": "Bearer",
            "expires_in": 3600,
            "patient": "p1",
            "scope": "launch openid fhirUser patient/*.rs user/*.rs",
            "id_token": self.sign(self.claims()),
        }
        return httpx2.Response(200, json=_changed(said, self.token))

    def _fhir(self, request: httpx2.Request) -> httpx2.Response:
        if request.headers.get("authorization") != "Bearer at-1":
            return httpx2.Response(401, json={"resourceType": "OperationOutcome"})
        reference = request.url.path.removeprefix("/fhir/")
        if reference in self.resources:
            return httpx2.Response(200, json=self.resources[reference])
        kind = reference.partition("/")[0]
        found = [r for r in self.resources.values() if r["resourceType"] == kind]
        if reference in (kind, f"{kind}/_search") and found:
            return httpx2.Response(200, json=searchset(found))
        return httpx2.Response(404, json={"resourceType": "OperationOutcome", "issue": [{"code": "not-found"}]})


def searchset(found: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A search's answer."""
    entries = [{"resource": each, "search": {"mode": "match"}} for each in found]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}


def public(key: RSAKey | ECKey, **changed: Any) -> dict[str, Any]:
    """The half of a key that an EHR publishes; a member set to None is left out."""
    return _changed(dict(key.as_dict(private=False)), changed)


def _changed(said: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


@dataclass
class Scene:
    """The service, the lying EHR and one browser."""

    given: Services
    ehr: LyingEhr
    browser: TestClient
    clock: FixedClock

    def start(self, **params: str) -> dict[str, str]:
        """Begin a launch; the parameters of the authorization request."""
        answer = self.browser.get("/launch", params={"iss": BASE, "launch": "handle", **params})
        assert answer.status_code == 303, answer.text
        asked = query_of(answer.headers["location"])
        self.ehr.nonce = asked["nonce"]
        return asked

    def finish(self, asked: Mapping[str, str], browser: TestClient | None = None, **changed: str) -> httpx2.Response:
        """Come back with a code."""
        return (browser or self.browser).get("/callback", params={"state": asked["state"], "code": "c-1", **changed})

    def open(self) -> str:
        """A whole launch; the address it leads to."""
        answer = self.finish(self.start())
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def refused(self, answer: httpx2.Response) -> tuple[int, str, str]:
        """Status, kind and reason of a refusal."""
        said = json.loads(answer.text)
        return answer.status_code, said["fault"], said.get("reason", said.get("why", ""))

    def launches(self) -> list[str]:
        """Ids of the launches whose cookies the browser holds."""
        return [c.name.removeprefix("__Host-sl-") for c in self.browser.cookies.jar]


def a_scene(folder: Path, profile: IssuerProfile = PROFILE, **changed: Any) -> Scene:
    """A service that knows the lying EHR, at a time that stands still."""
    clock = FixedClock(NOW)
    ehr = LyingEhr(clock)
    used = replace(profile, **changed) if changed else profile
    given = services_for(a_store(folder), used, ehr.transport(), clock)
    return Scene(given, ehr, browser_at(service_app(given)), clock)


def set_cookies(answer: httpx2.Response) -> dict[str, str]:
    """Set-Cookie headers by cookie name."""
    found = answer.headers.get_list("set-cookie")
    return {re.split(r"=", header, maxsplit=1)[0]: header for header in found}
