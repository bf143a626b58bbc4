"""Addresses at an EHR: built from its base, and checked when the EHR hands them to us."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

from smart_app.ehr.errors import EhrNonsense
from smart_app.issuers import IssuerProfile

REFERENCE = re.compile(r"([A-Z][A-Za-z]{1,60})/([A-Za-z0-9\-.]{1,64})")
_DOTS = re.compile(r"\.{1,2}")
TYPE = re.compile(r"[A-Z][A-Za-z]{1,60}")

Params = Mapping[str, str | Sequence[str]]


def split_reference(reference: str) -> tuple[str, str]:
    """Type and id of a relative reference. Raises ValueError for anything else."""
    found = REFERENCE.fullmatch(reference)
    if found is None or _DOTS.fullmatch(found[2]):
        raise ValueError("not a relative literal reference")
    return found[1], found[2]


def is_reference(text: object) -> bool:
    """Whether `text` is a relative literal reference such as "Patient/12"."""
    if not isinstance(text, str):
        return False
    found = REFERENCE.fullmatch(text)
    return found is not None and not _DOTS.fullmatch(found[2])


def relative(profile: IssuerProfile, reference: object) -> str | None:
    """A reference as "Type/id" at this EHR, without version; None when it points elsewhere or nowhere."""
    if not isinstance(reference, str):
        return None
    text = reference.removeprefix(profile.fhir_base + "/").split("/_history/", 1)[0]
    return text if is_reference(text) else None


def query_of(params: Params) -> str:
    """Parameters as a query; a sequence repeats the parameter."""
    return urlencode(
        [(k, v) for k, vs in params.items() for v in ([vs] if isinstance(vs, str) else vs)], quote_via=quote
    )


def search_request(profile: IssuerProfile, query: str, params: Params, *, post: bool) -> tuple[str, str, bytes | None]:
    """Resource type, address and form body of a search.

    Args:
        query: "Condition", or "Condition?patient=1" with first parameters.
        post: by POST _search: all parameters in the body, none in the address.

    Returns:
        The body is None for a GET.
    """
    kind, _, given = query.partition("?")
    if not TYPE.fullmatch(kind):
        raise ValueError("a search begins with a resource type")
    together = "&".join(part for part in (given, query_of(params)) if part)
    address = f"{profile.fhir_base}/{kind}"
    if post:
        return kind, f"{address}/_search", together.encode()
    return kind, f"{address}?{together}" if together else address, None


def next_address(profile: IssuerProfile, link: object) -> str:
    """Where a `next` link leads, when that is below the EHR's own base; a relative one counts from there.

    Raises:
        EhrNonsense: it leads elsewhere; the token must not follow.
    """
    if not isinstance(link, str) or not link:
        raise EhrNonsense(profile.id, "next-link")
    try:
        address = urljoin(profile.fhir_base + "/", link)
        parts = urlsplit(address)
    except ValueError:
        raise EhrNonsense(profile.id, "next-link") from None
    below = address.startswith((profile.fhir_base + "/", profile.fhir_base + "?"))
    climbs = any(part in ("..", ".") for part in unquote(parts.path).replace("\\", "/").split("/"))
    if not below or climbs or parts.fragment or parts.username is not None:
        raise EhrNonsense(profile.id, "next-elsewhere")
    return address
