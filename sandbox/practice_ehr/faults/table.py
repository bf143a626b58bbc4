"""All faults by name."""

from __future__ import annotations

from . import authorization, capability, context, discovery, identity, reads, renewals, tokens, writes
from .exchange import Fault

_ROOMS = (discovery, authorization, tokens, renewals, identity, context, reads, capability, writes)
FAULTS: dict[str, Fault] = {fault.name: fault for room in _ROOMS for fault in room.FAULTS}
