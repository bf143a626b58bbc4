"""What the practice EHR is told at start: its address, its clients, and the bad manners it should show."""

from __future__ import annotations

import ipaddress
import secrets
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import httpx2

CANONICAL = "https://sickleave-on-fhir.example/fhir"
VERSION = "1.0"
SOFTWARE = "Övnings-EHR (Practice EHR)"

AuthMethod = Literal["none", "client_secret_basic", "private_key_jwt"]

_ALL_USER = ("openid", "fhirUser", "launch", "launch/patient", "offline_access", "online_access")


@dataclass(frozen=True, slots=True)
class Registration:
    """One client known to the authorization server.

    Attributes:
        redirect_uris: compared character by character.
        jwks_url: where a private_key_jwt client's keys are fetched; no other address is ever asked.
        jwks: the keys themselves, for clients that host none.
        scopes: what may be granted at most, SMART v2 notation.
        grants: "authorization_code" and/or "client_credentials".
    """

    client_id: str
    auth_method: AuthMethod = "none"
    redirect_uris: tuple[str, ...] = ()
    launch_url: str | None = None
    jwks_url: str | None = None
    jwks: dict[str, Any] | None = None
    secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = (*_ALL_USER, "patient/*.cruds", "user/*.cruds")
    grants: tuple[str, ...] = ("authorization_code",)


@dataclass(frozen=True, slots=True)
class Quirks:
    """Manners seen in real EHRs that a client must survive; all off by default.

    Attributes:
        stale_status: answer to a stale If-Match (HAPI says 409).
        token_type: spelling in the token response ("bearer" occurs).
        id_token_kid: whether the id_token's header names its key.
        relative_endpoints: whether discovery lists relative addresses.
        refuse_scopes: requested scopes that start like this are dropped without a word.
        refuse_writes: types the record does not accept (422).
        transactions: whether transaction Bundles are accepted at all.
        bare_etag: whether bundle answers carry the etag as a bare number, as HAPI does.
    """

    stale_status: int = 412
    token_type: str = "Bearer"  # noqa: S105 - not a secret
    id_token_kid: bool = True
    relative_endpoints: bool = False
    refuse_scopes: tuple[str, ...] = ()
    refuse_writes: tuple[str, ...] = ()
    transactions: bool = True
    bare_etag: bool = False


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PracticeConfig:
    """Everything `build_practice_ehr` needs.

    Attributes:
        base_url: how browsers reach the practice EHR, without a trailing slash.
        service_url: the SMART app it launches.
        fhir_upstream: base of a FHIR server to put behind the authorization server; None = own store.
        registrations: further or replacing clients.
        now: the clock, aware UTC; sample dates count from its Stockholm day.
        http: client for fetching keys and for the upstream; tests hand one in. Never follows redirects.
        samples: whether the sample patients are loaded.
        faults: names of faults that are armed from the start.
    """

    base_url: str = "http://localhost:8001"
    service_url: str = "http://127.0.0.1:8000"
    fhir_upstream: str | None = None
    registrations: tuple[Registration, ...] = ()
    quirks: Quirks = Quirks()
    now: Callable[[], datetime] = utc_now
    http: httpx2.AsyncClient | None = None
    samples: bool = True
    faults: tuple[str, ...] = ()
    code_lifetime_s: int = 60
    token_lifetime_s: int = 3600
    launch_lifetime_s: int = 600

    @property
    def fhir_url(self) -> str:
        return f"{self.base_url}/fhir"

    @property
    def token_url(self) -> str:
        return f"{self.base_url}/auth/token"

    def clients(self) -> dict[str, Registration]:
        """All clients by id: the four that come with the house, then `registrations` over them."""
        return {r.client_id: r for r in (*house_clients(self.service_url), *self.registrations)}


def house_clients(service_url: str) -> tuple[Registration, ...]:
    """The app as it registers itself: with keys, without, with a secret, and as a background service."""
    redirect = (f"{service_url}/callback",)
    launch = f"{service_url}/launch"
    keys = f"{service_url}/.well-known/jwks.json"
    return (
        Registration("sickleave", "private_key_jwt", redirect, launch, keys),
        Registration("sickleave-public", "none", redirect, launch),
        Registration("sickleave-secret", "client_secret_basic", redirect, launch, secret=secrets.token_urlsafe(32)),
        Registration(
            "sickleave-backend",
            "private_key_jwt",
            jwks_url=keys,
            scopes=("system/*.cruds",),
            grants=("client_credentials",),
        ),
    )


def read_registrations(path: Path) -> tuple[Registration, ...]:
    """Clients of a TOML file: one `[clients.<client_id>]` table each, keys as the attributes of Registration.

    Raises:
        ValueError: a key is unknown, or a client cannot authenticate the way it says.
    """
    tables = tomllib.loads(path.read_text("utf-8")).get("clients", {})
    return tuple(_registration(client_id, table) for client_id, table in tables.items())


def _registration(client_id: str, table: dict[str, Any]) -> Registration:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    try:
        found = Registration(client_id, **values)
    except TypeError as fault:
        raise ValueError(f"clients.{client_id}: {fault}") from None
    if found.auth_method == "private_key_jwt" and not (found.jwks_url or found.jwks):
        raise ValueError(f"clients.{client_id}: private_key_jwt needs jwks_url or jwks")
    if found.auth_method == "client_secret_basic" and not found.secret:
        raise ValueError(f"clients.{client_id}: client_secret_basic needs a secret")
    return found


def is_loopback(host: str) -> bool:
    """Whether `host` can only be reached from this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
