"""What every background verb needs: settings, services, and an issuer by its FHIR base."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from smart_app.cli.output import refuse, wrong_use
from smart_app.cli.settings import settings_or_exit
from smart_app.issuers import IssuerProfile
from smart_app.logging import configure_logging
from smart_app.settings import Settings
from smart_app.wiring import Services, wire


@asynccontextmanager
async def background_services() -> AsyncIterator[Services]:
    """Services under the settings of the environment, closed at the end."""
    configure_logging()
    settings = settings_or_exit()
    with database_or_exit(settings):
        services = wire(settings)
    try:
        yield services
    finally:
        await services.http.aclose()
        services.store.close()


@contextmanager
def database_or_exit(settings: Settings) -> Iterator[None]:
    """Exit 1 naming the database, never its password, when it cannot be opened in the block."""
    try:
        yield
    except (OperationalError, OSError) as fault:  # OSError: its folder or file may not be made
        where = make_url(settings.database_url).render_as_string()
        said = str(fault.orig) if isinstance(fault, OperationalError) else fault.strerror or type(fault).__name__
        why = next(iter(said.strip().splitlines()), "no answer")
        refuse(f"The database {where} (SICKLEAVE_DATABASE_URL) cannot be used: {why}")


def known_profile_or_exit(services: Services, fhir_base: str) -> IssuerProfile:
    """The issuer with that FHIR base; exit 2 naming those there are."""
    profile = services.settings.issuers.get(fhir_base.rstrip("/"))
    if profile is None:
        known = ", ".join(services.settings.issuers)
        wrong_use(f"{fhir_base} is not in the issuers file. Known: {known}")
    return profile


def profile_or_exit(services: Services, fhir_base: str) -> IssuerProfile:
    """The issuer with that FHIR base, if we have a background client there; else exit 2."""
    profile = known_profile_or_exit(services, fhir_base)
    if profile.backend_client_id is None:
        wrong_use(f"issuer {profile.id} has no backend_client_id: Backend Services are not set up for it")
    return profile
