"""How many requests there were of each kind, and how long they took: counts only, no label that could name anybody."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram

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


def count_request(method: str, route: str | None, status: int | None, seconds: float) -> None:
    """Count one request.

    Args:
        method: as sent; one that HTTP does not know is counted as "other".
        route: the pattern, never the address; None when there is none.
        status: None when the caller had gone before there was an answer, which is counted as 500.
    """
    counted, timed = _figures(method if method in _METHODS else "other", route or "none", status or 500)
    counted.inc()
    timed.observe(seconds)


@cache
def _figures(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """The two figures of a kind of request: finding them by label takes longer than counting."""
    return _REQUESTS.labels(route, method, str(status)), _SECONDS.labels(route)
