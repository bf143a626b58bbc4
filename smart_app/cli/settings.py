"""Settings for a verb, or the end of it with every fault on stderr."""

from __future__ import annotations

from smart_app.cli.output import wrong_use
from smart_app.settings import Settings, WrongSettings, read_settings


def settings_or_exit() -> Settings:
    """The settings of this process; exit 2 with all faults when some are wrong."""
    try:
        return read_settings()
    except WrongSettings as wrong:
        wrong_use(f"The settings are wrong:\n{wrong}")
