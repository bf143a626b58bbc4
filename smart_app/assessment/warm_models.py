"""Models prepared before the first patient is looked at: a diagnosis takes a tenth of a second the first time.

Also those that come into force while the service runs, by activation, rollback or a date: no patient waits for them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from risk.errors import ModelFileFault
from risk.model_set import ModelSet
from smart_app.assessment.given import Given
from smart_app.beside import thread_beside
from smart_app.model_choice import ModelsDamaged
from smart_app.worklist.tables import TaskRow

LOOK_AGAIN_S = 30.0


@contextmanager
def models_warmed(services: Given) -> Iterator[threading.Thread]:
    """Read the models in force now; in the block, prepare the diagnoses of ongoing cases, the most common first.

    Raises:
        ModelsDamaged, ModelFileFault: they cannot be used.
    """
    for one in _sets(services):
        for key in one.listed:
            one.model(key)
    with thread_beside("warm-models", partial(_keep_warm, services)) as thread:
        yield thread


def _sets(services: Given) -> list[ModelSet]:
    return [one for one in services.models_on(services.clock.today()) if isinstance(one, ModelSet)]


def _keep_warm(services: Given, ended: threading.Event) -> None:
    warm: list[ModelSet] = []
    while not ended.is_set():
        with suppress(ModelsDamaged, ModelFileFault):  # told by /health/ready and on the pages
            new = [one for one in _sets(services) if not any(one is known for known in warm)]
            if new and _prepare(services, new, ended):
                warm += new
        ended.wait(LOOK_AGAIN_S)


def _prepare(services: Given, sets: list[ModelSet], ended: threading.Event) -> bool:
    try:
        with services.store.reading() as session:
            keys = session.exec(
                select(TaskRow.group_key)
                .where(col(TaskRow.ongoing).is_(True))
                .group_by(col(TaskRow.group_key))
                .order_by(func.count().desc())
            ).all()
    except SQLAlchemyError:
        return False  # nothing but time is lost; whether the database answers is told by /health/ready
    for key in keys:
        for one in sets:
            if key in one.listed and not ended.is_set():
                one.everyone(key)
    return True
