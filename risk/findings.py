"""Remarks on certificates: what was left out or read with care, so that nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Remark(StrEnum):
    """What can be odd about a certificate; the values are the words in `SickLeaveCase.warnings`."""

    REVERSED_PERIOD = "reversed-period"
    NO_PERIOD = "no-period"
    IMPLAUSIBLE_PERIOD = "implausible-period"
    OVERLAP = "overlap"
    OVERLAP_INSIDE = "overlap-inside-certificate"
    GAP_INSIDE = "gap-inside-certificate"
    DUPLICATE_ID = "duplicate-id"
    CORRECTED = "corrected"
    REVOKED = "revoked"
    INFECTION_CONTROL = "infection-control"
    ISSUER_UNKNOWN = "issuer-unknown"
    DEGREE_MISSING = "degree-missing"
    UNSIGNED = "unsigned"
    RENEWS_ITSELF = "renews-itself"
    FIRST_ABSENCE_LATE = "first-absence-after-start"
    FIRST_ABSENCE_FAR = "first-absence-far-before-start"
    FIRST_ABSENCE_EARLIER_CASE = "first-absence-in-earlier-case"


TEXTS: dict[Remark, tuple[str, str]] = {
    Remark.REVERSED_PERIOD: (
        "En period slutar före den börjar och räknas inte.",
        "A period ends before it begins and is not counted.",
    ),
    Remark.NO_PERIOD: (
        "Intyget saknar giltig period och räknas inte.",
        "The certificate has no valid period and is not counted.",
    ),
    Remark.IMPLAUSIBLE_PERIOD: (
        "En period ligger före 1900 eller efter 2199 och räknas inte.",
        "A period lies before 1900 or after 2199 and is not counted.",
    ),
    Remark.OVERLAP: (
        "Två intyg gäller samma dagar. Det senast signerade avgör graden.",
        "Two certificates cover the same days. The one signed last decides the degree.",
    ),
    Remark.OVERLAP_INSIDE: (
        "Perioder i samma intyg går över varandra. Den som börjar senast avgör graden.",
        "Periods in one certificate overlap. The one that begins last decides the degree.",
    ),
    Remark.GAP_INSIDE: (
        "Intyget har ett uppehåll på mer än fem dagar mellan sina perioder. Det räknas ändå som ett fall.",
        "The certificate has a gap of more than five days between its periods. It still counts as one case.",
    ),
    Remark.DUPLICATE_ID: (
        "Två olika intyg har samma id och går inte att skilja åt i tid. Ett av dem räknas.",
        "Two different certificates share an id and cannot be told apart in time. One of them is counted.",
    ),
    Remark.CORRECTED: ("Intyget har rättats. Den senaste versionen räknas.", "Corrected: the latest version counts."),
    Remark.REVOKED: ("Intyget är makulerat och räknas inte.", "The certificate is revoked and is not counted."),
    Remark.INFECTION_CONTROL: (
        "Intyget gäller smittbärarpenning och räknas inte.",
        "The certificate is for infection control and is not counted.",
    ),
    Remark.ISSUER_UNKNOWN: (
        "Det framgår inte vilken enhet som utfärdat intyget. Det räknas inte i det här urvalet.",
        "The issuing unit is not stated. The certificate is not counted in this selection.",
    ),
    Remark.DEGREE_MISSING: ("Graden saknas för en period.", "The degree is missing for a period."),
    Remark.UNSIGNED: ("Intyget saknar signeringstid.", "The certificate has no time of signing."),
    Remark.RENEWS_ITSELF: ("Intyget anges förlänga sig självt.", "The certificate claims to renew itself."),
    Remark.FIRST_ABSENCE_LATE: (
        "Angiven första frånvarodag ligger efter intygets första dag och används inte.",
        "The stated first day of absence is after the certificate's first day and is not used.",
    ),
    Remark.FIRST_ABSENCE_FAR: (
        "Angiven första frånvarodag ligger mer än ett år före första intyget och används inte.",
        "The stated first day of absence is more than a year before the first certificate and is not used.",
    ),
    Remark.FIRST_ABSENCE_EARLIER_CASE: (
        "Angiven första frånvarodag ligger i ett tidigare fall och används inte.",
        "The stated first day of absence lies in an earlier case and is not used.",
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One remark on one certificate."""

    remark: Remark
    certificate: str

    @property
    def sv(self) -> str:
        return TEXTS[self.remark][0]

    @property
    def en(self) -> str:
        return TEXTS[self.remark][1]


def words(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The remarks once each, in order, as they stand in `SickLeaveCase.warnings`."""
    return tuple(sorted({finding.remark.value for finding in findings}))


def text(word: str) -> tuple[str, str]:
    """Swedish and English sentence for one word of `SickLeaveCase.warnings`.

    >>> text("revoked")[1]
    'The certificate is revoked and is not counted.'
    """
    return TEXTS[Remark(word)]
