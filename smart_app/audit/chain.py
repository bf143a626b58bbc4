"""The hash that ties each audit row to the one before."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

from smart_app.audit.tables import AuditRow

GENESIS = "0" * 64
_COVERED = (
    "id", "issuer", "care_provider", "care_unit", "actor", "role", "action", "patient_reference", "purpose", "detail",
    "previous",
)  # fmt: skip


def row_hash(row: AuditRow) -> str:
    """SHA-256 (hex) over all of the row but the hash itself."""
    values = [getattr(row, name) for name in _COVERED]
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(json.dumps([*values, at], ensure_ascii=False).encode()).hexdigest()
