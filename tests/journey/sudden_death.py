"""A delivering process is killed at a named point, another one comes, and the count at the EHR is looked at."""

from __future__ import annotations

import threading
from collections import Counter

from sqlalchemy import create_engine, text

from tests.breaking_proxy import AFTER, BEFORE, WELL
from tests.many_processes import Crowd
from tests.running_line import Tab, wait_until

TRANSACTION = "POST /fhir"
ONE_OF_EACH = Counter(RiskAssessment=1, CarePlan=1, Task=1, Procedure=1, Provenance=1)


class Stop:
    """Holds the delivery at a point until the process is dead."""

    def __init__(self) -> None:
        self.reached, self.dead = threading.Event(), threading.Event()

    def here(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            self.dead.wait(60)


def sql(many: Crowd, statement: str) -> None:
    with many.services.store.engine.begin() as connection:
        connection.execute(text(statement))


def die(many: Crowd, point: str, patient: str, call: str = TRANSACTION) -> None:
    """One save whose delivering process is killed at `point`, and another process that delivers afterwards.

    Args:
        point: "claiming" (while the database is asked), "claimed" (before anything is asked of the EHR), "sending" and
            "acted" (before and after the EHR carried out `call`), "settling" (while the outcome is noted), "settled".
        call: beginning of "METHOD /path" of one write.
    """
    stop = Stop()
    tab = many.tab_of_its_own(patient)
    if point in ("claiming", "settling"):
        _blocked_death(many, point, tab, call)
    else:
        _arm(many, point, stop, call)
        worker = many.start_worker()
        assert tab.save().status_code == 200
        if point == "settled":
            many.delivered()
        else:
            assert stop.reached.wait(40), (point, many.to_ehr.asked[-20:])
        many.kill_worker(worker)
        stop.dead.set()
    many.to_ehr.fate, many.to_ehr.acted = (lambda _: WELL), (lambda _: None)
    sql(many, "UPDATE outbox SET lease_until = now() WHERE state = 'leased'")  # the lease runs out
    sql(many, "DELETE FROM outbox_pause")
    worker = many.start_worker()
    many.delivered()
    many.kill_worker(worker)


def _is(asked: str, call: str) -> bool:
    if call == TRANSACTION:
        return asked == TRANSACTION
    return asked.startswith(call) and not asked.endswith("_search")


def _arm(many: Crowd, point: str, stop: Stop, call: str) -> None:
    def fate(asked: str) -> str:
        if stop.reached.is_set():
            return WELL
        if (point == "claimed" and "/fhir" in asked) or (point == "sending" and _is(asked, call)):
            stop.here()
            return BEFORE
        return AFTER if point == "acted" and _is(asked, call) else WELL

    def acted(asked: str) -> None:
        if point == "acted" and _is(asked, call):
            stop.here()

    many.to_ehr.fate, many.to_ehr.acted = fate, acted


def _blocked_death(many: Crowd, point: str, tab: Tab, call: str) -> None:
    """The process is killed while the database keeps it waiting: in the middle of claiming, or of settling."""
    engine = create_engine(many.environment["SICKLEAVE_DATABASE_URL"])
    assert tab.save().status_code == 200
    with engine.connect() as holding:

        def hold() -> None:
            holding.execute(text("SELECT id FROM outbox WHERE state IN ('waiting', 'leased') FOR UPDATE"))

        if point == "claiming":
            hold()
        else:
            many.to_ehr.acted = lambda asked: hold() if _is(asked, call) else None
        worker = many.start_worker()

        def waits() -> bool:
            with engine.connect() as looking:
                found = looking.execute(
                    text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                ).scalar_one()
            return int(found) > 0

        wait_until(waits, 40)
        many.kill_worker(worker)
        holding.rollback()
    engine.dispose()
