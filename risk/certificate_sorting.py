"""Which certificates count: one version of each, valid periods, not revoked, not infection control, in scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from risk.case import Certificate, DegreePeriod, Scope, ScopeKind
from risk.days import days_between
from risk.findings import Finding, Remark

_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_NEVER_SIGNED = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sorted:
    """Certificates that count, ascending by (since, until, id), and remarks on all of them."""

    kept: tuple[Certificate, ...]
    findings: tuple[Finding, ...]


def sort_out(certificates: Iterable[Certificate], *, scope: Scope, max_gap_days: int = 5) -> Sorted:
    """Keep the certificates that can make a case, whatever order they come in.

    Args:
        certificates: all that were read; may hold several versions of one id, reversed or missing periods.
        scope: whose certificates count.
        max_gap_days: a longer gap between the periods of one certificate is remarked on.
    """
    by_id: dict[str, list[Certificate]] = defaultdict(list)
    for certificate in certificates:
        by_id[certificate.id].append(certificate)
    kept: list[Certificate] = []
    findings: set[Finding] = set()
    for name, versions in by_id.items():
        chosen, remarks = _one_version(versions)
        if _elsewhere(chosen, scope):
            continue
        reason = _left_out(chosen, scope)
        if reason is None:
            whole = replace(chosen, periods=_valid_periods(chosen))
            remarks |= set(_remarks(chosen, max_gap_days))
            if whole.periods:
                kept.append(whole)
        else:
            remarks = {reason}
        findings |= {Finding(remark, name) for remark in remarks}
    kept.sort(key=lambda one: (one.since, one.until, one.id))
    findings |= set(_overlaps(kept))
    return Sorted(tuple(kept), tuple(sorted(findings)))


def signing_order(certificate: Certificate) -> datetime:
    """Sort key: when it was signed; without a time it counts as signed before all others."""
    return certificate.signed or _NEVER_SIGNED


def _one_version(versions: list[Certificate]) -> tuple[Certificate, set[Remark]]:
    """A revocation is final; otherwise the version signed last. Ties fall to the highest content, never to order."""
    if len(versions) == 1:
        return versions[0], set()
    distinct = {_content(version): version for version in versions}
    ranked = sorted(distinct.values(), key=lambda one: (one.revoked, signing_order(one), _content(one)))
    chosen = ranked[-1]
    if len(ranked) == 1 or chosen.revoked:
        return chosen, set()
    tied = signing_order(ranked[-2]) == signing_order(chosen)
    return chosen, {Remark.DUPLICATE_ID if tied else Remark.CORRECTED}


def _content(certificate: Certificate) -> str:
    plain = replace(certificate, reference="", basis=frozenset(), occupations=frozenset())
    return f"{plain!r}{sorted(certificate.basis)}{sorted(certificate.occupations)}"


def _issuer(certificate: Certificate, scope: Scope) -> str | None:
    return certificate.care_unit if scope.kind is ScopeKind.UNIT else certificate.care_provider


def _elsewhere(certificate: Certificate, scope: Scope) -> bool:
    """Issued outside the scope for certain; that is no fault and not remarked on."""
    if scope.kind is ScopeKind.PERMITTED:
        return False
    return _issuer(certificate, scope) not in (None, scope.hsa_id)


def _left_out(certificate: Certificate, scope: Scope) -> Remark | None:
    if certificate.revoked:
        return Remark.REVOKED
    if certificate.infection_control:
        return Remark.INFECTION_CONTROL
    if scope.kind is not ScopeKind.PERMITTED and _issuer(certificate, scope) is None:
        return Remark.ISSUER_UNKNOWN
    return None


def _plausible(period: DegreePeriod) -> bool:
    return period.since.year >= _FIRST_YEAR and period.until.year <= _LAST_YEAR


def _valid_periods(certificate: Certificate) -> tuple[DegreePeriod, ...]:
    valid = {period for period in certificate.periods if period.since <= period.until and _plausible(period)}
    return tuple(sorted(valid, key=lambda one: (one.since, one.until, -1.0 if one.degree is None else one.degree)))


def _remarks(certificate: Certificate, max_gap_days: int) -> Iterator[Remark]:
    valid = _valid_periods(certificate)
    if any(period.since > period.until for period in certificate.periods):
        yield Remark.REVERSED_PERIOD
    if not all(map(_plausible, certificate.periods)):
        yield Remark.IMPLAUSIBLE_PERIOD
    if not valid:
        yield Remark.NO_PERIOD
    if any(period.degree is None for period in valid):
        yield Remark.DEGREE_MISSING
    if certificate.signed is None:
        yield Remark.UNSIGNED
    if certificate.renews == certificate.id:
        yield Remark.RENEWS_ITSELF
    end = None
    for period in valid:
        gap = 0 if end is None else days_between(end, period.since)
        if gap < 0:
            yield Remark.OVERLAP_INSIDE
        if gap > max_gap_days:
            yield Remark.GAP_INSIDE
        end = period.until if end is None else max(end, period.until)


def _overlaps(kept: list[Certificate]) -> Iterator[Finding]:
    """A certificate that begins before every earlier one has ended; hospital and health centre may both certify."""
    running: Certificate | None = None
    for certificate in kept:
        if running is not None and certificate.since <= running.until:
            yield Finding(Remark.OVERLAP, certificate.id)
        if running is None or certificate.until > running.until:
            running = certificate
