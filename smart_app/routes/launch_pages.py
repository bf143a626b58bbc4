"""The three small pages around a launch: choosing the EHR, a browser that kept no cookie, and goodbye."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from jinja2 import Environment

from smart_app.issuers import IssuerProfile

_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ heading }}</title>
<link rel="stylesheet" href="/static/tokens.css">
<link rel="stylesheet" href="/static/components.css">
</head>
<body>
<main class="page" id="main">
<h1>{{ heading }}</h1>
{% for line in lines %}<p>{{ line }}</p>
{% endfor %}{% if links %}<ul>
{% for link in links %}<li><a href="{{ link.href }}"{% if new_window %} target="_blank" rel="noopener"{% endif %}>
{{- link.text }}</a></li>
{% endfor %}</ul>
{% endif %}</main>
</body>
</html>
"""
)
_WORDS = {
    "sv": {
        "choose": "Välj journalsystem",
        "choose-line": "Du loggar in i ditt journalsystem. Vi läser inget förrän du har gjort det.",
        "physician": "{name}: en patients sjukskrivning (läkare)",
        "coordinator": "{name}: enhetens arbetslista (koordinator)",
        "no-cookie": "Webbläsaren släppte inte in oss i journalens fönster",
        "no-cookie-line": "Inloggningen lyckades inte: webbläsaren sparar inte vår kaka när sidan visas inuti "
        "journalen. Inget har lästs och inget har sparats. Öppna i ett eget fönster i stället:",
        "out": "Du är utloggad",
        "out-line": "Det här fönstret är stängt för den här patienten. Dina andra fönster är kvar. "
        "Öppna igen från journalen när du vill fortsätta.",
    },
    "en": {
        "choose": "Choose your record system",
        "choose-line": "You sign in to your record system. We read nothing before you have done that.",
        "physician": "{name}: one patient's sick leave (physician)",
        "coordinator": "{name}: the unit's worklist (coordinator)",
        "no-cookie": "The browser did not let us into the record's window",
        "no-cookie-line": "The sign-in did not work: the browser does not keep our cookie when the page is shown "
        "inside the record. Nothing was read and nothing was saved. Open it in a window of its own instead:",
        "out": "You are signed out",
        "out-line": "This window is closed for this patient. Your other windows stay. "
        "Open again from the record when you want to go on.",
    },
}


def choose_issuer(profiles: Iterable[IssuerProfile], language: str) -> str:
    """The EHRs to start a standalone launch at."""
    words = _WORDS[language]
    links = [
        {"text": words[role].format(name=profile.name), "href": _standalone(profile, role)}
        for profile in profiles
        for role in ("physician", "coordinator")
    ]
    return _render(language, words["choose"], [words["choose-line"]], links)


def no_cookie(profile: IssuerProfile, language: str) -> str:
    """Refusal at the callback, with a way on: a standalone launch in a window of its own."""
    words = _WORDS[language]
    links = [
        {"text": words[role].format(name=profile.name), "href": _standalone(profile, role)}
        for role in ("physician", "coordinator")
    ]
    return _render(language, words["no-cookie"], [words["no-cookie-line"]], links, new_window=True)


def logged_out(language: str) -> str:
    """Goodbye."""
    words = _WORDS[language]
    return _render(language, words["out"], [words["out-line"]], [])


def _standalone(profile: IssuerProfile, role: str) -> str:
    return "/standalone?" + urlencode({"iss": profile.fhir_base, "role": role})


def _render(
    language: str, heading: str, lines: list[str], links: list[dict[str, str]], *, new_window: bool = False
) -> str:
    return _PAGE.render(language=language, heading=heading, lines=lines, links=links, new_window=new_window)
