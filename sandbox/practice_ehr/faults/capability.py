"""Faults of the CapabilityStatement, which says how the record may be written to."""

from __future__ import annotations

from .exchange import Does, Fault, Json, Turn
from .manners import HTML, LOGIN_PAGE, at_path, changes, cut_before, refuses, says


def _fault(name: str, imitates: str, does: Does) -> Fault:
    return Fault(f"capability-{name}", "capability", imitates, at_path("/fhir/metadata"), does)


def _no_transactions(said: Json, _: Turn) -> Json:
    for rest in said["rest"]:
        rest["interaction"] = [each for each in rest["interaction"] if each["code"] != "transaction"]
    return said


def _only_reads(said: Json, turn: Turn) -> Json:
    for rest in _no_transactions(said, turn)["rest"]:
        for each in rest["resource"]:
            each["interaction"] = [one for one in each["interaction"] if one["code"] in ("read", "search-type")]
            each |= {"updateCreate": False, "conditionalCreate": False}
    return said


FAULTS = (
    _fault("missing", "404: the record does not say what it can.", says(404)),
    _fault("away", "503 with Retry-After.", refuses(503, "transient", retry_after="7")),
    _fault("reset", "The connection ends without an answer.", cut_before),
    _fault("login-page", "200 with the HTML of a login page.", says(200, LOGIN_PAGE, HTML)),
    _fault("no-transactions", "Transactions are not among what it can.", changes(_no_transactions)),
    _fault("only-reads", "It can be read and not written.", changes(_only_reads)),
    _fault("no-rest", "A CapabilityStatement without a word on REST.", changes(lambda s, _: {**s, "rest": []})),
)
