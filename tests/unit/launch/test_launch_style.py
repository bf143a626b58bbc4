"""The EHR's own colours: off unless the profile wants them, from its own origin, checked, and never unreadable."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import httpx2
import pytest

from smart_app.launch.style import OURS, PAIRS, contrast, readable
from tests.unit.launch.launching import EHR, Scene, a_scene, browser_at, service_app

SHEET = f"{EHR}/style.json"


def css(tmp_path: Path, sheet: httpx2.Response, url: object = SHEET, **profile: str) -> tuple[Scene, str]:
    """The style of a launch at an EHR that names a sheet."""
    scene = a_scene(tmp_path, **({"style": "on"} | profile))
    scene.ehr.token = {"smart_style_url": url}
    scene.ehr.answers["/style.json"] = lambda _: sheet
    page = scene.open()
    return scene, scene.browser.get(f"/style/{page.rpartition('/')[2]}.css").text


def fetched(scene: Scene) -> bool:
    return any(path == "/style.json" for _, path in scene.ehr.asked)


def test_known_keys_with_plain_values_are_taken_and_nothing_else(tmp_path: Path) -> None:
    sheet = {
        "color_background": "#FFFDF8",
        "color_highlight": "#036",
        "dim_border_radius": "12px",
        "color_error": "red;}body{display:none",
        "color_success": "url(https://evil.example/x)",
        "dim_font_size": "400px",
        "font_family_body": "Evil",
        "vendor": {"x": 1},
    }
    _, said = css(tmp_path, httpx2.Response(200, json=sheet))
    assert said == "@media (prefers-color-scheme: light){:root{--accent:#036;--bg:#FFFDF8;--radius:12px;}}"


@pytest.mark.parametrize(
    "sheet",
    [
        httpx2.Response(200, json={"color_text": "#eeeeee"}),
        httpx2.Response(200, json={"color_background": "#000"}),
        httpx2.Response(200, json={"color_background": "#fff", "pad": "x" * 16_000}),
        httpx2.Response(200, json=["#fff"]),
        httpx2.Response(200, content=b"body { color: red }"),
        httpx2.Response(302, headers={"location": "https://evil.example/style.json"}),
        httpx2.Response(404),
    ],
)
def test_a_sheet_that_cannot_be_used_changes_nothing_and_stops_nothing(tmp_path: Path, sheet: httpx2.Response) -> None:
    scene, said = css(tmp_path, sheet)
    assert ":root{}" in said
    assert fetched(scene)


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/style.json", "http://ehr.example/style.json", "/style.json", 7, "https://[x/style.json"],
)
def test_a_sheet_elsewhere_is_not_fetched(tmp_path: Path, url: object) -> None:
    scene, said = css(tmp_path, httpx2.Response(200, json={"color_background": "#fff"}), url)
    assert ":root{}" in said
    assert not fetched(scene)


def test_a_sheet_at_another_of_the_issuer_s_origins_is_not_fetched(tmp_path: Path) -> None:
    login = "https://login.ehr.example"
    scene = a_scene(tmp_path, style="on", allowed_origins=(login,))
    scene.ehr.token = {"smart_style_url": f"{login}/style.json"}
    scene.open()
    assert not fetched(scene)


def test_off_is_off(tmp_path: Path) -> None:
    scene, said = css(tmp_path, httpx2.Response(200, json={"color_background": "#fff"}), style="off")
    assert ":root{}" in said
    assert not fetched(scene)


def test_a_launch_s_style_is_for_its_own_browser(tmp_path: Path) -> None:
    scene, _ = css(tmp_path, httpx2.Response(200, json={"color_background": "#fff"}))
    assert browser_at(service_app(scene.given)).get(f"/style/{scene.launches()[0]}.css").status_code == 401


def test_our_own_colours_are_those_of_the_light_theme_and_readable() -> None:
    tokens = (files("smart_app.web") / "static" / "tokens.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", tokens[: tokens.index("dark)")]))
    assert {name: light[name] for name in OURS} == OURS
    assert {one for pair in PAIRS for one in pair if one.startswith("#")} <= set(light.values())
    assert readable({})
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
