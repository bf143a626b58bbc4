"""One table from fault to answer: HTTP status, FHIR issue code, and what the user reads in Swedish and English.

Every fault class that can reach a door stands here; `tests/unit/test_errors.py` proves the table complete.
Texts say what happened, what it means and what to do next. They never hold a patient's data: placeholders in
braces are filled from the fault's own fields, and faults carry no such data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fhir_mapping import errors as mapping_errors
from smart_app.api_tokens import errors as token_errors
from smart_app.assessment import errors as assessment_errors
from smart_app.case_register import errors as case_errors
from smart_app.ehr import errors as ehr_errors
from smart_app.fhir_records import errors as record_errors
from smart_app.http import OriginRefused
from smart_app.launch import errors as launch_errors
from smart_app.outbox import errors as outbox_errors
from smart_app.routes import fhir_faults
from smart_app.worklist import errors as worklist_errors


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
        "Vi kan inte se vem du är, din roll eller på vilken vårdenhet du arbetar (kod: {reason}). Inget har sparats. "
        "Välj rätt uppdrag i journalen och öppna igen, eller ge koden till förvaltningen.",
        "We cannot see who you are, your role or at which care unit you work (code: {reason}). Nothing was saved. "
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
# --- worklist / own API ---
FAULTS |= {
    worklist_errors.NoSuchTask: FaultText(
        404,
        "not-found",
        "Ärendet finns inte på din enhet. Gå tillbaka till arbetslistan.",
        "There is no such task in your unit. Go back to the worklist.",
    ),
    worklist_errors.StaleVersion: FaultText(
        412,
        "conflict",
        "Någon annan hann ändra ärendet före dig. Inget har sparats. Ladda om sidan, se efter vad som "
        "ändrats och försök igen.",
        "Somebody else changed the task before you. Nothing was saved. Reload, see what changed and try again.",
    ),
    worklist_errors.IllegalMove: FaultText(
        422,
        "business-rule",
        "REKO-status kan inte gå från {before} till {after}. Inget har sparats. Välj en av de statusar som visas.",
        "The REKO status cannot go from {before} to {after}. Nothing was saved. Choose one of those shown.",
    ),
    worklist_errors.UnknownStatus: FaultText(
        422,
        "code-invalid",
        "Det är inte en REKO-status. Inget har sparats.",
        "That is not a REKO status. Nothing was saved.",
    ),
    worklist_errors.ContactRefused: FaultText(
        422,
        "invalid",
        "Kontakten kan inte registreras så: {field} ({reason}). Inget har sparats. Rätta uppgiften och försök igen.",
        "The contact cannot be registered like that: {field} ({reason}). Nothing was saved. Correct it and try again.",
    ),
    record_errors.NoSuchRecord: FaultText(
        404,
        "not-found",
        "Uppgiften finns inte på din enhet.",
        "There is no such resource in your unit.",
    ),
    record_errors.NoIdentity: FaultText(
        500,
        "exception",
        "En uppgift kunde inte sparas, eftersom den saknar id. Inget har sparats. Säg till förvaltningen.",
        "A resource could not be kept, because it has no id. Nothing was saved. Tell operations.",
    ),
    token_errors.NoAccess: FaultText(
        401,
        "login",
        "Åtkomst saknas. Skicka en giltig token, eller öppna från journalen igen.",
        "Access is missing. Send a valid token, or open from the record system again.",
    ),
    token_errors.WrongScopes: FaultText(
        422,
        "value",
        "Behörigheterna går inte att förstå. De skrivs som system/Task.rs. Ingen token har skapats.",
        "The scopes cannot be understood. They are written like system/Task.rs. No token was made.",
    ),
    token_errors.NoSuchToken: FaultText(
        404,
        "not-found",
        "Det finns ingen sådan token hos vårdgivaren.",
        "There is no such token at this care provider.",
    ),
    token_errors.WrongLifetime: FaultText(
        422,
        "value",
        "En token lever 1 till {most} dagar. Ingen token har skapats.",
        "A token lives 1 to {most} days. No token was made.",
    ),
    fhir_faults.SearchRefused: FaultText(
        400,
        "invalid",
        "Sökningen går inte att förstå: {parameter} ({reason}). Inget har lämnats ut.",
        "The search cannot be understood: {parameter} ({reason}). Nothing was returned.",
    ),
    fhir_faults.WrongRequest: FaultText(
        400,
        "structure",
        "Begäran går inte att förstå ({reason}). Inget har ändrats.",
        "The request cannot be understood ({reason}). Nothing was changed.",
    ),
    fhir_faults.OutsideScope: FaultText(
        403,
        "forbidden",
        "Det ingår inte i din behörighet. Det som behövs är {needed}.",
        "That is outside what you may do. What is needed is {needed}.",
    ),
    fhir_faults.MissingIfMatch: FaultText(
        428,
        "required",
        "If-Match saknas: säg vilken version du har läst. Inget har ändrats.",
        "If-Match is missing: say which version you read. Nothing was changed.",
    ),
    fhir_faults.WrongContent: FaultText(
        422,
        "business-rule",
        "{path} kan inte sparas så ({reason}). Inget har ändrats. Bara businessStatus, status och owner får ändras.",
        "{path} cannot be saved like that ({reason}). Nothing was changed. Only businessStatus, status and "
        "owner may change.",
    ),
    fhir_faults.NotBuilt: FaultText(
        501,
        "not-supported",
        "Det är inte byggt än ({what}). Se /fhir/metadata för det som finns.",
        "That is not built yet ({what}). See /fhir/metadata for what there is.",
    ),
    fhir_faults.NotAllowed: FaultText(
        405,
        "not-supported",
        "Så kan adressen inte användas. Det som går är {allow}.",
        "The address cannot be used like that. What works is {allow}.",
    ),
    fhir_faults.NotAcceptable: FaultText(
        406,
        "not-supported",
        "Svaren finns bara som FHIR JSON (application/fhir+json).",
        "Answers exist as FHIR JSON only (application/fhir+json).",
    ),
    fhir_faults.WrongMediaType: FaultText(
        415,
        "not-supported",
        "Innehållet ska vara FHIR JSON, eller ett formulär vid sökning. Inget har ändrats.",
        "The content must be FHIR JSON, or a form when searching. Nothing was changed.",
    ),
    fhir_faults.NotThere: FaultText(
        404,
        "not-found",
        "Det finns inget på den adressen ({what}).",
        "Nothing stands at that address ({what}).",
    ),
    fhir_faults.StoreUnavailable: FaultText(
        503,
        "transient",
        "Databasen svarar inte just nu. Inget har sparats. Försök igen om en stund.",
        "The database does not answer right now. Nothing was saved. Try again in a while.",
        retry_after_s=10,
    ),
}
# --- end of worklist / own API ---

# --- case register / outbox ---
FAULTS |= {
    case_errors.NoSuchCase: FaultText(
        404,
        "not-found",
        "Det sjukfallet finns inte här. Öppna patienten igen från journalen.",
        "That sick-leave case does not exist here. Open the patient again from the record.",
    ),
    outbox_errors.NothingToWrite: FaultText(
        422,
        "required",
        "Det finns inget att skriva till journalen. Inget har ändrats.",
        "There is nothing to write to the record. Nothing was changed.",
    ),
    outbox_errors.WrongPatientForCase: FaultText(
        409,
        "conflict",
        "Sjukfallet hör till en annan patient. Inget har sparats. Öppna rätt patient från journalen.",
        "The sick-leave case belongs to another patient. Nothing was saved. Open the right patient from the record.",
    ),
    outbox_errors.NoSuchDelivery: FaultText(
        404,
        "not-found",
        "Den skrivningen finns inte här. Ladda om sidan.",
        "That write does not exist here. Reload the page.",
    ),
    outbox_errors.NotParked: FaultText(
        409,
        "conflict",
        "Det här väntar redan eller är redan skrivet. Ladda om sidan för att se hur det står till.",
        "This is waiting already or has been written. Reload the page to see how it stands.",
    ),
    outbox_errors.PayloadErased: FaultText(
        410,
        "deleted",
        "Innehållet är raderat: det är skrivet i journalen eller låg för länge. Gör bedömningen igen om den behövs.",
        "The content was erased: it stands in the record or waited too long. Make the assessment again if needed.",
    ),
}
# --- end of case register / outbox ---

# --- assessment / mapping ---
FAULTS |= {
    assessment_errors.NoPatient: FaultText(
        400,
        "required",
        "Ingen patient är vald. Öppna patienten i journalen och starta därifrån.",
        "No patient is chosen. Open the patient in the record and start from there.",
    ),
    assessment_errors.NothingToSave: FaultText(
        422,
        "business-rule",
        "Det finns inget pågående sjukfall att spara en plan för. Inget har skrivits.",
        "There is no ongoing sick-leave case to save a plan for. Nothing was written.",
    ),
    assessment_errors.LookExpired: FaultText(
        409,
        "expired",
        "Det du såg finns inte kvar här. Ladda om sidan, så att det som sparas är det du ser.",
        "What you saw is no longer kept here. Reload the page, so that what is saved is what you see.",
    ),
    assessment_errors.UnknownIntervention: FaultText(
        422,
        "code-invalid",
        "En åtgärd som inte föreslogs för det här fallet skickades in. Inget har sparats. Ladda om sidan.",
        "An intervention that was not proposed for this case was sent. Nothing was saved. Reload the page.",
    ),
    mapping_errors.WrongPatient: FaultText(
        502,
        "security",
        "Journalsystemet lämnade uppgifter om en annan patient (kod: {reason}). Inget av det har använts eller "
        "sparats. Öppna rätt patient igen, och säg till förvaltningen.",
        "The record system gave data of another patient (code: {reason}). None of it was used or saved. "
        "Open the right patient again, and tell operations.",
    ),
    mapping_errors.MappingFault: FaultText(
        422,
        "structure",
        "Patientens uppgifter i journalen går inte att läsa (kod: {reason}). Inget har sparats. "
        "Ge koden till förvaltningen.",
        "The patient's data in the record cannot be read (code: {reason}). Nothing was saved. "
        "Give the code to operations.",
    ),
    mapping_errors.InvalidResource: FaultText(
        500,
        "exception",
        "Det som skulle skrivas var inte giltig FHIR ({path}). Inget har sparats eller skickats. "
        "Säg till förvaltningen.",
        "What was to be written was not valid FHIR ({path}). Nothing was saved or sent. Tell operations.",
    ),
}
# --- end of assessment / mapping ---
