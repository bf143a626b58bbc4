"""Settings from the environment (prefix SICKLEAVE_), checked at start; every fault is reported at once."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from risk.errors import CatalogueFault, ModelFileFault
from smart_app.clock import SystemClock
from smart_app.http import TIMEOUT_S
from smart_app.issuers import IssuerProfile
from smart_app.issuers_file import LOOPBACK, WrongIssuers, read_issuers
from smart_app.limits.address import Network, read_proxies
from smart_app.model_choice import DEFAULT, ModelsDamaged, choose
from smart_app.own_rules import SHIPPED, OwnRules, own_rules
from terminology.codes import system_name

PREFIX = "SICKLEAVE_"
KEY_BYTES = 32
LONGEST_TIMEOUT_S = 30.0
MOST_LIMITS = 1000
SPECIALTY = re.compile(r"[a-z][a-z0-9-]{0,15}")  # it stands in versions of 32 characters


@dataclass
class WrongSettings(Exception):
    """What is wrong with the settings, one line per fault."""

    faults: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(f"- {fault}" for fault in self.faults)


@dataclass(frozen=True)
class Settings:
    """Everything the service is told from outside.

    Attributes:
        base_url: where browsers and EHRs reach us, no trailing slash; the only source of our own links and `aud`.
        database_url: SQLAlchemy URL.
        secret_keys: at least one key of 32 bytes or more; first seals, all open.
        issuers: profiles by FHIR base.
        canonical: base of our own definitions.
        models: what gives the figures, see `smart_app.model_choice.choose`.
        demo: started by `sickleave demo`; permits http on loopback.
        terminology: folder of imported code lists; None = only what ships.
        code_systems: address to write by our name of a system ("kva", "icd10se"), where it is not the usual one.
        inline_outbox: deliver inside the service (SQLite with one worker, demo).
        ehr_timeout_s: for connecting to an EHR, and for each wait for its next byte; at most 30.
        own: the catalogue of interventions in use, and whether country of birth and education are asked for.
        limits: multiplies how often callers may ask (limits/limits.toml); 0 = as often as they like.
        proxies: who may say in X-Forwarded-For which address a request comes from; used for counting only.
    """

    base_url: str
    database_url: str
    secret_keys: tuple[bytes, ...] = field(repr=False)
    issuers: Mapping[str, IssuerProfile] = field(default_factory=dict)
    canonical: str = "https://sickleave-on-fhir.example/fhir"
    models: str = DEFAULT
    demo: bool = False
    inline_outbox: bool = True
    terminology: Path | None = None
    code_systems: Mapping[str, str] = field(default_factory=dict)
    ehr_timeout_s: float = TIMEOUT_S
    own: OwnRules = SHIPPED
    limits: float = 1.0
    proxies: tuple[Network, ...] = ()
    idle_minutes: int = 15
    absolute_hours: int = 8

    @property
    def origin(self) -> str:
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def loopback(self) -> bool:
        return (urlsplit(self.base_url).hostname or "") in LOOPBACK


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Args:
        environment: variables, default `os.environ`.

    Raises:
        WrongSettings: with every fault found, each naming its variable.
    """
    given = os.environ if environment is None else environment
    faults: list[str] = []
    asked = {"MODELS"}

    def value(name: str, default: str = "") -> str:
        asked.add(name)
        return given.get(PREFIX + name, default).strip()

    demo = value("DEMO") == "1"
    base_url = value("BASE_URL").rstrip("/")
    faults += _base_url_faults(base_url, demo)
    keys = _keys(value("SECRET_KEY"), faults)
    issuers: Mapping[str, IssuerProfile] = {}
    issuers_file = value("ISSUERS")
    if not issuers_file:
        faults.append(f"{PREFIX}ISSUERS is missing: path of a TOML file with one [[issuer]] per EHR")
    else:
        try:
            issuers = read_issuers(Path(issuers_file), insecure_loopback=demo, environment=given)
        except WrongIssuers as wrong:
            faults += [f"{PREFIX}ISSUERS: {fault}" for fault in wrong.faults]
    database_url = value("DATABASE_URL", "sqlite:///var/sickleave.db")
    if not database_url.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
        faults.append(f"{PREFIX}DATABASE_URL must start with sqlite:/// or postgresql://")
    code_systems = _code_systems(value, faults)
    limits, proxies = _limits(value, faults)
    ehr_timeout_s = _seconds(value("EHR_TIMEOUT_S", str(TIMEOUT_S)), faults)
    inline = value("INLINE_OUTBOX", "1" if database_url.startswith("sqlite") else "0")
    if inline not in ("0", "1"):
        faults.append(f"{PREFIX}INLINE_OUTBOX must be 0 or 1, not {inline!r}")
    canonical = value("CANONICAL", "https://sickleave-on-fhir.example/fhir").rstrip("/")
    if not canonical.startswith(("https://", "http://", "urn:")):
        faults.append(f"{PREFIX}CANONICAL must be an absolute address, not {canonical!r}")
    models = _models(value, models_setting(given), faults)
    own = _own(value, faults)
    terminology = Path(value("TERMINOLOGY", "var/terminology"))
    faults += _unknown(given, asked, issuers.values())
    if faults:
        raise WrongSettings(tuple(faults))
    return Settings(
        base_url=base_url,
        database_url=database_url,
        secret_keys=keys,
        issuers=issuers,
        canonical=canonical,
        models=models,
        demo=demo,
        terminology=terminology,
        code_systems=code_systems,
        inline_outbox=inline == "1",
        ehr_timeout_s=ehr_timeout_s,
        own=own,
        limits=limits,
        proxies=proxies,
    )


def models_setting(environment: Mapping[str, str] | None = None) -> str:
    """What gives the figures here, as `smart_app.model_choice.choose` takes it; needs no other setting."""
    given = os.environ if environment is None else environment
    return given.get(f"{PREFIX}MODELS", "").strip() or DEFAULT


def _models(value: Callable[..., str], models: str, faults: list[str]) -> str:
    """The choice, once it is known to be sound and approved: MODELS, MODELS_UNREVIEWED."""
    unreviewed = value("MODELS_UNREVIEWED", "0")
    if unreviewed not in ("0", "1"):
        faults.append(f"{PREFIX}MODELS_UNREVIEWED must be 0 or 1, not {unreviewed!r}")
    try:
        if not choose(models).on(SystemClock().today())[0].reviewed and unreviewed != "1":
            faults.append(
                f"{PREFIX}MODELS: nobody has approved the set in {models!r}. Import it with `sickleave models import`, "
                f"let another person activate it, and name the folder that keeps it; or set {PREFIX}MODELS_UNREVIEWED=1"
            )
    except ModelFileFault as wrong:
        faults.append(
            f"{PREFIX}MODELS: {models!r} is neither national, {DEFAULT}, the folder of a sound set, nor one that "
            f"`sickleave models` keeps ({wrong})"
        )
    except ModelsDamaged as wrong:
        faults.append(
            f"{PREFIX}MODELS: the set in force in {models!r} is damaged and nothing else may answer ({wrong})"
        )
    return models


def _own(value: Callable[[str], str], faults: list[str]) -> OwnRules:
    """The catalogue in use and what is asked: CATALOGUE, SPECIALTY, ASK_SENSITIVE."""
    folder, specialty, asks = value("CATALOGUE"), value("SPECIALTY"), value("ASK_SENSITIVE") or "0"
    if asks not in ("0", "1"):
        faults.append(f"{PREFIX}ASK_SENSITIVE must be 0 or 1, not {asks!r}")
    if specialty and (not folder or not SPECIALTY.fullmatch(specialty)):
        faults.append(
            f"{PREFIX}SPECIALTY names a specialty-NAME.toml in the folder {PREFIX}CATALOGUE; at most 16 of a-z"
        )
        return SHIPPED
    try:
        return own_rules(Path(folder) if folder else None, specialty or None, ask_sensitive=asks == "1")
    except (CatalogueFault, OSError) as wrong:
        faults.append(f"{PREFIX}CATALOGUE: {wrong}")
        return SHIPPED


def _unknown(given: Mapping[str, str], asked: Collection[str], issuers: Collection[IssuerProfile]) -> list[str]:
    """Variables under our prefix that mean nothing, and what may have been meant.

    A secret may stand in any variable, so that without readable issuers only what looks misspelt is told.
    """
    faults = []
    secrets = {profile.client_secret_env for profile in issuers}
    for variable in sorted(given):
        name = variable.removeprefix(PREFIX)
        if not variable.startswith(PREFIX) or name in asked or variable in secrets:
            continue
        close = get_close_matches(name, sorted(asked), 1)
        if close:
            faults.append(f"{variable} is no setting (did you mean {PREFIX}{close[0]}?)")
        elif issuers:
            faults.append(f"{variable} is no setting")
    return faults


def _seconds(text: str, faults: list[str]) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0.1 <= found <= LONGEST_TIMEOUT_S:
        faults.append(f"{PREFIX}EHR_TIMEOUT_S must be a number of seconds from 0.1 to {LONGEST_TIMEOUT_S:g}")
    return found


def _limits(value: Callable[[str], str], faults: list[str]) -> tuple[float, tuple[Network, ...]]:
    limits, proxies = 1.0, tuple[Network, ...]()
    try:
        limits = float(value("LIMITS") or 1)
        if not 0 <= limits <= MOST_LIMITS:
            raise ValueError
    except ValueError:
        faults.append(f"{PREFIX}LIMITS must be a number from 0 (none) to {MOST_LIMITS}; 1 = as limits.toml says")
    try:
        proxies = read_proxies(value("PROXIES"))
    except ValueError:
        faults.append(
            f"{PREFIX}PROXIES must be addresses or networks separated by commas, such as 10.0.0.5,10.1.0.0/24"
        )
    return limits, proxies


def _code_systems(value: Callable[[str], str], faults: list[str]) -> Mapping[str, str]:
    """The addresses to write, each one that is also read: KVA_SYSTEM, ICD10SE_SYSTEM."""
    found = {}
    for variable, system in (("KVA_SYSTEM", "kva"), ("ICD10SE_SYSTEM", "icd10se")):
        uri = value(variable)
        if uri and system_name(uri) != system:
            faults.append(f"{PREFIX}{variable}: {uri} is no known address of that code system")
        elif uri:
            found[system] = uri
    return found


def _base_url_faults(base_url: str, demo: bool) -> list[str]:
    if not base_url:
        return [f"{PREFIX}BASE_URL is missing: the https address under which browsers and EHRs reach this service"]
    parts = urlsplit(base_url)
    if parts.scheme == "https" and parts.hostname:
        return []
    if parts.scheme == "http" and demo and (parts.hostname or "") in LOOPBACK:
        return []
    return [f"{PREFIX}BASE_URL must be an https address (http only on loopback, and only with {PREFIX}DEMO=1)"]


def _keys(text: str, faults: list[str]) -> tuple[bytes, ...]:
    if not text:
        faults.append(
            f"{PREFIX}SECRET_KEY is missing: {KEY_BYTES} random bytes in base64, for instance from "
            f"`head -c {KEY_BYTES} /dev/urandom | base64`; several separated by commas, the first encrypts"
        )
        return ()
    keys: list[bytes] = []
    for number, part in enumerate(text.split(","), start=1):
        try:
            key = base64.b64decode(part.strip().replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            faults.append(f"{PREFIX}SECRET_KEY: key {number} is not base64")
            continue
        if len(key) < KEY_BYTES or len(set(key)) < KEY_BYTES // 4:
            faults.append(f"{PREFIX}SECRET_KEY: key {number} must be at least {KEY_BYTES} random bytes")
            continue
        keys.append(key)
    return tuple(keys)
