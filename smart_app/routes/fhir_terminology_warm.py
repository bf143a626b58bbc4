"""Words indexed before the first search: a release of a year takes a tenth of a second, which no user is to wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from starlette.datastructures import State

from smart_app.beside import thread_beside
from smart_app.routes.fhir_terminology_here import Terminology, terminology
from terminology.errors import TerminologyFault

FIRST_AFTER_S = 0.5
"""The start of the service comes first."""
LOOK_EVERY_S = 1.0
AGAIN_AFTER_FAULT_S = 30.0


@contextmanager
def terminology_warmed(
    state: State, *, first_after_s: float = FIRST_AFTER_S, look_every_s: float = LOOK_EVERY_S
) -> Iterator[threading.Thread]:
    """In the block, releases are opened and indexed beside the requests; again when one was imported."""
    with thread_beside("warm-terminology", partial(_keep_warm, state, first_after_s, look_every_s)) as thread:
        yield thread


def _keep_warm(state: State, first_after_s: float, look_every_s: float, ended: threading.Event) -> None:
    indexed: Terminology | None = None
    wait_s = first_after_s
    while not ended.wait(wait_s):
        wait_s = look_every_s
        try:
            here = terminology(state)
            if here is not indexed:
                _index(here, ended)
                indexed = here
        except (TerminologyFault, OSError):  # whoever asks is told which file is damaged
            wait_s = AGAIN_AFTER_FAULT_S


def _index(here: Terminology, ended: threading.Event) -> None:
    """The release of today first, then the years before it."""
    stores = [each for system in here.catalogue.systems() for each in here.catalogue.releases(system)]
    for each in sorted(stores, key=lambda store: store.release.first_day, reverse=True):
        if ended.is_set():
            return
        each.index()
