"""The TOML file that ISSUERS names, checked as a whole: every fault is told, with the issuer and the key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from smart_app.issuers import (
    DEFAULT_CLAIMS,
    DEFAULT_SCOPES,
    AssertionStyle,
    AuthMethod,
    AuthorizeBy,
    IssuerProfile,
    RefreshWish,
    RoleWord,
    SigningAlg,
    StyleWish,
    WriteMode,
    origin_of,
)

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
REQUIRED = ("id", "name", "fhir_base", "client_id")
CHOICES = {
    "auth": AuthMethod,
    "signing_alg": SigningAlg,
    "write_mode": WriteMode,
    "assertion": AssertionStyle,
    "authorize": AuthorizeBy,
    "refresh": RefreshWish,
    "style": StyleWish,
}
LISTS = ("allowed_origins", "frame_ancestors", "questionnaires")
TABLES = {"scopes": (*DEFAULT_SCOPES, "launch"), "claims": tuple(DEFAULT_CLAIMS), "roles": None}
KEYS = tuple(f.name for f in fields(IssuerProfile))
Table = Mapping[str, Any]


@dataclass
class WrongIssuers(Exception):
    """What is wrong with the issuers file, one line per fault."""

    faults: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.faults)


def read_issuers(
    path: Path, *, insecure_loopback: bool = False, environment: Mapping[str, str] | None = None
) -> dict[str, IssuerProfile]:
    """Profiles by FHIR base.

    Args:
        path: TOML file with one [[issuer]] table per EHR.
        insecure_loopback: permit http on loopback (the demo).
        environment: where the client secrets that the profiles name must stand; None = not looked at.

    Raises:
        WrongIssuers: unreadable file, or every fault in it, each naming the issuer and the key.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise WrongIssuers((f"{path}: {wrong}",)) from wrong
    return parse_issuers(data, insecure_loopback=insecure_loopback, environment=environment)


def parse_issuers(
    data: Table, *, insecure_loopback: bool = False, environment: Mapping[str, str] | None = None
) -> dict[str, IssuerProfile]:
    """Profiles by FHIR base, from parsed TOML. Raises WrongIssuers with every fault."""
    faults = [f"unknown key {key!r} outside [[issuer]]{_meant(key, ('issuer',))}" for key in data if key != "issuer"]
    profiles: dict[str, IssuerProfile] = {}
    tables = data.get("issuer", [])
    if isinstance(tables, dict):
        faults.append("[issuer] must be [[issuer]], one for each EHR")
    if not tables:
        faults.append("no [[issuer]] in the file")
    for number, table in enumerate(tables if isinstance(tables, list) else [], start=1):
        if not isinstance(table, dict):
            faults.append(f"issuer {number}: must be a table")
            continue
        label = f"issuer {table.get('id', number)}"
        wrong = [f"{label}: {fault}" for fault in _faults(table, insecure_loopback, environment)]
        faults += wrong
        if wrong:
            continue
        profile = _profile(table)
        if profile.fhir_base in profiles or profile.id in {p.id for p in profiles.values()}:
            faults.append(f"{label}: id or fhir_base stands twice")
        profiles[profile.fhir_base] = profile
    if faults:
        raise WrongIssuers(tuple(faults))
    return profiles


def _faults(table: Table, insecure: bool, environment: Mapping[str, str] | None) -> Iterator[str]:
    yield from (f"unknown key {key!r}{_meant(key, KEYS)}" for key in table if key not in KEYS)
    yield from (f"{key} is missing" for key in REQUIRED if not table.get(key))
    for key, allowed in CHOICES.items():
        if key in table and table[key] not in get_args(allowed):
            yield f"{key} must be one of {', '.join(get_args(allowed))}"
    for key in LISTS:
        if not _is_list_of_texts(table.get(key, [])):
            yield f'{key} must be a list of texts, ["..."]'
    for key in KEYS:
        if key not in (*CHOICES, *LISTS, *TABLES) and not isinstance(table.get(key, ""), str):
            yield f"{key} must be a text"
    for key in TABLES:
        yield from _table_faults(key, table.get(key, {}))
    for key in ("fhir_base", "allowed_origins", "frame_ancestors"):
        for url in [table[key]] if isinstance(table.get(key), str) else table.get(key, []):
            if not isinstance(url, str) or not _address_ok(url, insecure):
                yield f"{key}: {url} must be https with a host (http only on loopback in the demo)"
    yield from _secret_faults(table, environment)
    yield from _search_faults(table.get("unit_search"))


def _table_faults(name: str, table: object) -> Iterator[str]:
    """What is wrong within scopes, claims or roles."""
    if not isinstance(table, dict):
        yield f"{name} must be a table, [issuer.{name}]"
        return
    known = TABLES[name]
    for key, value in table.items():
        if known is not None and key not in known:
            yield f"{name}: unknown key {key!r}{_meant(key, known)}; known are {', '.join(known)}"
        elif name == "roles" and value not in get_args(RoleWord):
            yield f"roles: {key!r} must be one of {', '.join(get_args(RoleWord))}, not {value!r}"
        elif name == "claims" and not _is_list_of_texts(value):
            yield f'claims: {key} must be a list of claim names, ["..."]'
        elif name == "scopes" and not isinstance(value, str):
            yield f"scopes: {key} must be one text with spaces between the scopes"


def _secret_faults(table: Table, environment: Mapping[str, str] | None) -> Iterator[str]:
    variable = table.get("client_secret_env")
    if table.get("auth") != "client_secret_basic":
        return
    if not variable:
        yield "client_secret_env must name the variable that holds the secret"
    elif environment is not None and isinstance(variable, str) and not environment.get(variable):
        yield f"client_secret_env: the variable {variable} is not set"


def _search_faults(search: object) -> Iterator[str]:
    if not isinstance(search, str):
        return
    try:
        search.format(unit="1", since="2026-01-01")
    except (KeyError, IndexError, ValueError, AttributeError):
        yield "unit_search may hold {unit} and {since}, and no other braces"
        return
    if "{unit}" not in search:
        yield "unit_search must hold {unit}"


def _profile(table: Table) -> IssuerProfile:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    values["fhir_base"] = values["fhir_base"].rstrip("/")
    for key in ("allowed_origins", "frame_ancestors"):
        values[key] = tuple(origin_of(url) for url in values.get(key, ()))
    values["scopes"] = {**DEFAULT_SCOPES, **table.get("scopes", {})}
    values["claims"] = {**DEFAULT_CLAIMS, **table.get("claims", {})}
    values["roles"] = {str(k).lower(): v for k, v in table.get("roles", {}).items()}
    return IssuerProfile(**values)


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _meant(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, 1)
    return f" (did you mean {close[0]}?)" if close else ""


def _address_ok(url: str, insecure_loopback: bool) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # ValueError when it is none
    except ValueError:
        return False
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (insecure_loopback and parts.scheme == "http" and parts.hostname in LOOPBACK)
