"""All faults by name."""

from __future__ import annotations

from . import authorization, context, discovery, identity, reads, tokens, writes
from .exchange import Fault

_ROOMS = (discovery, authorization, tokens, identity, context, reads, writes)
FAULTS: dict[str, Fault] = {fault.name: fault for room in _ROOMS for fault in room.FAULTS}
