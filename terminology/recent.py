"""Searches asked lately, kept: whoever types or turns pages asks the same again. Releases never change."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from terminology.concept import Edition
from terminology.search import search
from terminology.spelling import spelled
from terminology.store import ReleaseStore

MOST = 256
LONGEST = 500
"""Longer results are not kept: together they would fill the memory."""
_kept: OrderedDict[tuple[ReleaseStore, str], tuple[Edition, ...]] = OrderedDict()
_lock = Lock()


def searched(store: ReleaseStore, text: str) -> tuple[Edition, ...]:
    """The editions that `search` finds, closest first."""
    key = (store, text)
    with _lock:
        known = _kept.get(key)
        if known is not None:
            _kept.move_to_end(key)
            return known
    system = store.release.system
    found = tuple(hit.edition for hit in search(store, text, spell=lambda code: spelled(system, code)))
    if len(found) <= LONGEST:
        with _lock:
            _kept[key] = found
            while len(_kept) > MOST:
                _kept.popitem(last=False)
    return found
