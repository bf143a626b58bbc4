"""What has just happened, told on the page that a form leads back to."""

from __future__ import annotations

from smart_app.web.views import Notice
from smart_app.web.words import Words

TONES = {
    "saved": "ok",
    "written": "ok",
    "not_reread": "wait",
    "answered": "ok",
    "not_answered": "wait",
    "expired": "wait",
    "retried": "ok",
    "not_retried": "wait",
    "moved": "ok",
    "taken": "ok",
    "released": "ok",
    "contact": "ok",
    "stale": "wait",
    "illegal": "wait",
    "contact_date": "wait",
    "contact_other": "wait",
    "gone": "wait",
    "no_self": "wait",
}


def news(words: Words, done: str) -> tuple[Notice, ...]:
    """The notice for a code in an address; unknown codes say nothing."""
    return (Notice(words(f"notice.{done}"), tone=TONES[done]),) if done in TONES else ()
