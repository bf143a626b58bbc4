"""Codes of what stops a delivery, with what people read about it; no code or text holds a patient's data."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """What stopped the last attempt; kept in the row, shown on pages and in lists."""

    BUSY = "ehr-busy"
    UNREACHABLE = "ehr-unreachable"
    UNCLEAR = "answer-unclear"
    NONSENSE = "answer-unusable"
    VERSION_CLASH = "version-clash"
    INTERNAL = "internal"
    NO_TOKEN = "no-token"  # noqa: S105 (not a secret)
    NOT_PERMITTED = "not-permitted"
    REFUSED = "ehr-refused"
    DUPLICATES = "duplicates-at-ehr"
    MAY_NOT_LOOK = "may-not-look"
    DANGLING = "depends-on-refused"
    INVALID = "invalid-resource"
    CANNOT_UNSEAL = "cannot-unseal"
    EXPORT_ONLY = "export-only"
    EXPORT_SCOPES = "export-no-permission"
    MODE_NOT_BUILT = "mode-not-built"
    UNKNOWN_ISSUER = "unknown-issuer"
    GAVE_UP = "gave-up"
    ERASED = "payload-erased"


TEXTS: dict[Fault, tuple[str, str]] = {
    Fault.BUSY: (
        "Journalsystemet har mycket att göra just nu. Vi försöker igen.",
        "The journal system is busy. We will try again.",
    ),
    Fault.UNREACHABLE: (
        "Vi når inte journalsystemet. Vi försöker igen.",
        "We cannot reach the journal system. We will try again.",
    ),
    Fault.UNCLEAR: (
        "Vi fick inget helt svar. Vi kontrollerar vad som sparades innan vi skickar igen.",
        "We got no complete answer. We check what was saved before we send again.",
    ),
    Fault.NONSENSE: (
        "Journalsystemet gav ett svar som inte går att använda. Vi försöker igen.",
        "The journal system gave an answer that cannot be used. We will try again.",
    ),
    Fault.VERSION_CLASH: (
        "Någon annan ändrade samtidigt i journalen. Vi försöker igen.",
        "Somebody else changed the record at the same time. We will try again.",
    ),
    Fault.INTERNAL: ("Något gick fel hos oss. Vi försöker igen.", "Something went wrong here. We will try again."),
    Fault.NO_TOKEN: (
        "Inloggningen hann gå ut innan vi kunde skriva. Öppna patienten igen och välj Försök igen.",
        "The login ended before we could write. Open the patient again and choose Try again.",
    ),
    Fault.NOT_PERMITTED: (
        "Du har inte behörighet att skriva detta i journalen. Be förvaltningen om behörigheten.",
        "You are not permitted to write this to the record. Ask operations for the permission.",
    ),
    Fault.REFUSED: (
        "Journalsystemet tog inte emot detta. Hämta filen och kontakta förvaltningen, eller försök igen.",
        "The journal system did not accept this. Download the file and contact operations, or try again.",
    ),
    Fault.DUPLICATES: (
        "Samma sak finns flera gånger i journalen. Förvaltningen behöver rätta det där först.",
        "The same thing stands several times in the record. Operations must put that right first.",
    ),
    Fault.MAY_NOT_LOOK: (
        "Ett svar uteblev, och vi får inte läsa i journalen om detta redan står där. "
        "Be förvaltningen om rätten att läsa, eller titta i journalen; försök sedan igen.",
        "An answer never came, and we may not read in the record whether this stands there already. "
        "Ask operations for the right to read, or look in the record; then try again.",
    ),
    Fault.DANGLING: (
        "Detta bygger på något som journalsystemet inte tog emot. Försök igen med det först.",
        "This builds on something that the journal system did not accept. Try that again first.",
    ),
    Fault.INVALID: (
        "Innehållet blev inte giltigt, så vi skickade det inte. Kontakta förvaltningen.",
        "The content was not valid, so we did not send it. Contact operations.",
    ),
    Fault.CANNOT_UNSEAL: (
        "Vi kan inte läsa det sparade innehållet (fel nyckel). Kontakta förvaltningen.",
        "We cannot read the kept content (wrong key). Contact operations.",
    ),
    Fault.EXPORT_ONLY: (
        "Journalsystemet tar inte emot planer från oss. Hämta filen och lägg in den i journalen.",
        "The journal system takes no plans from us. Download the file and put it into the record.",
    ),
    Fault.EXPORT_SCOPES: (
        "Inloggningen gav inte rätt att skriva i journalen. Hämta filen, eller försök igen efter en ny inloggning.",
        "The login gave no right to write to the record. Download the file, or try again after a new login.",
    ),
    Fault.MODE_NOT_BUILT: (
        "Det här sättet att skriva till journalen finns inte än. Hämta filen i stället.",
        "This way of writing to the record does not exist yet. Download the file instead.",
    ),
    Fault.UNKNOWN_ISSUER: (
        "Journalsystemet finns inte längre i inställningarna. Kontakta förvaltningen.",
        "The journal system is no longer among the settings. Contact operations.",
    ),
    Fault.GAVE_UP: (
        "Vi har försökt många gånger utan att lyckas. Kontakta förvaltningen, eller försök igen.",
        "We have tried many times without success. Contact operations, or try again.",
    ),
    Fault.ERASED: (
        "Innehållet är raderat eftersom det låg för länge. Gör bedömningen igen.",
        "The content was erased because it had waited too long. Make the assessment again.",
    ),
}


def in_words(code: str, language: str) -> str:
    """What a person reads about a fault code; `language` is "sv" or "en"."""
    swedish, english = TEXTS[Fault(code)]
    return english if language == "en" else swedish
