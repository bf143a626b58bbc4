"""The three small pages around a launch: choosing the EHR, a browser that kept no cookie, and goodbye."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from smart_app.issuers import IssuerProfile
from smart_app.web.render import environment
from smart_app.web.words import Language, words

_PAGE = """{% extends "layout.html" %}
{% block title %}{{ heading }}{% endblock %}
{% block content %}
<main id="main" class="card prose"><h1>{{ heading }}</h1>
<p>{{ line }}</p>
{% if links %}<ul>
{% for link in links %}<li><a href="{{ link.href }}"{% if new_window %} target="_blank" rel="noopener"{% endif %}>
{{- link.text }}</a></li>
{% endfor %}</ul>{% endif %}
{% if form %}<form method="post" action="{{ form.action }}">
{% for name, value in form.fields %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<p><button class="primary">{{ form.button }}</button></p></form>{% endif %}
</main>
{% endblock %}
"""
_WORDS: dict[Language, dict[str, str]] = {
    "sv": {
        "choose": "Välj journalsystem",
        "choose-line": "Du loggar in i ditt journalsystem. Vi läser inget förrän du har gjort det.",
        "physician": "{name}: en patients sjukskrivning (läkare)",
        "coordinator": "{name}: enhetens arbetslista (koordinator)",
        "continue": "Fortsätt till journalsystemet",
        "continue-line": "Vi läser inget förrän journalsystemet har sagt vem du är.",
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
        "continue": "Continue to the record system",
        "continue-line": "We read nothing before the record system has said who you are.",
        "no-cookie": "The browser did not let us into the record's window",
        "no-cookie-line": "The sign-in did not work: the browser does not keep our cookie when the page is shown "
        "inside the record. Nothing was read and nothing was saved. Open it in a window of its own instead:",
        "out": "You are signed out",
        "out-line": "This window is closed for this patient. Your other windows stay. "
        "Open again from the record when you want to go on.",
    },
}


def choose_issuer(profiles: Iterable[IssuerProfile], language: Language) -> str:
    """The EHRs to start a standalone launch at."""
    links = [link for profile in profiles for link in _ways_in(profile, language)]
    return _render(language, "choose", links)


def continue_at_ehr(url: str, fields: Iterable[tuple[str, str]], language: Language) -> str:
    """The authorization request as a form, with a button that one can see."""
    form = {"action": url, "fields": tuple(fields), "button": _WORDS[language]["continue"]}
    return _render(language, "continue", [], form=form)


def no_cookie(profile: IssuerProfile, language: Language) -> str:
    """Refusal at the callback, with a way on: a standalone launch in a window of its own."""
    return _render(language, "no-cookie", _ways_in(profile, language), new_window=True)


def logged_out(language: Language) -> str:
    """Goodbye."""
    return _render(language, "out", [])


def _ways_in(profile: IssuerProfile, language: Language) -> list[dict[str, str]]:
    return [
        {
            "text": _WORDS[language][role].format(name=profile.name),
            "href": "/standalone?" + urlencode({"iss": profile.fhir_base, "role": role}),
        }
        for role in ("physician", "coordinator")
    ]


def _render(language: Language, about: str, links: list[dict[str, str]], **more: object) -> str:
    said = _WORDS[language]
    return (
        environment()
        .from_string(_PAGE)
        .render(
            t=words(language),
            heading=said[about],
            line=said[f"{about}-line"],
            links=links,
            **{"new_window": False, "form": None} | more,
        )
    )
