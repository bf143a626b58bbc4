"""Swedish personal numbers: personnummer, samordningsnummer, nationellt reservnummer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from terminology.errors import NotAPersonalNumber

_SHAPE = re.compile(r"(?P<century>\d{2})?(?P<short>\d{6})(?P<mark>[-+]?)(?P<serial>\d{4})", re.ASCII)
_RESERVE = re.compile(r"\d{8}(?=[0-9A-Z]*[A-Z])[0-9A-Z]{4}", re.ASCII)
_RAISED_DAY = 60


class NumberKind(StrEnum):
    """Which of the three a number is."""

    PERSONNUMMER = "personnummer"
    SAMORDNINGSNUMMER = "samordningsnummer"
    RESERVNUMMER = "reservnummer"


def luhn_ok(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (Luhn, from the left doubling the first of ten).

    >>> luhn_ok("1212121212"), luhn_ok("1212121213")
    (True, False)
    """
    total = 0
    for place, char in enumerate(reversed(digits)):
        figure = int(char) * (1 + place % 2)
        total += figure - 9 if figure > 9 else figure
    return total % 10 == 0


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """A checked number.

    Attributes:
        kind: personnummer, samordningsnummer (day + 60) or reservnummer.
        value: 12 characters without separator; not shown by repr.
        birth_date: None for reserve numbers.
        sex: from the ninth of ten digits (odd = male); None for reserve numbers.
    """

    kind: NumberKind
    value: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    sex: Literal["female", "male"] | None

    @classmethod
    def parse(cls, text: str, *, on: date | None = None) -> PersonalNumber:
        """Read and check a number as it is found in records.

        Args:
            text: 12 or 10 digits with or without separator, or a reserve number.
            on: today, needed for 10 digits only, where the century is left out ("+" = turned 100).

        Raises:
            NotAPersonalNumber: wrong shape, date or check digit, or ten digits and no `on`.

        Source: Skatteverket SKV 707; HL7 Sweden base profiles for R4.

        >>> PersonalNumber.parse("19121212-1212").value
        '191212121212'
        """
        compact = text.strip().upper().replace(" ", "")
        bare = compact.replace("-", "")
        if _RESERVE.fullmatch(bare):
            return cls(NumberKind.RESERVNUMMER, bare, None, None)
        found = _SHAPE.fullmatch(compact)
        if found is None:
            raise NotAPersonalNumber(reason="shape")
        short, serial = found["short"], found["serial"]
        if not luhn_ok(short + serial):
            raise NotAPersonalNumber(reason="check-digit")
        century = found["century"] or _century(short, on, hundred="+" in found["mark"])
        raised = int(short[4:]) > _RAISED_DAY
        born = _birth_date(century + short)
        kind = NumberKind.SAMORDNINGSNUMMER if raised else NumberKind.PERSONNUMMER
        return cls(kind, century + short + serial, born, "male" if int(serial[2]) % 2 else "female")

    @property
    def masked(self) -> str:
        """For screens that must not show the whole number.

        >>> PersonalNumber.parse("191212121212").masked
        '19121212-12xx'
        """
        return f"{self.value[:8]}-{self.value[8:10]}xx"


def _birth_date(digits: str) -> date:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    try:
        return date(year, month, day - _RAISED_DAY if day > _RAISED_DAY else day)
    except ValueError:
        raise NotAPersonalNumber(reason="date") from None


def _century(short: str, on: date | None, *, hundred: bool) -> str:
    if on is None:
        raise NotAPersonalNumber(reason="century")
    year = on.year // 100 * 100 + int(short[:2])
    day = int(short[4:])
    turns = (year, int(short[2:4]), day - _RAISED_DAY if day > _RAISED_DAY else day)
    if turns > (on.year, on.month, on.day):
        year -= 100
    return str(year - 100 if hundred else year)[:2]
