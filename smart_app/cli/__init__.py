"""The `sickleave` command. Verbs are imported when they run, so that help is quick."""

from __future__ import annotations


def main() -> None:
    """Entry point of the command."""
    from smart_app.cli.verbs import app

    app()
