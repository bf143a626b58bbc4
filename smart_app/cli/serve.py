"""`sickleave serve`."""

from __future__ import annotations

import gc
from typing import Any

import uvicorn

from smart_app.app import build_app
from smart_app.cli.background import database_or_exit
from smart_app.cli.demo_places import taken
from smart_app.cli.heads import HeadsWithAnEnd
from smart_app.cli.output import wrong_use
from smart_app.cli.settings import settings_or_exit
from smart_app.issuers_file import LOOPBACK
from smart_app.logging import configure_logging

STOP_S = 20
OPTIONS: dict[str, Any] = {
    "http": HeadsWithAnEnd,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "timeout_graceful_shutdown": STOP_S,
}
"""How every request is served; also what the bench measures."""


def run(host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way get STOP_S seconds to finish."""
    settings = settings_or_exit()
    if settings.demo and host not in LOOPBACK:
        wrong_use("the demo listens on loopback only")
    if taken(host, port):
        wrong_use(f"Port {port} is already taken; end what listens there or choose another with --port.")
    configure_logging()
    with database_or_exit(settings):
        application = build_app(settings)
    gc.freeze()  # what is here now stays: looking through it for garbage held everyone up for a third of a second
    uvicorn.run(application, host=host, port=port, log_level="warning", **OPTIONS)
