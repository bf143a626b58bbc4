"""The entries of one write as bytes, and what makes an entry the same thing when it is sent again."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from fhir_mapping.write.entry import WriteEntry

PURPOSE = "outbox"
COLUMN = "payload"


def identity_of(entry: WriteEntry) -> str:
    """ "system|value" of the entry's identifier, else of its tag: the same whenever the same thing is sent again.

    Raises:
        ValueError: it has neither, and could then not be told from a copy of itself.
    """
    pair = entry.identifier or entry.tag
    if pair is None:
        raise ValueError(f"{entry.kind} has neither identifier nor tag")
    return f"{pair[0]}|{pair[1]}"


def pack(entries: Sequence[WriteEntry]) -> bytes:
    """The entries as JSON, keys sorted: the same entries give the same bytes."""
    return orjson.dumps(
        [
            {
                "kind": entry.kind,
                "resource": entry.resource,
                "full_url": entry.full_url,
                "identifier": entry.identifier,
                "tag": entry.tag,
                "once": entry.once,
            }
            for entry in entries
        ],
        option=orjson.OPT_SORT_KEYS,
    )


def unpack(packed: bytes) -> tuple[WriteEntry, ...]:
    """The entries that were packed."""
    return tuple(
        WriteEntry(
            kind=one["kind"],
            resource=one["resource"],
            full_url=one["full_url"],
            identifier=tuple(one["identifier"]) if one["identifier"] else None,
            tag=tuple(one["tag"]) if one["tag"] else None,
            once=one["once"],
        )
        for one in orjson.loads(packed)
    )
