"""Figures for operations in Prometheus' text format: counts only, no label that could name a patient, user or unit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from smart_app import VERSION
from smart_app.outbox.listing import backlog
from smart_app.routes.health import waiting_s
from smart_app.wiring import Services, services
from smart_app.worklist.counts import tasks_by_status

router = APIRouter()
REGISTRY = CollectorRegistry()
_REQUESTS = Counter(
    "sickleave_http_requests",
    "Requests by route pattern, method and status.",
    ("route", "method", "status"),
    registry=REGISTRY,
)
_SECONDS = Histogram(
    "sickleave_http_request_seconds",
    "Time from request to answer, by route pattern.",
    ("route",),
    registry=REGISTRY,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@router.get("/metrics")
def metrics(given: Annotated[Services, Depends(services)]) -> Response:
    """All figures; those of the database are counted now."""
    now = CollectorRegistry()
    now.register(_Now(given))
    return Response(generate_latest(REGISTRY) + generate_latest(now), media_type=CONTENT_TYPE_LATEST)


class CountRequests:
    """Counts every request by the pattern of its route, never by its address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            route = str(getattr(scope.get("route"), "path", "none"))
            method = scope["method"] if scope["method"] in _METHODS else "other"
            counted, timed = _figures(route, method, status)
            counted.inc()
            timed.observe(time.perf_counter() - started)


@cache
def _figures(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """The two figures of a kind of request: finding them by label takes longer than counting."""
    return _REQUESTS.labels(route, method, str(status)), _SECONDS.labels(route)


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
