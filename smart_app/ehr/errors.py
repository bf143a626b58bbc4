"""What can go wrong between us and an EHR; no fault holds an address, a query or a patient's data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class EhrFault(Exception):
    """Something between us and one EHR went wrong. `issuer` is the profile's id."""

    issuer: str


@dataclass
class EhrUnreachable(EhrFault):
    """No usable answer came, and nothing was changed: asking again is safe.

    `why`: fixed word, e.g. "connect", "slow", "status-502".
    """

    why: str


@dataclass
class EhrUnclear(EhrFault):
    """A write was sent and no complete answer came: the EHR may have acted on it. Look before sending again."""

    interaction: str
    why: str


@dataclass
class EhrRefused(EhrFault):
    """The EHR answered no (400, 401, 403, 404, 422 ...). `interaction`: e.g. "read Patient"; `code`: its issue code."""

    status: int
    interaction: str
    code: str | None = None


@dataclass
class EhrBusy(EhrFault):
    """429 or 503. `retry_after_s` is None when the EHR does not say."""

    status: int
    retry_after_s: int | None


@dataclass
class EhrVersionClash(EhrFault):
    """409 or 412: somebody changed the resource since we read it; read it again and decide."""

    status: int
    interaction: str


@dataclass
class EhrNonsense(EhrFault):
    """The EHR answered something that is not what it should be. `what`: e.g. "not-json", "next-elsewhere"."""

    what: str


@dataclass
class EhrTooMuch(EhrFault):
    """The answer passed a limit; a part of a chart is never taken for the whole. `what`: pages, resources or bytes."""

    what: str
    limit: int


@dataclass
class NotPermitted(EhrFault):
    """The granted scopes do not reach; nothing was sent. `scope` is the one that is missing, e.g. "Condition.s"."""

    scope: str


@dataclass
class NoToken(EhrFault):
    """There is no valid access token. `why`: expired, closed, no-backend, refused."""

    why: str
