"""The service as an ASGI application; a factory, so that importing needs no secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from smart_app import VERSION
from smart_app.clock import Clock
from smart_app.errors import FAULTS
from smart_app.headers import SafeAnswers, content_security_policy
from smart_app.http import AsyncBaseTransport
from smart_app.settings import Settings
from smart_app.store.database import Store
from smart_app.wiring import Services, wire

_log = structlog.get_logger()


def build_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transport: AsyncBaseTransport | None = None,
    store: Store | None = None,
) -> FastAPI:
    """The service under `settings`; `clock`, `transport` and `store` are for tests."""
    from smart_app.routes.error_answers import answer_unexpected
    from smart_app.routes.fhir_terminology import TerminologyFirst

    services = wire(settings, clock=clock, transport=transport, store=store)
    app = Service(
        title="sickleave-on-fhir", version=VERSION, docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan
    )
    app.state.services = services
    _add_doors(app)
    _add_error_answers(app)
    app.outermost = SafeAnswers(
        TerminologyFirst(app.framework),
        policy=content_security_policy(settings.issuers.values()),
        https=settings.base_url.startswith("https:"),
        unexpected=answer_unexpected,
    )
    return app


class Service(FastAPI):
    """The framework behind what limits, counts and logs every request, and behind what is answered without it."""

    outermost: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self.outermost(scope, receive, send)

    async def framework(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Everything that has a route."""
        await super().__call__(scope, receive, send)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    from fhir_mapping.warm_up import warm_up
    from smart_app.assessment.warm_models import models_warmed
    from smart_app.routes.fhir_terminology_warm import terminology_warmed

    services: Services = app.state.services
    warm_up()
    _tell_models(services)
    with models_warmed(services), terminology_warmed(app.state):
        async with services.outbox_running():
            _log.info("started", version=VERSION, inline_outbox=services.settings.inline_outbox)
            yield
    await services.http.aclose()
    services.store.close()


def _tell_models(services: Services) -> None:
    """A clear warning when made-up cases stand behind the figures and this is no demo, or nobody approved the set."""
    models = services.models_on(services.clock.today())
    if models[0].simulated and not services.settings.demo:
        _log.warning(
            "models_not_for_care",
            model_set=models[0].id,
            why="fitted on made-up cases: set SICKLEAVE_MODELS to a set of your own, or to national",
        )
    if not models[0].reviewed:
        _log.warning(
            "models_not_reviewed",
            model_set=models[0].id,
            why="a set outside a register: nobody but who installed it has approved it (SICKLEAVE_MODELS_UNREVIEWED)",
        )


def _add_doors(app: FastAPI) -> None:
    from smart_app.routes import all_routers

    for router in all_routers():
        app.include_router(router)
    from smart_app.web.static_files import static_files

    app.mount("/static", static_files(), name="static")


def _add_error_answers(app: FastAPI) -> None:
    from smart_app.routes.error_answers import answer_fault, answer_http, answer_unexpected, answer_validation

    async def fault(request: Request, exc: Exception) -> Response:
        return answer_fault(request, exc)

    for kind in FAULTS:
        app.add_exception_handler(kind, fault)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(Exception, answer_unexpected)
    app.add_exception_handler(RequestValidationError, answer_validation)
