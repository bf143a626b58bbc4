"""One table from fault to answer: HTTP status, FHIR issue code, and what the user reads in Swedish and English.

Every fault class that can reach a door stands here; `tests/unit/test_errors.py` proves the table complete.
Texts say what happened, what it means and what to do next. They never hold a patient's data: placeholders in
braces are filled from the fault's own fields, and faults carry no such data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smart_app.ehr import errors as ehr_errors
from smart_app.http import OriginRefused
from smart_app.launch import errors as launch_errors


@dataclass(frozen=True, slots=True)
class FaultText:
    """How one fault is answered. `retry_after_s` sets Retry-After."""

    status: int
    issue: str
    sv: str
    en: str
    retry_after_s: int | None = None


UNEXPECTED = FaultText(
    500,
    "exception",
    "Något gick fel hos oss. Inget har sparats. Försök igen, och hör av dig till förvaltningen om det händer igen.",
    "Something went wrong on our side. Nothing was saved. Try again, and tell operations if it happens again.",
)

FAULTS: dict[type[Exception], FaultText] = {}


def fault_text(fault: BaseException) -> FaultText:
    """The table's entry for `fault` or its nearest base class; UNEXPECTED when none."""
    for kind in type(fault).__mro__:
        if kind in FAULTS:
            return FAULTS[kind]
    return UNEXPECTED


def in_words(fault: BaseException, language: str) -> str:
    """What the user reads, `language` "sv" or "en", with the fault's own fields filled in."""
    entry = fault_text(fault)
    fields: dict[str, Any] = dict(vars(fault))
    return (entry.en if language == "en" else entry.sv).format_map(fields)


def preferred_language(accept_language: str | None) -> str:
    """ "en" when the first language that we have is English, else "sv".

    >>> preferred_language("en-GB,en;q=0.9,sv;q=0.5"), preferred_language(None)
    ('en', 'sv')
    """
    for part in (accept_language or "").split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith(("sv", "en")):
            return tag[:2]
    return "sv"


def operation_outcome(fault: BaseException, language: str) -> dict[str, Any]:
    """The fault as a FHIR R4 OperationOutcome."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": fault_text(fault).issue,
                "details": {"text": in_words(fault, language)},
                "diagnostics": type(fault).__name__,
            }
        ],
    }


# --- launch / ehr ---
FAULTS |= {
    launch_errors.LaunchRefused: FaultText(
        403,
        "login",
        "Inloggningen från journalen gick inte att slutföra (kod: {reason}). Inget har lästs eller sparats. "
        "Öppna igen från journalen.",
        "The sign-in from the record could not be completed (code: {reason}). Nothing was read or saved. "
        "Open again from the record.",
    ),
    launch_errors.UnknownIssuer: FaultText(
        400,
        "invalid",
        "Vi känner inte igen journalsystemet som du kom från (kod: {reason}). Inget har skickats dit. "
        "Be förvaltningen att kontrollera adressen i vår lista över journalsystem.",
        "We do not know the record system that you came from (code: {reason}). Nothing was sent to it. "
        "Ask operations to check its address in our list of record systems.",
    ),
    launch_errors.UnknownState: FaultText(
        400,
        "login",
        "Den här inloggningen är redan använd eller för gammal (kod: {reason}). Öppna igen från journalen.",
        "This sign-in has been used already or is too old (code: {reason}). Open again from the record.",
    ),
    launch_errors.NoCookieAtCallback: FaultText(
        403,
        "login",
        "Webbläsaren sparade inte vår kaka, så vi kan inte veta att det är du. Inget har lästs eller sparats. "
        "Öppna i ett eget fönster i stället.",
        "The browser did not keep our cookie, so we cannot know that it is you. Nothing was read or saved. "
        "Open in a window of its own instead.",
    ),
    launch_errors.DeniedByEhr: FaultText(
        403,
        "login",
        "Journalsystemet sade nej till inloggningen (kod: {reason}). Inget har lästs eller sparats. "
        "Försök igen från journalen; fråga förvaltningen om det händer igen.",
        "The record system said no to the sign-in (code: {reason}). Nothing was read or saved. "
        "Try again from the record; ask operations if it happens again.",
    ),
    launch_errors.WrongDiscovery: FaultText(
        502,
        "transient",
        "Journalsystemet svarade inte så att inloggningen kan slutföras säkert (kod: {reason}). "
        "Försök igen om en stund; ge koden till förvaltningen om det händer igen.",
        "The record system did not answer in a way that lets the sign-in be completed safely (code: {reason}). "
        "Try again in a while; give the code to operations if it happens again.",
    ),
    launch_errors.WrongIdToken: FaultText(
        403,
        "login",
        "Journalsystemets intyg om vem du är håller inte (kod: {reason}). Inget har lästs eller sparats. "
        "Öppna igen från journalen; ge koden till förvaltningen om det händer igen.",
        "The record system's proof of who you are does not hold (code: {reason}). Nothing was read or saved. "
        "Open again from the record; give the code to operations if it happens again.",
    ),
    launch_errors.UnknownUser: FaultText(
        403,
        "login",
        "Vi kan inte se vem du är eller på vilken vårdenhet du arbetar (kod: {reason}). Inget har sparats. "
        "Välj rätt uppdrag i journalen och öppna igen, eller ge koden till förvaltningen.",
        "We cannot see who you are or at which care unit you work (code: {reason}). Nothing was saved. "
        "Choose the right commission in the record and open again, or give the code to operations.",
    ),
    launch_errors.LaunchClosed: FaultText(
        401,
        "login",
        "Du är inte inloggad här, eller så har det gått för lång tid (kod: {reason}). Öppna igen från journalen.",
        "You are not signed in here, or too much time has passed (code: {reason}). Open again from the record.",
    ),
    launch_errors.CrossSiteRequest: FaultText(
        403,
        "forbidden",
        "Det du skickade kom inte från vår egen sida (kod: {reason}). Inget har sparats. "
        "Ladda om sidan och försök igen.",
        "What you sent did not come from our own page (code: {reason}). Nothing was saved. "
        "Reload the page and try again.",
    ),
    launch_errors.RoleNotPermitted: FaultText(
        403,
        "forbidden",
        "Din roll ({role}) ger inte tillgång till den här sidan. Inget har sparats. "
        "Fråga förvaltningen om din roll är fel.",
        "Your role ({role}) does not give access to this page. Nothing was saved. "
        "Ask operations if your role is wrong.",
    ),
    launch_errors.MissingClientSecret: FaultText(
        500,
        "exception",
        "Tjänsten är inte färdigt inställd för det här journalsystemet: {variable} saknas. Säg till förvaltningen.",
        "The service is not fully set up for this record system: {variable} is missing. Tell operations.",
    ),
    ehr_errors.EhrUnreachable: FaultText(
        503,
        "transient",
        "Journalsystemet svarar inte just nu (kod: {why}). Inget har ändrats. Försök igen om en stund.",
        "The record system does not answer right now (code: {why}). Nothing was changed. Try again in a while.",
        retry_after_s=30,
    ),
    ehr_errors.EhrUnclear: FaultText(
        502,
        "transient",
        "Journalsystemet svarade inte färdigt (kod: {why}). Vi kontrollerar vad som kom fram innan vi skickar igen.",
        "The record system did not finish its answer (code: {why}). We check what arrived before we send again.",
    ),
    ehr_errors.EhrRefused: FaultText(
        403,
        "forbidden",
        "Journalsystemet sade nej ({status}, {interaction}). Inget har ändrats. "
        "Du saknar kanske behörighet i journalen; fråga förvaltningen om det inte stämmer.",
        "The record system said no ({status}, {interaction}). Nothing was changed. "
        "You may lack access in the record; ask operations if that is not right.",
    ),
    ehr_errors.EhrBusy: FaultText(
        503,
        "throttled",
        "Journalsystemet har för mycket att göra just nu. Inget har ändrats. Försök igen om en stund.",
        "The record system is too busy right now. Nothing was changed. Try again in a while.",
        retry_after_s=30,
    ),
    ehr_errors.EhrVersionClash: FaultText(
        409,
        "conflict",
        "Någon annan har ändrat samma uppgift i journalen. Ladda om sidan, se efter vad som ändrats och försök igen.",
        "Somebody else has changed the same thing in the record. Reload the page, see what changed and try again.",
    ),
    ehr_errors.EhrNonsense: FaultText(
        502,
        "exception",
        "Journalsystemet svarade något som vi inte kan lita på (kod: {what}). Inget av det har använts. "
        "Ge koden till förvaltningen.",
        "The record system answered something that we cannot trust (code: {what}). None of it was used. "
        "Give the code to operations.",
    ),
    ehr_errors.EhrTooMuch: FaultText(
        422,
        "too-costly",
        "Journalsystemet svarade med mer än vi tar emot ({what}: högst {limit}). Inget av det har använts, "
        "eftersom en del av en journal kan leda fel. Ge koden till förvaltningen.",
        "The record system answered with more than we take ({what}: at most {limit}). None of it was used, "
        "since a part of a record can mislead. Give the code to operations.",
    ),
    ehr_errors.NotPermitted: FaultText(
        403,
        "forbidden",
        "Journalsystemet har inte gett oss behörighet att göra detta ({scope}). Inget har ändrats. "
        "Be förvaltningen att se över behörigheten.",
        "The record system has not given us permission for this ({scope}). Nothing was changed. "
        "Ask operations to review the permission.",
    ),
    ehr_errors.NoToken: FaultText(
        401,
        "login",
        "Vår tillgång till journalen har gått ut (kod: {why}). Öppna igen från journalen.",
        "Our access to the record has ended (code: {why}). Open again from the record.",
    ),
    OriginRefused: FaultText(
        502,
        "security",
        "Journalsystemet hänvisade till en adress som inte är godkänd. Inget har skickats dit. Säg till förvaltningen.",
        "The record system pointed to an address that is not approved. Nothing was sent to it. Tell operations.",
    ),
}
# --- end of launch / ehr ---
