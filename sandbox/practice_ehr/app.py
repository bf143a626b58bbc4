"""The practice EHR put together: record, authorization server and frame in one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import httpx2
from fastapi import FastAPI

from .auth.authorize import AuthorizeEndpoint
from .auth.client_auth import ClientAuthentication
from .auth.grants import Grants
from .auth.keys import ClientKeys, ServerKeys
from .auth.routes import auth_routes
from .config import SOFTWARE, VERSION, PracticeConfig
from .faults.exchange import Behind
from .faults.routes import fault_routes
from .faults.switch import FaultSwitch, Receive, Scope, Send
from .fhir.forward import ForwardingBackend
from .fhir.memory import MemoryBackend
from .fhir.messages import Backend, FhirRequest
from .fhir.routes import fhir_routes
from .fhir.seed import seed
from .frame.pages import Pages
from .frame.routes import frame_routes
from .samples.build import sample_resources

_STOCKHOLM = ZoneInfo("Europe/Stockholm")


class PracticeEhr(FastAPI):
    """The application with the fault switch around it."""

    switch: FaultSwitch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.switch.serve(super().__call__, scope, receive, send)


def build_practice_ehr(config: PracticeConfig) -> PracticeEhr:
    """The practice EHR as an ASGI application; the own store is filled at once, a record behind at start-up.

    `app.state.backend`, `app.state.grants`, `app.state.config` and `app.switch` are there for tests.

    Raises:
        UnknownFault: `config.faults` names one that does not exist.
    """
    http = config.http or httpx2.AsyncClient(follow_redirects=False, timeout=5, trust_env=False)
    backend: Backend = (
        ForwardingBackend(config.fhir_upstream, config.fhir_url, http) if config.fhir_upstream else _own_record(config)
    )
    grants = Grants(config)
    keys = ServerKeys()

    async def knows_patient(patient: str) -> bool:
        return (await backend.handle(FhirRequest("GET", f"Patient/{patient}"))).status == 200

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if config.fhir_upstream and config.samples:
            await seed(backend, sample_resources(config.now().astimezone(_STOCKHOLM).date()))
        yield
        if config.http is None:
            await http.aclose()

    app = PracticeEhr(title=SOFTWARE, version=VERSION, lifespan=lifespan, openapi_url=None)
    app.switch = FaultSwitch(Behind(config, keys, grants, backend))
    for name in config.faults:
        app.switch.arm(name)
    app.state.backend, app.state.grants, app.state.config = backend, grants, config
    pages = Pages(config, backend)
    authentication = ClientAuthentication(config, grants, ClientKeys(config, http))
    authorize = AuthorizeEndpoint(config, grants, knows_patient)
    app.include_router(auth_routes(config, grants, keys, authentication, authorize, pages.pick, pages.refused))
    app.include_router(fhir_routes(backend, grants))
    app.include_router(fault_routes(app.switch))
    app.include_router(frame_routes(config, backend, grants, pages))
    return app


def _own_record(config: PracticeConfig) -> MemoryBackend:
    backend = MemoryBackend(config)
    if config.samples:
        for resource in sample_resources(config.now().astimezone(_STOCKHOLM).date()):
            path = f"{resource['resourceType']}/{resource['id']}"
            backend.answer(FhirRequest("PUT", path, body=resource))
    return backend
