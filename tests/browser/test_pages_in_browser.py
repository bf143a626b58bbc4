"""The pages in Chromium: no script needed, no violations of accessibility, nothing wider than the frame."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.running_demo import Demo

EVA = "p-eva-sandstrom"
PHYSICIAN, COORDINATOR = "amir-haddad", "sofia-oberg"
WIDTHS = (320, 375, 768, 1280)
SCREENSHOTS = Path(__file__).resolve().parents[2] / "docs/images"


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    """A tab in a browser of its own, without JavaScript, that fails on anything the policy stops."""
    context: BrowserContext = chromium.new_context(
        viewport={"width": 1280, "height": 900}, locale="sv-SE", java_script_enabled=False
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert said == []


@pytest.fixture
def eyes(chromium: Browser) -> Iterator[Page]:
    """A tab with JavaScript for the checker, outside the page's own policy."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="sv-SE", bypass_csp=True)
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[Any]:
    """What axe finds with every details element open."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found]


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_physician_saves_a_plan_with_the_keyboard_alone(tab: Page, demo: Demo) -> None:
    tab.goto(demo.launch(PHYSICIAN, EVA))
    assert "/assessment/" in tab.url
    assert tab.title().startswith("Eva Sandström")
    tab.keyboard.press("Tab")
    assert tab.locator(":focus").inner_text() == "Till innehållet"
    for _ in range(80):
        tab.keyboard.press("Tab")
        if tab.locator("button.primary:focus").count():
            break
    tab.keyboard.press("Enter")
    tab.wait_for_url("**done=**")
    expect(tab.locator(".notes")).to_contain_text("Sparat", use_inner_text=True)
    expect(tab.locator(".states")).to_contain_text("Riskbedömning", use_inner_text=True)


def test_inside_the_record_system_s_frame_two_patients_stay_apart(tab: Page, demo: Demo) -> None:
    page = tab.context.new_page()
    page.goto(f"{demo.ehr}/chart/{EVA}")
    first = page.frame_locator("iframe")
    expect(first.locator(".banner")).to_contain_text("Eva Sandström", use_inner_text=True)
    other = tab.context.new_page()
    other.goto(f"{demo.ehr}/chart/p-omar-hassani")
    second = other.frame_locator("iframe")
    expect(second.locator(".banner")).to_contain_text("Omar Hassani", use_inner_text=True)
    first.locator("button.primary").click()
    expect(first.locator(".notes")).to_contain_text("Sparat", use_inner_text=True)
    expect(first.locator(".banner")).to_contain_text("Eva Sandström", use_inner_text=True)


def test_physician_sees_the_same_number_in_sentence_curve_table_and_list(tab: Page, demo: Demo) -> None:
    tab.goto(demo.launch(PHYSICIAN, EVA))
    number = tab.locator(".sentence strong").inner_text()
    assert tab.locator(".horizons td.mine").first.inner_text() == number
    assert tab.locator(".curve text.me").first.text_content() == f"{number} av 100"
    tab.get_by_role("link", name="Arbetslista").click()
    row = tab.locator("tr.item", has_text="Eva Sandström")
    expect(row).to_contain_text(f"{number} av 100 dag 90", use_inner_text=True)


def test_coordinator_registers_takes_over_and_moves(tab: Page, demo: Demo) -> None:
    tab.goto(demo.launch(COORDINATOR))
    assert "/worklist/" in tab.url
    tab.locator("a.opener").nth(2).click()
    tab.get_by_role("button", name="Telefon").click()
    expect(tab.locator(".notes")).to_contain_text("Kontakten är registrerad", use_inner_text=True)
    expect(tab.locator(".quick")).to_contain_text("Telefon · Patienten", use_inner_text=True)
    tab.get_by_role("button", name="Ta över").click()
    expect(tab.locator(".notes")).to_contain_text("Du är nu ansvarig.", use_inner_text=True)
    tab.get_by_text("Byt REKO-status").click()
    tab.get_by_label("Ny status").select_option("REKO_2")
    tab.get_by_role("button", name="Byt", exact=True).click()
    expect(tab.locator("tr.item.open")).to_contain_text("Kontaktad", use_inner_text=True)
    tab.get_by_role("link", name="Mina patienter").click()
    assert tab.locator("tr.item").count() == 1


def test_printed_columns_stand_under_their_own_headings(tab: Page, demo: Demo) -> None:
    tab.emulate_media(media="print")
    tab.goto(demo.launch(COORDINATOR))
    heads = tab.locator("table.list thead th").all()
    cells = tab.locator("tr.item").first.locator("th, td").all()
    assert [one.bounding_box()["x"] for one in heads] == [one.bounding_box()["x"] for one in cells]


def test_coordinator_finds_a_patient_without_a_trace_in_the_address(tab: Page, demo: Demo) -> None:
    tab.goto(demo.launch(COORDINATOR))
    tab.get_by_label("Namn eller personnummer").fill("sandström")
    tab.get_by_role("button", name="Sök").click()
    expect(tab.locator("tr.item")).to_contain_text("Eva Sandström", use_inner_text=True)
    assert "sandstr" not in tab.url.lower()
    tab.locator("a.opener").click()
    assert tab.locator(".quick").count() == 1


def test_nothing_is_wider_than_the_frame_and_axe_is_content(eyes: Page, demo: Demo) -> None:
    eyes.goto(demo.launch(PHYSICIAN, EVA))
    pages = {"assessment": eyes.url}
    eyes.goto(demo.launch(COORDINATOR))
    eyes.locator("a.opener").first.click()
    pages |= {"worklist": eyes.url.split("#")[0], "home": f"{demo.service}/", "limits": f"{demo.service}/limits"}
    pages["error"] = f"{demo.service}/assessment/00000000-0000-4000-8000-000000000000"
    found: dict[tuple[str, int, str], Any] = {}
    for name, address in pages.items():
        for language in ("sv", "en"):
            joint = "&" if "?" in address else "?"
            eyes.goto(f"{address}{joint}lang={language}")
            for width in WIDTHS:
                eyes.set_viewport_size({"width": width, "height": 900})
                if overflow(eyes) > 0:
                    found[name, width, language] = f"{overflow(eyes)} px too wide"
                if width in (320, 1280) and (broken := violations(eyes)):
                    found[name, width, language] = broken
    assert found == {}


def test_screenshots_for_the_readme(tab: Page, demo: Demo) -> None:
    tab.set_viewport_size({"width": 1280, "height": 1240})
    tab.goto(demo.launch(PHYSICIAN, EVA))
    shot = tab.screenshot()
    assert len(shot) > 20_000
    if os.environ.get("SCREENSHOTS"):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / "physician.png").write_bytes(shot)
        tab.goto(demo.launch(COORDINATOR))
        tab.screenshot(path=SCREENSHOTS / "worklist.png")
