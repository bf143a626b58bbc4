"""The closed code lists KV_FKMU of certificate FK 7804, and what they mean to us.

Source: code values of FK 7804 v1 and v2 as in sklintyg/certificate-service and sklintyg/common (facts, own wording).
Their systems have no registered uri, and the lists are closed: the code decides, whatever system it stands in.
"""

from __future__ import annotations

import re

from risk.case import Basis, Occupation

BASIS = {
    "FYSISKUNDERSOKNING": Basis.PHYSICAL_EXAMINATION,
    "UNDERSOKNING": Basis.PHYSICAL_EXAMINATION,
    "DIGITALUNDERSOKNING": Basis.DIGITAL_EXAMINATION,
    "TELEFONKONTAKT": Basis.PHONE,
    "JOURNALUPPGIFTER": Basis.RECORDS,
    "ANHORIG": Basis.RELATIVE,
    "ANNAT": Basis.OTHER,
}

OCCUPATION = {
    "NUVARANDE_ARBETE": Occupation.CURRENT_WORK,
    "ARBETSSOKANDE": Occupation.JOB_SEEKER,
    "FORALDRALEDIG": Occupation.PARENTAL_LEAVE,
    "FORALDRALEDIGHET": Occupation.PARENTAL_LEAVE,
    "STUDIER": Occupation.STUDIES,
}

DEGREE = {
    "HELT_NEDSATT": 1.0,
    "TRE_FJARDEDEL": 0.75,
    "TRE_FJARDEDELAR": 0.75,
    "HALFTEN": 0.5,
    "EN_FJARDEDEL": 0.25,
}

_SWEDISH = str.maketrans({"Å": "A", "Ä": "A", "Ö": "O", "-": "_", " ": "_"})
_PERCENT = re.compile(r"(?<![\d.,])(100|75|50|25)(?:[.,]0+)?\s*(?:%|procent|percent)?(?![\d])", re.IGNORECASE)
_SHARES = {1.0, 0.75, 0.5, 0.25}


def code_form(text: str) -> str:
    """ "Helt nedsatt" and "helt-nedsatt" -> "HELT_NEDSATT"."""
    return text.strip().upper().translate(_SWEDISH)


def degree_of(text: str) -> float | None:
    """Share 1.0, 0.75, 0.5 or 0.25 from a code, a word or a percentage; None when it is none of these."""
    known = DEGREE.get(text) or DEGREE.get(code_form(text))
    if known:
        return known
    percent = _PERCENT.search(text)
    return int(percent.group(1)) / 100 if percent else None


def degree_of_number(number: float) -> float | None:
    """Share from 50 (percent) or 0.5 (share); None for anything else."""
    share = number / 100 if number > 1 else number
    return share if share in _SHARES else None
