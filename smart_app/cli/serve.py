"""`sickleave serve`."""

from __future__ import annotations

import uvicorn

from smart_app.app import build_app
from smart_app.cli.output import wrong_use
from smart_app.cli.settings import settings_or_exit
from smart_app.logging import configure_logging
from smart_app.settings import LOOPBACK

STOP_S = 20


def run(host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way get STOP_S seconds to finish."""
    settings = settings_or_exit()
    if settings.demo and host not in LOOPBACK:
        wrong_use("the demo listens on loopback only")
    configure_logging()
    uvicorn.run(
        build_app(settings),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_S,
    )
