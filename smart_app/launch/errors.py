"""Why a launch, or a request within one, is refused; no fault holds a code, a token or a patient's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fate = Literal["kept", "too_long", ""]


@dataclass
class LaunchRefused(Exception):
    """The launch cannot be completed. `reason` is a fixed word for the log and for support."""

    reason: str


@dataclass
class UnknownIssuer(LaunchRefused):
    """`iss` is in no profile; nothing was sent to it."""


@dataclass
class UnknownState(LaunchRefused):
    """The answer belongs to no login of ours that still waits: never started, used already, or too old."""


@dataclass
class NoCookieAtCallback(LaunchRefused):
    """The browser did not bring the launch's cookie: another browser, or one that blocks cookies in frames."""

    issuer: str


@dataclass
class DeniedByEhr(LaunchRefused):
    """The EHR's authorization server said no. `reason` is its error code."""

    issuer: str


@dataclass
class WrongDiscovery(LaunchRefused):
    """The EHR's SMART configuration, key set or token answer lacks or contradicts something that we need."""

    issuer: str


@dataclass
class WrongIdToken(LaunchRefused):
    """The id_token does not prove who signed in. `reason`: e.g. signature, iss, aud, expired, nonce."""

    issuer: str


@dataclass
class UnknownUser(LaunchRefused):
    """Who signed in, in which role or at which care unit, cannot be told from what the EHR gave."""

    issuer: str


@dataclass
class LaunchClosed(Exception):
    """There is no open launch behind this request. `reason`: no-cookie, unknown, idle, expired, closed, key-lost.

    `fate` of what was filled in: "kept" for the same user's next launch, "too_long" for that, "" = there was nothing.
    """

    reason: str
    fate: Fate = ""


@dataclass
class CrossSiteRequest(Exception):
    """A request that would change something did not come from our own page. `reason`: origin, form-token."""

    reason: str


@dataclass
class RoleNotPermitted(Exception):
    """The role of the signed-in user does not reach. `role` is theirs."""

    role: str


@dataclass
class MissingClientSecret(Exception):
    """The environment variable that the issuer profile names for the client secret is not set."""

    issuer: str
    variable: str
