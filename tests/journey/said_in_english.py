"""What a reader of English is told of the same fault: the page of refusal once more, without doing anything again."""

from __future__ import annotations

import html
import re
from string import Formatter

from starlette.requests import Request

from smart_app.errors import FAULTS
from smart_app.routes.error_answers import answer_fault
from tests.running_line import text_of


def refused_in_english(swedish: str) -> tuple[int, str]:
    """Status and text of the page for whatever fault the Swedish page tells of.

    Args:
        swedish: what a reader sees of our page of refusal; the fault and its fields are recognised by their sentence.
    """
    told = html.unescape(swedish)
    found = [(kind, match) for kind, entry in FAULTS.items() if (match := _sentence(entry.sv).search(told))]
    kind, match = max(found, key=lambda each: len(each[1][0]))
    fault = kind.__new__(kind)
    vars(fault).update(match.groupdict())
    headers = [(b"accept-language", b"en-GB,en;q=0.9,sv;q=0.5")]
    scope = {"type": "http", "method": "GET", "path": "/callback", "query_string": b"", "headers": headers}
    answer = answer_fault(Request(scope), fault)
    return answer.status_code, html.unescape(text_of(bytes(answer.body).decode()))


def _sentence(template: str) -> re.Pattern[str]:
    parts = [
        re.escape(words) + (f"(?P<{name}>.+?)" if name else "") for words, name, _, _ in Formatter().parse(template)
    ]
    return re.compile("".join(parts))
