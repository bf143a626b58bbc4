"""Which codes an operation is asked about. What is said twice must agree: which one was meant, nobody can know."""

from __future__ import annotations

from dataclasses import dataclass

from smart_app.routes.fhir_terminology_faults import ParameterRefused, missing
from smart_app.routes.fhir_terminology_parameters import OperationParameters, shown
from terminology.codes import system_name

_WAYS = ("code", "coding", "codeableConcept")


@dataclass(frozen=True, slots=True)
class AskedCode:
    """One code to look at; `system` as it was sent, without the version behind "|"."""

    system: str
    version: str | None
    code: str
    display: str | None


def asked_codes(asked: OperationParameters, system: str = "system", version: str = "version") -> tuple[AskedCode, ...]:
    """The code or the codings, from `code`, `coding` or `codeableConcept`.

    Args:
        system: the parameter that names the code system, also as "system|version"; `url` says where to look, so that
            a coding of another system is an answer and no contradiction.
        version: the parameter that names its version.

    Returns:
        At least one; of a concept only the codings that name a system and a code.

    Raises:
        ParameterRefused: more than one of the three ways, a contradiction, or nothing to look at.
    """
    ways = [each for each in _WAYS if each in asked.values]
    if len(ways) > 1:
        raise ParameterRefused(
            ways[1],
            shown(asked.values[ways[1]][0]),
            "skicka bara en av code, coding och codeableConcept",
            "send only one of code, coding and codeableConcept",
        )
    uri, of_uri = canonical(asked.text(system))
    overall = agreed(version, asked.text(version), of_uri)
    display = asked.text("display")
    several = asked.codings("codeableConcept")
    if several is not None:
        found = [(each.system or uri, each) for each in several]
        known = [AskedCode(of, each.version or overall, each.code, each.display) for of, each in found if of]
        if not known:
            raise missing(system)
        return tuple(known)
    coding = asked.coding("coding")
    if coding is None:
        code = asked.needed("code")
        if uri is None:
            raise missing(system)
        return (AskedCode(uri, overall, code, display),)
    of = coding.system or uri
    if of is None:
        raise missing(system)
    if uri is not None and system != "url":
        agreed_systems(system, of, uri)
    return (AskedCode(of, agreed(version, overall, coding.version), coding.code, coding.display or display),)


def canonical(text: str | None) -> tuple[str | None, str | None]:
    """Address and version of "address|version".

    >>> canonical("urn:x|2020"), canonical("urn:x"), canonical(None)
    (('urn:x', '2020'), ('urn:x', None), (None, None))
    """
    if text is None or "|" not in text:
        return text, None
    uri, _, version = text.partition("|")
    return uri, version or None


def agreed(parameter: str, *values: str | None) -> str | None:
    """The one value that was sent; None when none was. Raises ParameterRefused when they differ."""
    found: str | None = None
    for each in values:
        if found is None:
            found = each
        elif each is not None and each != found:
            raise _contradiction(parameter, each)
    return found


def agreed_systems(parameter: str, *uris: str | None) -> str | None:
    """The one system that the addresses mean. Raises ParameterRefused when they mean different ones."""
    found: str | None = None
    for each in uris:
        if found is None:
            found = each
        elif each is not None and not same_system(each, found):
            raise _contradiction(parameter, each)
    return found


def same_system(one: str, other: str) -> bool:
    """Whether two addresses mean the same system."""
    return one == other or (system_name(one) or one) == (system_name(other) or other)


def _contradiction(parameter: str, value: str) -> ParameterRefused:
    return ParameterRefused(
        parameter, value, "en annan parameter säger något annat", "another parameter says something else"
    )
