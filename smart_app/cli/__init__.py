"""The `sickleave` command. Verbs are imported when they run, so that help is quick."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of the command; a fault that nobody foresaw is named by class and place, never by its text."""
    # many small matrices: threads that wait for each other make them up to twenty times slower on a busy machine
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from smart_app.cli.verbs import app

    try:
        app()
    except Exception as fault:
        # the text of a fault may hold what it was working on: a patient's data
        trace = fault.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "-"
        sys.stderr.write(f"sickleave failed: {type(fault).__name__} at {place}. Nothing more was done.\n")
        sys.exit(1)
