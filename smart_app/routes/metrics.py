"""Figures for operations in Prometheus' text format: counts only, no label that could name a patient, user or unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.responses import Response

from smart_app import VERSION
from smart_app.outbox.listing import backlog
from smart_app.request_figures import REGISTRY
from smart_app.routes.health import waiting_s
from smart_app.wiring import Services, services
from smart_app.worklist.counts import tasks_by_status

router = APIRouter()


@router.get("/metrics")
def metrics(given: Annotated[Services, Depends(services)]) -> Response:
    """All figures; those of the database are counted now."""
    now = CollectorRegistry()
    now.register(_Now(given))
    return Response(generate_latest(REGISTRY) + generate_latest(now), media_type=CONTENT_TYPE_LATEST)


class _Now:
    """What the database holds at this moment."""

    def __init__(self, given: Services) -> None:
        self._given = given

    def collect(self) -> Iterator[Metric]:
        with self._given.store.reading() as session:
            found, tasks = backlog(session), tasks_by_status(session)
        open_entries = GaugeMetricFamily("sickleave_outbox_entries", "Writes not delivered.", labels=("state",))
        open_entries.add_metric(("waiting",), found.waiting)
        open_entries.add_metric(("parked",), found.parked)
        yield open_entries
        yield GaugeMetricFamily(
            "sickleave_outbox_oldest_seconds",
            "How long the oldest waiting write has waited; 0 when none waits.",
            value=waiting_s(self._given, found) or 0,
        )
        closed = CounterMetricFamily(
            "sickleave_not_unsealed", "Kept values met by this process that no key opens.", labels=("purpose",)
        )
        for purpose, number in sorted(self._given.sealer.not_opened.items()):
            closed.add_metric((purpose,), number)
        yield closed
        by_status = GaugeMetricFamily("sickleave_tasks", "Tasks in the worklists by status.", labels=("status",))
        for status, number in sorted(tasks.items()):
            by_status.add_metric((status,), number)
        yield by_status
        info = GaugeMetricFamily("sickleave_build_info", "1, with the version.", labels=("version",))
        info.add_metric((VERSION,), 1)
        yield info
