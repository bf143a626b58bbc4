"""Entries -> one transaction, and what the EHR answered to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fhir_mapping.errors import SameIdentity, UnreadableOutcome
from fhir_mapping.fhir_json import Json
from fhir_mapping.write.entry import Kind, WriteEntry

_LOCATION = re.compile(
    r"(?:^|/)(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/(?P<version>[^/?#]+))?$"
)
_ETAG = re.compile(r'(?:W/)?"?(?P<version>[^"]+)"?')


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A resource that we wrote before, as the EHR keeps it; no version = the EHR keeps none."""

    id: str
    version_id: str | None

    @property
    def if_match(self) -> str | None:
        """The condition of a change; None when there is nothing to compare."""
        return f'W/"{self.version_id}"' if self.version_id else None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one entry.

    Attributes:
        kind, type, id: what it is and where.
        version_id: None when the EHR keeps no versions.
        status: 201 created, 200 found or changed.
    """

    kind: Kind
    type: str
    id: str
    version_id: str | None
    status: int


Known = Mapping[str, KnownVersion]


def transaction(entries: Sequence[WriteEntry], known: Known | None = None) -> Json:
    """A transaction Bundle.

    Args:
        entries: in an order in which each may refer to those before it.
        known: by kind or full url: what was written before. Those change by PUT with If-Match, and everything refers to
            them by their address; what is written `once` is never changed.

    Returns:
        Bundle JSON. Entries not known are created conditionally on their identifier, or on the write's tag.

    Raises:
        SameIdentity: two entries would resolve to one thing.
    """
    versions = _versions(entries, known or {})
    _check_identities(entries, versions)
    addresses = {e.full_url: f"{e.type}/{versions[e.full_url].id}" for e in entries if e.full_url in versions}
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [_entry(entry, versions.get(entry.full_url), addresses) for entry in entries],
    }


def puts_in_order(
    entries: Sequence[WriteEntry], known: Known | None = None
) -> tuple[tuple[str, Json, str | None], ...]:
    """For EHRs without transactions: (url, resource, If-Match or None) to PUT one after the other, ids chosen by us.

    A batch will not do: its entries must not refer to each other while they are being created.
    """
    versions = _versions(entries, known or {})
    _check_identities(entries, versions)
    ids = {e.full_url: (versions[e.full_url].id if e.full_url in versions else _uuid(e)) for e in entries}
    addresses = {e.full_url: f"{e.type}/{ids[e.full_url]}" for e in entries}
    found = []
    for entry in entries:
        version = versions.get(entry.full_url)
        resource = {**_linked(entry.resource, addresses), "id": ids[entry.full_url]}
        found.append((addresses[entry.full_url], resource, version.if_match if version else None))
    return tuple(found)


def export(entries: Sequence[WriteEntry]) -> Json:
    """For EHRs that accept no writes: a collection Bundle to hand over as a file."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": entry.full_url, "resource": entry.resource} for entry in entries],
    }


def read_outcome(response: Json, entries: Sequence[WriteEntry]) -> tuple[Written, ...]:
    """What became of each entry of a transaction.

    Args:
        response: Bundle of type transaction-response (or batch-response).
        entries: as they were given to `transaction`, in the same order.

    Raises:
        UnreadableOutcome: the answer does not tell, for one of them; look its identifier up before sending again.
    """
    answered = response.get("entry")
    if not isinstance(answered, list) or len(answered) != len(entries):
        raise UnreadableOutcome("entry", "other-number-of-entries")
    return tuple(
        _written(each, entry, f"entry[{n}]") for n, (each, entry) in enumerate(zip(answered, entries, strict=True))
    )


def version_of(etag: object) -> str | None:
    """The version in `W/"3"`, `"3"` or bare `3`; None when there is none."""
    found = _ETAG.fullmatch(etag.strip()) if isinstance(etag, str) else None
    return found["version"] if found else None


def address_of(location: object) -> tuple[str, str, str | None] | None:
    """(type, id, version or None) from a Location with any base, absolute or not; None when it is not readable."""
    found = _LOCATION.search(location.strip()) if isinstance(location, str) else None
    return (found["type"], found["id"], found["version"]) if found else None


def _versions(entries: Iterable[WriteEntry], known: Known) -> dict[str, KnownVersion]:
    found = {}
    for entry in entries:
        version = known.get(entry.full_url) or known.get(entry.kind)
        if version is not None and not entry.once:
            found[entry.full_url] = version
    return found


def _check_identities(entries: Iterable[WriteEntry], versions: Mapping[str, KnownVersion]) -> None:
    seen: set[str] = set()
    for entry in entries:
        version = versions.get(entry.full_url)
        names = {entry.full_url, f"{entry.type}?{entry.condition}"}
        if version:
            names.add(f"{entry.type}/{version.id}")
        if seen & names:
            raise SameIdentity(sorted(seen & names)[0])
        seen |= names


def _uuid(entry: WriteEntry) -> str:
    return entry.full_url.removeprefix("urn:uuid:")


def _linked(value: Any, addresses: Mapping[str, str]) -> Any:
    """The same JSON with links to known things replaced by their addresses."""
    if isinstance(value, dict):
        return {
            k: addresses.get(v, v) if k == "reference" and isinstance(v, str) else _linked(v, addresses)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [_linked(each, addresses) for each in value]
    return value


def _entry(entry: WriteEntry, version: KnownVersion | None, addresses: Mapping[str, str]) -> Json:
    resource = _linked(entry.resource, addresses) if addresses else entry.resource
    if version is None:
        condition = quote(entry.condition, safe="=:/|-._~")
        request = {"method": "POST", "url": entry.type, "ifNoneExist": condition}
    else:
        resource = {**resource, "id": version.id}
        request = {"method": "PUT", "url": f"{entry.type}/{version.id}"}
        if version.if_match is not None:
            request["ifMatch"] = version.if_match
    return {"fullUrl": entry.full_url, "resource": resource, "request": request}


def _written(answer: object, entry: WriteEntry, path: str) -> Written:
    response = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(response, dict):
        raise UnreadableOutcome(path, "no-response")
    status = str(response.get("status", ""))[:3]
    if status not in ("200", "201"):
        raise UnreadableOutcome(f"{path}.response.status", "neither-200-nor-201")
    resource = answer.get("resource")
    stored = resource if isinstance(resource, dict) and resource.get("resourceType") == entry.type else {}
    type_, id_, version = address_of(response.get("location")) or (entry.type, stored.get("id"), None)
    if id_ is None or type_ != entry.type:
        raise UnreadableOutcome(f"{path}.response.location", "no-address" if id_ is None else "other-type")
    meta = stored.get("meta")
    version = version or version_of(response.get("etag")) or (meta.get("versionId") if isinstance(meta, dict) else None)
    return Written(entry.kind, type_, str(id_), version, int(status))
