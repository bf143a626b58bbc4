"""Logs on stderr as JSON lines (plain on a terminal): events and counts, never a patient, a query or a token."""

from __future__ import annotations

import logging
import sys

import structlog

# Libraries that would print URLs with patient ids or parameters.
_QUIET = ("httpx2", "httpcore2", "uvicorn.access", "sqlalchemy.engine", "alembic", "stamina")


def configure_logging(level: int = logging.INFO) -> None:
    """Send structured events to stderr; stdout belongs to `--json`."""
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
