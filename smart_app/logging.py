"""Logs on stderr as JSON lines (plain on a terminal): events and counts, never a patient, a query or a token."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import orjson
import structlog

# Libraries that would print URLs with patient ids or parameters.
_QUIET = ("httpx2", "httpcore2", "uvicorn.access", "sqlalchemy.engine", "alembic", "stamina")


_log = structlog.get_logger()


def configure_logging(level: int = logging.INFO) -> None:
    """Send structured events to stderr; stdout belongs to `--json`."""
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(serializer=_json)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    _bound.cache_clear()


def forget_logging() -> None:
    """As before `configure_logging`: for tests, whose output is closed when they end."""
    structlog.reset_defaults()
    _bound.cache_clear()


def log_request(method: str, route: str, status: int | None, ms: int) -> None:
    """One line for one request; `route` is the pattern, never the address itself."""
    _bound().info("request", method=method, route=route, status=status, ms=ms)


@cache
def _bound() -> Any:
    """Bound once: half of what a line takes, and there is one for every request."""
    return _log.bind()


def _json(event: Any, default: Callable[[Any], Any]) -> str:
    """A tenth of what the standard library takes, and there is a line for every request."""
    try:
        return orjson.dumps(event, default=default).decode()
    except orjson.JSONEncodeError:  # half a character pair, or a number beyond 64 bits
        return json.dumps(event, default=default)
