"""The physician's page in every state it can be in, from invented looks."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from smart_app.assessment.looked import Looked
from smart_app.web.assessment_view import Visitor, assessment_view
from smart_app.web.render import render
from smart_app.web.views import Links
from smart_app.web.words import Language, words
from smart_app.worklist.tables import TaskRow
from tests.browser.invented import PATIENT, PHYSICIAN, a_look, looks

LOOKS = looks()
LINKS = Links("launch-1", "/assessment/launch-1", "?lang=en", "en", "token-1")


def html(look: Looked, language: Language = "sv", visitor: Visitor = PHYSICIAN) -> str:
    view = assessment_view(words(language), look, visitor)
    return render("assessment.html", language, view=view, links=LINKS)


def text(page: str) -> str:
    """What is read: no tags, spaces as one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("\u00a0", " "))).replace(" .", ".")


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("state", LOOKS)
def test_every_state_renders_whole(state: str, language: Language) -> None:
    page = html(LOOKS[state], language)
    assert page.count("<h1") == 1
    assert page.count("<main") == 1
    assert f'<html lang="{language}">' in page
    assert not re.search(r"\{\w+\}(?! \*\*x)", text(page))
    assert language == "en" or not re.search(r"\bNone\b", text(page))
    assert not re.search(r'\sstyle="|<script|\son\w+="|<style|https?://', page.replace("&lt;b onmouseover", ""))
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            "usual",
            "Av 100 sjukfall med ryggvärk (M54) som pågår dag 37 är ungefär 45 kvar dag 90, den 12 januari 2027.",
        ),
        ("usual", "Nationella siffror för alla i diagnosgruppen. Inget om just den här patienten räknas in än."),
        ("usual", "Räknas inte in: kön, ålder"),
        ("usual", "riskbedömningen (45 av 100 dag 90), en plan med de åtgärder du har kryssat i, att planen är"),
        ("usual", "gjord (KVÅ DV077) och en uppgift till rehabkoordinatorn."),
        ("usual", "8 dagar från tidigare fall räknas med"),
        ("usual", "Visar intyg från hela vårdgivaren"),
        ("usual", "Läst från Journalen i dag 20 nov 14:21"),
        ("saved", "Riskbedömning skrevs 14:32."),
        ("saved", "Plan väntar. Vi når inte journalsystemet. Vi försöker igen. Nytt försök 14:35."),
        ("saved", "Uppgift till rehabkoordinatorn togs inte emot 14:32. Raden syns ändå i arbetslistan."),
        ("saved", "Sparad 14:32."),
        ("refused", "Riskbedömning, plan och uppgift till rehabkoordinatorn togs inte emot"),
        ("late", "Dag 180 är passerad. Siffran gäller dag 365."),
        ("passed", "Dag 365 är passerad."),
        ("passed", "Nationella siffror räcker till dag 365."),
        ("ended", "Okänd risk. Det finns ingen siffra för tiden framåt."),
        ("early", "som pågår dag 15"),
        ("early", "dag 1 är osäker: i dag kan vara dag 6–13"),
        ("unsure", "Dag 1 är osäker. Räknat från andra möjliga dagar blir det 45–50 av 100 dag 90, "),
        ("unsure", "Ett intyg kunde inte läsas: En period slutar före den börjar"),
        ("unsure", "Det här saknas och räknas som okänt: Besök"),
        ("ended", "Sjukfallet är slut sedan 12 nov."),
        ("ended", "Inga åtgärder föreslås i dag."),
        ("no-diagnosis", "Ingen siffra kan räknas ut: intyget saknar diagnoskod."),
        ("no-diagnosis", "en riskbedömning utan siffra"),
        ("no-case", "Inget pågående eller nyligen avslutat sjukfall hittades."),
        ("unreadable", "inget av intygen kunde läsas"),
        ("deceased", "Patienten är avliden enligt journalen."),
    ],
)
def test_the_state_is_said(state: str, said: str) -> None:
    assert said in text(html(LOOKS[state]))


def test_the_plan_s_code_is_the_one_that_is_written() -> None:
    case = LOOKS["usual"].considered.case
    assert case is not None
    between = a_look(case=replace(case, until=date(2026, 11, 18), ongoing=False, degree_now=None))
    assert "att planen är gjord (KVÅ AW020)" in text(html(between)).replace("\n", " ")


def test_the_same_number_everywhere() -> None:
    page = html(LOOKS["usual"])
    assert "<strong>45</strong>" in page
    assert '<td class="mine">45</td>' in page
    assert ">45 av 100</text>" in page
    assert "Varför 45" in page


@pytest.mark.parametrize("state", ["no-case", "unreadable", "deceased"])
def test_nothing_can_be_saved_when_there_is_nothing_to_save(state: str) -> None:
    page = html(LOOKS[state])
    assert "/plan" not in page
    assert "av 100" not in text(page)


@pytest.mark.parametrize("state", ["passed", "no-diagnosis", "ended"])
def test_no_curve_without_a_figure(state: str) -> None:
    page = html(LOOKS[state])
    assert 'class="plot curve"' not in page
    assert '<table class="horizons"' not in page


def test_a_protected_person_is_nowhere_on_the_page() -> None:
    page = html(LOOKS["protected"])
    for secret in ("Sandström", "19871207", "8712", "39 år", "Kvinna"):
        assert secret not in page
    assert "Skyddad identitet" in page


def test_a_name_with_markup_stays_a_name() -> None:
    page = html(LOOKS["markup"])
    assert "<b onmouseover" not in page
    assert "&lt;b onmouseover=alert(1)&gt;Eva&lt;/b&gt; {n} **x**" in page


@pytest.mark.parametrize(
    ("role", "said"), [("head-of-unit", "Planen sparas av läkaren."), (None, "Journalen säger inte vilken roll du har")]
)
def test_other_roles_read_and_are_told_why_they_cannot_save(role: str | None, said: str) -> None:
    page = html(LOOKS["usual"], visitor=replace(PHYSICIAN, role=role))
    assert 'class="primary" disabled' in page
    assert said in text(page)


def test_a_case_that_ended_before_anybody_listed_it_has_no_plan_to_save() -> None:
    page = html(LOOKS["ended"])
    assert 'class="primary" disabled' in page
    assert "Sjukfallet är slut och står inte i arbetslistan" in text(page)
    listed = replace(LOOKS["ended"], task=TaskRow(case_id="case-1", patient_reference="Patient/1"))
    assert 'class="primary" disabled' not in html(listed)


def test_what_was_accepted_is_ticked_and_nothing_else() -> None:
    page = html(LOOKS["saved"])
    ticked = re.findall(r'name="accept" value="([^"]+)" checked', page)
    assert ticked == ["return-to-work-plan", "coordinator-talk"]
    assert "Spara ändrad plan" in page


def test_what_was_refused_together_is_retried_once() -> None:
    page = html(LOOKS["refused"])
    assert page.count("/retry/9") == 1
    assert page.count("/download/9") == 1


def test_missing_name_and_number_are_said() -> None:
    nameless = replace(PATIENT, name=None, identifier=None)
    look = LOOKS["usual"]
    reading = replace(look.considered.reading, patient=nameless)
    page = text(html(replace(look, considered=replace(look.considered, reading=reading))))
    assert "Namn saknas i journalen" in page
    assert "personnummer saknas" in page
