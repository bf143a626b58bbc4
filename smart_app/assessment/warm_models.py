"""Models prepared before the first patient is looked at: a diagnosis takes a tenth of a second the first time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from risk.model_set import ModelSet
from smart_app.assessment.given import Given
from smart_app.worklist.tables import TaskRow


@contextmanager
def models_warmed(services: Given) -> Iterator[threading.Thread]:
    """Read the models in force now; in the block, prepare the diagnoses of ongoing cases, the most common first.

    Raises:
        ModelsDamaged, ModelFileFault: they cannot be used.
    """
    sets = [one for one in services.models_on(services.clock.today()) if isinstance(one, ModelSet)]
    for one in sets:
        for key in one.listed:
            one.model(key)
    ended = threading.Event()
    thread = threading.Thread(target=_prepare, args=(services, sets, ended), name="warm-models", daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        ended.set()
        thread.join()


def _prepare(services: Given, sets: list[ModelSet], ended: threading.Event) -> None:
    try:
        with services.store.reading() as session:
            keys = session.exec(
                select(TaskRow.group_key)
                .where(col(TaskRow.ongoing).is_(True))
                .group_by(col(TaskRow.group_key))
                .order_by(func.count().desc())
            ).all()
    except SQLAlchemyError:
        return  # nothing but time is lost; whether the database answers is told by /health/ready
    for key in keys:
        for one in sets:
            if key in one.listed and not ended.is_set():
                one.everyone(key)
