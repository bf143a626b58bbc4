"""The one place that constructs: everything a door needs hangs on `app.state.services`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date

from starlette.requests import Request

from fhir_mapping.urls import Urls
from smart_app.clock import Clock, SystemClock
from smart_app.http import AsyncBaseTransport, AsyncClient, new_client
from smart_app.issuers import IssuerProfile
from smart_app.launch.clients import Clients
from smart_app.limits.share import Limits
from smart_app.model_choice import ModelChoice, Models, choose
from smart_app.outbox.worker import OutboxWorker
from smart_app.own_rules import SHIPPED, OwnRules
from smart_app.sealing import Sealer
from smart_app.settings import Settings
from smart_app.store.database import Store, open_store
from smart_app.store.installation import namespace


@dataclass(frozen=True)
class Services:
    """What doors and work are given."""

    settings: Settings
    store: Store
    sealer: Sealer
    clock: Clock
    http: AsyncClient
    urls: Urls
    model_choice: ModelChoice = field(default_factory=choose)
    own: OwnRules = SHIPPED
    clients: Clients = field(init=False)
    limits: Limits = field(init=False)
    outbox: OutboxWorker = field(init=False)

    def __post_init__(self) -> None:
        clients = Clients(self)
        object.__setattr__(self, "clients", clients)
        limits = Limits(self.store, self.sealer, self.clock, self.settings.limits)
        object.__setattr__(self, "limits", limits)
        object.__setattr__(self, "outbox", OutboxWorker(self.store, self.sealer, clients, self.clock))

    @asynccontextmanager
    async def outbox_running(self) -> AsyncIterator[None]:
        """Deliver inside this process while the block runs, when the settings say so."""
        if not self.settings.inline_outbox:
            yield
            return
        self.outbox.start()
        try:
            yield
        finally:
            await self.outbox.stop()

    def models_on(self, day: date) -> Models:
        """The models that answer on a day. Raises ModelsDamaged."""
        return self.model_choice.on(day)

    def profile(self, issuer_id: str) -> IssuerProfile:
        """The profile with that id; KeyError when it has been taken out of the issuers file."""
        for profile in self.settings.issuers.values():
            if profile.id == issuer_id:
                return profile
        raise KeyError(issuer_id)


def wire(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transport: AsyncBaseTransport | None = None,
    store: Store | None = None,
) -> Services:
    """Build the services of one process; `clock`, `transport` and `store` are for tests."""
    opened = store or open_store(settings.database_url)
    return Services(
        settings=settings,
        store=opened,
        sealer=Sealer(settings.secret_keys),
        clock=clock or SystemClock(),
        http=new_client(transport, timeout_s=settings.ehr_timeout_s),
        urls=Urls(canonical=settings.canonical, namespace=namespace(opened), **settings.code_systems),
        model_choice=choose(settings.models),
        own=settings.own,
    )


def services(request: Request) -> Services:
    """FastAPI dependency."""
    found: Services = request.app.state.services
    return found
