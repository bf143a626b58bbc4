"""What an attempt came to, and what each fault means for the next one."""

from __future__ import annotations

from dataclasses import dataclass

from fhir_mapping.errors import InvalidResource, SameIdentity, UnreadableOutcome
from smart_app.ehr.errors import (
    EhrBusy,
    EhrNonsense,
    EhrRefused,
    EhrTooMuch,
    EhrUnclear,
    EhrUnreachable,
    EhrVersionClash,
    NoToken,
    NotPermitted,
)
from smart_app.outbox.errors import DanglingReference, Duplicates, ExportOnly, MayNotLook, PayloadErased
from smart_app.outbox.faults import Fault
from smart_app.outbox.written import Standing
from smart_app.sealing import CannotUnseal

_TRY_AGAIN = (408, 425)
_FORBIDDEN = (401, 403)


@dataclass(frozen=True, slots=True)
class Done:
    """Everything stands at the EHR."""

    written: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """Try again later.

    Attributes:
        after_s: what the EHR asked for; None = our own backing off.
        pause: it concerns the whole EHR, not this write alone.
        limited: give up after a number of attempts.
    """

    fault: Fault
    status: int | None = None
    after_s: int | None = None
    pause: bool = False
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Sending again will not help unless somebody changes something."""

    fault: Fault
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The EHR takes it in no form: it stays here for download."""

    fault: Fault
    status: int | None = None


Outcome = Done | Later | Refused | Kept

_LATER: dict[type[Exception], Later] = {
    EhrUnreachable: Later(Fault.UNREACHABLE, pause=True),
    EhrUnclear: Later(Fault.UNCLEAR),
    TimeoutError: Later(Fault.UNCLEAR),
    UnreadableOutcome: Later(Fault.UNCLEAR, limited=True),
    EhrNonsense: Later(Fault.NONSENSE, limited=True),
    EhrTooMuch: Later(Fault.NONSENSE, limited=True),
    EhrVersionClash: Later(Fault.VERSION_CLASH, limited=True),
}
_REFUSED: dict[type[Exception], Fault] = {
    NoToken: Fault.NO_TOKEN,
    NotPermitted: Fault.NOT_PERMITTED,
    InvalidResource: Fault.INVALID,
    SameIdentity: Fault.INVALID,
    Duplicates: Fault.DUPLICATES,
    MayNotLook: Fault.MAY_NOT_LOOK,
    DanglingReference: Fault.DANGLING,
    CannotUnseal: Fault.CANNOT_UNSEAL,
    PayloadErased: Fault.ERASED,
}


def outcome_of(fault: Exception) -> Later | Refused | Kept:
    """What a failed attempt means; a fault that nobody foresaw is tried again a limited number of times."""
    if isinstance(fault, ExportOnly):
        return Kept(Fault.EXPORT_SCOPES if fault.why == "scopes" else Fault.EXPORT_ONLY)
    if isinstance(fault, EhrBusy):
        return Later(Fault.BUSY, fault.status, fault.retry_after_s, pause=True)
    if isinstance(fault, EhrRefused):
        if fault.status in _TRY_AGAIN:
            return Later(Fault.BUSY, fault.status, limited=True)
        return Refused(Fault.NOT_PERMITTED if fault.status in _FORBIDDEN else Fault.REFUSED, fault.status)
    if isinstance(fault, NoToken) and fault.why == "unknown-issuer":
        return Refused(Fault.UNKNOWN_ISSUER)
    for kind in type(fault).__mro__:
        if kind in _REFUSED:
            return Refused(_REFUSED[kind])
        if kind in _LATER:
            return _LATER[kind]
    return Later(Fault.INTERNAL, limited=True)
