"""The coordinator's page in every state, and the address that chooses what it shows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from smart_app.web.list_choice import ListChoice, worklist_query
from smart_app.web.render import render
from smart_app.web.views import Links
from smart_app.web.words import Language, words
from smart_app.web.worklist_view import Listing, worklist_view
from smart_app.worklist.query import Page
from tests.browser.invented_list import a_listing, entries, listings

TODAY = date(2026, 11, 22)

LISTINGS = listings()
TASK = "00000000-0000-4000-8000-000000000002"


def html(listing: Listing, language: Language = "sv") -> str:
    view = worklist_view(words(language), listing)
    return render("worklist.html", language, view=view, links=Links("l", listing.path, "?lang=en", "en", "token-1"))


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("\u00a0", " ")))


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("state", LISTINGS)
def test_every_state_renders_whole(state: str, language: Language) -> None:
    page = html(LISTINGS[state], language)
    assert page.count("<h1") == 1
    assert not re.search(r"\{\w+\}", text(page))
    assert language == "en" or not re.search(r"\bNone\b", text(page))
    assert not re.search(r'\sstyle="|<script|\son\w+="|<style|https?://', page)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("usual", "Läst från Journalen 08:12. Två patienter kunde inte läsas"),
        ("usual", "Intyget slutar om 6 dagar, ingen plan"),
        ("usual", "45 av 100 dag 90"),
        ("usual", "diagnos saknas"),
        ("usual", "Räknad 19 nov"),
        ("usual", "Visar 7 av 143 fall."),
        ("open", "Telefon Patient · KVÅ GC001"),
        ("open", "Möte Med patient · KVÅ GC001"),
        ("open", "öppna patienten i Journalen"),
        ("open", "18 nov · Telefon · Patienten · Sofia Öberg"),
        ("reader", "Läkare och rehabkoordinatorer registrerar här."),
        ("sorted", "Sorterat efter dag"),
        ("sorted", "Föregående 25"),
        ("empty", "Enheten är inte läst från journalen än."),
        ("empty", "Inga pågående sjukfall på enheten är lästa."),
        ("nothing", "Inga fall passar urvalet."),
        ("searched", "Sökresultat."),
    ],
)
def test_the_state_is_said(state: str, said: str) -> None:
    assert said in text(html(LISTINGS[state]))


def test_a_search_without_a_hit_says_what_it_cannot_find() -> None:
    said = text(html(a_listing(page=Page((), 0, None), searched="vikander")))
    assert "Ingen patient i enhetens lista passar sökningen." in said
    assert "Patienter med skyddad identitet hittas bara med diagnoskod." in said


def test_groups_stand_in_order_of_urgency() -> None:
    page = text(html(LISTINGS["usual"]))
    body = page[page.index("Visar 7") :]
    assert body.index("Gör i dag") < body.index("Den här veckan") < body.index("Bevaka")


def test_a_protected_person_is_nowhere_in_the_list() -> None:
    hidden = entries()[3]
    page = html(LISTINGS["usual"])
    assert hidden.task.protected
    assert hidden.display.name is not None
    assert hidden.display.identifier is not None
    assert hidden.display.name not in page
    assert hidden.display.identifier[:8] not in page
    assert "Skyddad identitet" in page


def test_names_stay_text() -> None:
    assert "<i>Saleh" not in html(LISTINGS["usual"])


def test_readers_get_no_form_that_changes_anything() -> None:
    page = html(LISTINGS["reader"])
    assert not re.search(rf'action="[^"]*{TASK}', page)


def test_an_open_row_carries_its_version_and_one_event_per_form() -> None:
    page = html(LISTINGS["open"])
    assert page.count(f'action="/worklist/sample/{TASK}/contact"') == 2
    assert page.count('name="version" value="3"') == 2
    assert page.count('name="event" value="11111111-') == 2
    assert page.count('aria-expanded="true"') == 1


def test_a_row_opened_from_a_search_has_a_way_back_to_the_whole_list() -> None:
    only = html(a_listing(choice=ListChoice(open=TASK, only=TASK)))
    assert "Visa hela listan" in only
    assert "Visa hela listan" not in html(a_listing())


def test_what_a_contact_with_somebody_else_says_of_the_patient() -> None:
    opened = LISTINGS["open"].opened
    assert opened is not None
    [contact] = opened.contacts
    contact = contact.model_copy(update={"counterparty": "employer"})
    page = html(replace(LISTINGS["open"], opened=replace(opened, contacts=(contact,))))
    assert "Telefon · Arbetsgivare, patienten med · Sofia" in text(page)
    assert 'name="with_patient" value="1">' in page  # not ticked for anybody


@pytest.mark.parametrize(
    ("typed", "taken"), [("F", True), ("m54.5", True), ("F43.8A", True), ("Eva", False), ("åäö", False)]
)
def test_the_browser_refuses_what_the_code_filter_would_leave_out(typed: str, taken: bool) -> None:
    [pattern] = re.findall(r'name="code"[^>]* pattern="([^"]+)"', html(LISTINGS["usual"]))
    assert bool(re.fullmatch(pattern, typed)) is taken
    assert bool(ListChoice.read({"code": typed}).code) is taken


def test_search_words_never_stand_in_an_address() -> None:
    page = html(LISTINGS["searched"])
    assert "Eva" not in "".join(re.findall(r'(?:href|action)="([^"]*)"', page))
    assert f"only={TASK}" in page


def test_sorting_turns_around_and_keeps_the_filter() -> None:
    page = html(LISTINGS["sorted"])
    day = next(part for part in re.findall(r'<th[^>]*aria-sort="descending"[^>]*>.*?</th>', page) if "Dag" in part)
    assert "code=M54" in day
    assert "down=1" not in day


@pytest.mark.parametrize(
    "given",
    [
        {"view": "mine", "code": "m54.5", "sort": "risk", "down": "1", "start": "50"},
        {"group": "week", "status": "REKO_3", "plan": "draft", "days": "31-90", "lang": "en", "open": TASK},
    ],
)
def test_a_choice_survives_its_own_address(given: dict[str, str]) -> None:
    choice = ListChoice.read(given)
    assert choice != ListChoice()
    assert ListChoice.back(choice.query()) == choice


@pytest.mark.parametrize(
    "given",
    [
        {"view": "x"}, {"code": "Eva Sandström"}, {"status": "REKO_99"}, {"sort": "name; drop"}, {"start": "-1"},
        {"start": "99999999"}, {"start": "²"}, {"open": "../../x"}, {"only": "198712072399"},
        {"lang": "de"}, {"days": "1-9"},
    ],
)  # fmt: skip
def test_what_is_unknown_in_an_address_is_left_out(given: dict[str, str]) -> None:
    assert ListChoice.read(given) == ListChoice()


def test_views_as_searches() -> None:
    mine = worklist_query(ListChoice(view="mine"), me="PractitionerRole/7", today=TODAY)
    assert mine.owners == {"PractitionerRole/7"}
    assert worklist_query(ListChoice(view="mine"), me=None, today=TODAY).owners == frozenset()
    late = worklist_query(ListChoice(view="no-plan", days="1-30"), me=None, today=TODAY)
    assert (late.day_from, late.day_until, late.plan_states) == (31, 30, {"none", "draft"})
    closed = worklist_query(ListChoice(view="closed"), me=None, today=TODAY)
    assert closed.status == {"completed", "cancelled", "rejected"}
    assert worklist_query(ListChoice(), me=None, today=TODAY).status == {
        "requested",
        "accepted",
        "in-progress",
        "on-hold",
    }
    assert worklist_query(ListChoice(status="REKO_5"), me=None, today=TODAY).status is None


def test_an_old_reading_says_its_day() -> None:
    listing = LISTINGS["usual"]
    assert listing.reading is not None
    old = replace(listing.reading, at=listing.reading.at.replace(day=18))
    assert "Läst från Journalen 18 nov 08:12." in text(html(a_listing(reading=old)))


def test_a_case_that_ended_leaves_the_list_and_stands_in_its_own_view() -> None:
    """Five free days may lie between certificates of one case: on the 22nd, one that ended on the 16th still counts."""
    listed = worklist_query(ListChoice(), me=None, today=TODAY)
    assert (listed.ended, listed.ended_before) == (False, date(2026, 11, 16))
    assert worklist_query(ListChoice(view="ended"), me=None, today=TODAY).ended is True
    assert worklist_query(ListChoice(view="mine"), me="PractitionerRole/7", today=TODAY).ended is None
