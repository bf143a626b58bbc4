"""HSA-ids: the Swedish directory's ids of persons, units and commissions."""

from __future__ import annotations

import re

from terminology.personal_number import luhn_ok

_LONGEST = 31
_STRICT = re.compile(r"SE(?:16)?(?P<organisation>[0-9]{10})-[0-9A-Za-z '()+,\-./:=?]+")


def check(text: str) -> str | None:
    """What looks odd about an HSA-id: "length", "form" or "check-digit"; None when nothing does.

    A warning only: ids with other prefixes are in real use and must never be refused.

    Source: the strict form in sklintyg/common (HsaIdValidator).

    >>> check("SE2321000016-A1") is None, check("TST-VE1")
    (True, 'form')
    """
    if len(text) > _LONGEST:
        return "length"
    found = _STRICT.fullmatch(text)
    if found is None:
        return "form"
    return None if luhn_ok(found["organisation"]) else "check-digit"
