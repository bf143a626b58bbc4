"""Which way of writing an EHR gets; only the first rung, the transaction, is built."""

from __future__ import annotations

from typing import Literal

from smart_app.issuers import IssuerProfile
from smart_app.outbox.errors import WriteModeNotBuilt

Mode = Literal["transaction"]


def choose(profile: IssuerProfile) -> Mode:
    """The way of writing to this EHR.

    "auto" is the transaction, which a FHIR R4 server either takes whole or refuses whole. PUT with our own ids,
    documents and export only are asked for by `write_mode` and do not exist yet.

    Raises:
        WriteModeNotBuilt: the profile asks for one of those.
    """
    if profile.write_mode in ("auto", "transaction"):
        return "transaction"
    raise WriteModeNotBuilt(profile.id, profile.write_mode)
