"""Asking the EHR for one thing of ours by its identifier, or by its tag where R4 knows no identifier."""

from __future__ import annotations

from fhir_mapping.fhir_json import Json, as_coding, dicts, identifiers, text
from fhir_mapping.write.entry import WriteEntry
from smart_app.ehr.errors import EhrRefused
from smart_app.outbox.ehr_port import EhrWriter
from smart_app.outbox.errors import Duplicates


async def find(client: EhrWriter, entry: WriteEntry) -> Json | None:
    """The entry's resource as it stands at the EHR; None when it holds none.

    Servers ignore parameters that they do not know, so what comes back is compared with what was asked for.

    Raises:
        Duplicates: it stands there more than once.
        EhrFault: the EHR could not be asked.
    """
    name, _, value = entry.condition.partition("=")
    found = [one for one in await client.search(entry.type, {name: value}, post=True) if is_it(entry, one)]
    if len({one["id"] for one in found}) > 1:
        raise Duplicates(entry.kind)
    return found[0] if found else None


async def find_at_own_id(client: EhrWriter, entry: WriteEntry) -> Json | None:
    """The entry's resource at the id that we choose when we put it there; None when it is not there, or not ours.

    Raises:
        EhrFault: the EHR could not be asked.
    """
    try:
        found = await client.read(f"{entry.type}/{entry.full_url.removeprefix('urn:uuid:')}")
    except EhrRefused as refused:
        if refused.status in (400, 404, 410):
            return None
        raise
    return found if is_it(entry, found) else None


def is_it(entry: WriteEntry, resource: Json) -> bool:
    """Whether a resource from the EHR is the very thing that the entry writes."""
    if resource.get("resourceType") != entry.type or text(resource.get("id")) is None:
        return False
    if entry.identifier is not None:
        return any((one.system, one.value) == entry.identifier for one in identifiers(resource.get("identifier")))
    meta = resource.get("meta")
    tags = [as_coding(one) for one in dicts(meta.get("tag") if isinstance(meta, dict) else None)]
    return any(tag is not None and (tag.system, tag.code) == entry.tag for tag in tags)
