"""What every background verb needs: settings, services, and an issuer by its FHIR base."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from smart_app.cli.output import wrong_use
from smart_app.cli.settings import settings_or_exit
from smart_app.issuers import IssuerProfile
from smart_app.logging import configure_logging
from smart_app.wiring import Services, wire


@asynccontextmanager
async def background_services() -> AsyncIterator[Services]:
    """Services under the settings of the environment, closed at the end."""
    configure_logging()
    services = wire(settings_or_exit())
    try:
        yield services
    finally:
        await services.http.aclose()
        services.store.close()


def profile_or_exit(services: Services, fhir_base: str) -> IssuerProfile:
    """The issuer with that FHIR base; exit 2 naming those there are."""
    profile = services.settings.issuers.get(fhir_base.rstrip("/"))
    if profile is None:
        known = ", ".join(services.settings.issuers)
        wrong_use(f"{fhir_base} is not in the issuers file. Known: {known}")
    if profile.backend_client_id is None:
        wrong_use(f"issuer {profile.id} has no backend_client_id: Backend Services are not set up for it")
    return profile
