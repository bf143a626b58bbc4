"""Markup in any text of the chart, one element after the other: the page shows it as text, and no fault repeats it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from fhir_mapping.read.case import Chart
from risk.case import Scope, ScopeKind
from sandbox.practice_ehr.samples.build import patient_resources
from sandbox.practice_ehr.samples.people import people
from sandbox.practice_ehr.samples.staff import staff_resources
from smart_app.assessment.consider import consider
from smart_app.assessment.looked import Looked
from smart_app.errors import FAULTS, in_words
from smart_app.model_choice import choose
from smart_app.web.assessment_view import Visitor, assessment_view
from smart_app.web.render import render
from smart_app.web.views import Links
from smart_app.web.words import words

ON = date(2026, 11, 22)
READ_AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SCOPE = Scope(ScopeKind.CARE_PROVIDER, "SE2321000016-1")
VISITOR = Visitor("dr Amir Haddad", "physician", "Vårdcentralen Björken", "Journalen", SCOPE)
LINKS = Links("launch-1", "/assessment/launch-1", "?lang=en", "en", "token-1")
PAYLOADS = (
    "</title></script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "{{7*7}}{%raw%}<svg/onload=alert(1)>&lt;b&gt;\u2028<a href=javascript:alert(1)>",
)
Path = tuple[str | int, ...]


def chart() -> list[dict[str, Any]]:
    """Eva Sandström's resources, the Patient first."""
    (person,) = (each for each in people() if each.id == "p-eva-sandstrom")
    found = [*patient_resources(person, ON), *staff_resources()]
    known = {"Patient", "Condition", "Encounter", "QuestionnaireResponse", "Practitioner", "PractitionerRole"}
    return [copy.deepcopy(each) for each in found if each["resourceType"] in {*known, "Organization"}]


def texts(value: Any, at: Path = ()) -> Iterator[Path]:
    """Where strings stand."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from texts(part, (*at, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from texts(part, (*at, number))


def put(resources: list[dict[str, Any]], at: Path, payload: str) -> list[dict[str, Any]]:
    """The chart with one text replaced."""
    changed = list(resources)
    here: Any = copy.deepcopy(resources[int(at[0])])
    changed[int(at[0])] = here
    for step in at[1:-1]:
        here = here[step]
    here[at[-1]] = payload
    return changed


class Markup(HTMLParser):
    """What a browser would make of a page: elements with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.handlers: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.handlers |= {name for name, _ in attrs if name.startswith("on") or name == "style"}
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")]


def page_of(resources: list[dict[str, Any]]) -> str:
    """The physician's page; for a chart that cannot be read, the words of the fault."""
    try:
        read = Chart(resources[0], tuple(resources[1:]), base="https://ehr.example/fhir")
        considered = consider(read, on=ON, scope=SCOPE, models=MODELS)
    except tuple(FAULTS) as fault:
        said = " ".join(in_words(fault, language) for language in ("sv", "en"))
        if "alert(1)" in said + str(fault):
            raise AssertionError("a fault repeats what stands in the chart") from fault
        return ""
    view = assessment_view(words("sv"), Looked(READ_AT, considered), VISITOR)
    return render("assessment.html", "sv", view=view, links=LINKS)


MODELS = choose("simulated-2026").on(ON)
CHART = chart()
USUAL = Markup(page_of(CHART))


def places() -> list[Path]:
    """One path for each element of each type: repetitions are read by the same code."""
    seen: dict[str, Path] = {}
    for at in texts(CHART):
        seen.setdefault(re.sub(r"/\d+", "", "/".join(map(str, at))) + CHART[int(at[0])]["resourceType"], at)
    return list(seen.values())


def test_no_text_of_the_chart_becomes_markup() -> None:
    shown, wrong = 0, []
    for number, at in enumerate(places()):
        page = page_of(put(CHART, at, PAYLOADS[number % len(PAYLOADS)]))
        markup = Markup(page)
        shown += "alert(1)" in page
        if markup.elements - USUAL.elements or markup.handlers:
            wrong.append(("/".join(map(str, at)), markup.elements - USUAL.elements, markup.handlers))
        wrong += [(at, link) for link in markup.links if not link.startswith(("/", "#", "?"))]
    assert wrong == []
    assert len(places()) > 100
    assert shown >= 3  # some of it is shown, so that the test sees what it is about


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_name_of_markup_is_shown_as_it_is_written(payload: str) -> None:
    name = next(at for at in texts(CHART[:1]) if at[-1] == "family")
    page = page_of(put(CHART, name, payload))
    read: list[str] = []

    class Text(HTMLParser):
        def handle_data(self, data: str) -> None:
            read.append(data)

    Text(convert_charrefs=True).feed(page)
    assert payload.replace("\u2028", "") in "".join(read).replace("\u2028", "")
