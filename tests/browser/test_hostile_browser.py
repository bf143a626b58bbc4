"""What only a real browser shows: which cookies travel in a frame, and what other pages of the EHR's site can do.

The EHR is at localhost, the service at 127.0.0.1: two sites. `CONTROL` is a cookie like ours but for Partitioned; where
third-party cookies are blocked it must not arrive, or the test would prove nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect
from sqlmodel import select

from smart_app.launch.tables import KeptFormRow, LaunchRow
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.running_line import Line, running_line

CONTROL = "__Secure-control"
EVA = "p-eva-sandstrom"


class Neighbour(ThreadingHTTPServer):
    """Another page inside the EHR's site: same host, another port; a real server, the browser asks where it is."""

    body = ""

    @property
    def address(self) -> str:
        return f"http://localhost:{self.server_port}/news"


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Neighbour)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def neighbour() -> Iterator[Neighbour]:
    server = Neighbour(("localhost", 0), _Page)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def line(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with running_line(tmp_path_factory.mktemp("hostile")) as made:
        yield made


@pytest.fixture(scope="module")
def strict(chromium: Browser) -> Iterator[Browser]:
    """The same browser with third-party cookies blocked."""
    program = next(filter(None, map(shutil.which, CHROMIUM)))
    flags = [*CHROMIUM_FLAGS, "--test-third-party-cookie-phaseout"]
    browser = chromium.browser_type.launch(executable_path=program, headless=True, args=flags)
    yield browser
    browser.close()


class Watched:
    """A context that remembers what was sent to the service, with the cookies that travelled."""

    def __init__(self, browser: Browser, line: Line) -> None:
        self.line = line
        self.context: BrowserContext = browser.new_context(locale="sv-SE")
        self.context.set_default_timeout(15_000)
        self.answers: list[Response] = []
        self.context.on("response", lambda answer: self.answers.append(answer))
        self.context.add_cookies(
            [
                {
                    "name": CONTROL, "value": "1", "domain": "127.0.0.1", "path": "/",
                    "secure": True, "httpOnly": True, "sameSite": "None",
                }
            ]
        )  # fmt: skip

    def sent(self, path: str) -> list[tuple[int, str]]:
        """Status and cookies of the requests to the service whose address begins with `path`."""
        own = [each for each in self.answers if each.url.startswith(self.line.service + path)]
        return [(each.status, each.request.all_headers().get("cookie", "")) for each in own]

    def chart(self, patient: str = EVA, name: str = "Eva Sandström") -> tuple[Page, str, str]:
        """The patient's page in the EHR's frame; with the launch and its form token."""
        page = self.context.new_page()
        page.goto(f"{self.line.ehr.base_url}/chart/{patient}")
        frame = page.frame_locator("iframe")
        expect(frame.locator(".banner")).to_contain_text(name, use_inner_text=True)
        address = next(each.url for each in page.frames if "/assessment/" in each.url)
        launch = address.split("/assessment/")[1].split("?")[0]
        token = frame.locator("input[name=form_token]").first.get_attribute("value")
        return page, launch, token or ""


@pytest.fixture
def watched(chromium: Browser, line: Line) -> Iterator[Watched]:
    made = Watched(chromium, line)
    yield made
    made.context.close()


def test_in_a_frame_ours_arrives_and_the_control_does_not(strict: Browser, line: Line) -> None:
    seen = Watched(strict, line)
    _, launch, _ = seen.chart()
    in_frame = seen.sent("/assessment/")
    assert [status for status, _ in in_frame] == [200]
    assert f"__Host-sl-{launch}=" in in_frame[0][1]
    assert all(CONTROL not in cookies for _, cookies in seen.sent("/"))
    top = seen.context.new_page()
    top.goto(f"{line.service}/limits")
    assert CONTROL in seen.sent("/limits")[0][1]  # it is there, it just does not travel in frames
    assert f"__Host-sl-{launch}" not in seen.sent("/limits")[0][1]  # and ours stays in the EHR's partition
    seen.context.close()


FORM = """<iframe name=hidden></iframe><form id=f method=post target=hidden action="{action}">
<input name=form_token value="{token}"></form>"""
ATTACKS = {
    "with the right form token": FORM,
    "from a sandbox, as Origin null": """<iframe sandbox="allow-forms allow-scripts" srcdoc='{form}'></iframe>""",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_form_of_another_page_of_the_ehrs_site_comes_with_our_cookie_and_is_refused(
    watched: Watched, line: Line, neighbour: Neighbour, attack: str
) -> None:
    _, launch, token = watched.chart()
    writes = line.ehr.writes
    action = f"{line.service}/assessment/{launch}/plan"
    form = FORM.format(action=action, token=token).replace("target=hidden", "")
    neighbour.body = ATTACKS[attack].format(action=action, token=token, form=form)
    page = watched.context.new_page()
    page.goto(neighbour.address)
    where = page.frame_locator("iframe") if "srcdoc" in neighbour.body else page
    with page.expect_response(lambda answer: answer.url == action):  # sent only now: every frame is watched
        where.locator("form").evaluate("form => form.submit()")
    ((status, cookies),) = watched.sent(f"/assessment/{launch}/plan")
    assert f"__Host-sl-{launch}=" in cookies  # the browser did send it: only our own check stands between
    assert status == 403
    assert line.ehr.writes == writes
    assert line.backlog() == (0, 0)


def test_the_same_form_from_our_own_page_is_taken(watched: Watched, line: Line) -> None:
    """The twin: cookie, token and Origin are ours."""
    page, launch, _ = watched.chart()
    page.frame_locator("iframe").locator("button.primary").click()
    expect(page.frame_locator("iframe").locator(".notes")).to_contain_text("Sparat", use_inner_text=True)
    assert watched.sent(f"/assessment/{launch}/plan")[0][0] == 303
    line.delivered()


def test_another_page_of_the_ehrs_site_cannot_show_ours_in_a_frame(
    watched: Watched, line: Line, neighbour: Neighbour
) -> None:
    _, launch, _ = watched.chart()
    neighbour.body = f'<iframe src="{line.service}/assessment/{launch}"></iframe>'
    page = watched.context.new_page()
    page.goto(neighbour.address)
    page.wait_for_function("frames[0].length === 0")
    framed = page.frames[1]
    assert "Sandström" not in framed.content()
    assert framed.url.startswith("chrome-error:")


def test_a_neighbours_script_reads_nothing_of_ours(watched: Watched, line: Line, neighbour: Neighbour) -> None:
    _, launch, _ = watched.chart()
    neighbour.body = "<p>news</p>"
    page = watched.context.new_page()
    page.goto(neighbour.address)
    for path in (f"/assessment/{launch}", "/fhir/Task", "/fhir/metadata"):
        said = page.evaluate(
            "address => fetch(address, {credentials: 'include'}).then(a => a.text()).catch(fault => String(fault))",
            line.service + path,
        )
        assert said.startswith("TypeError"), path
    assert page.evaluate("document.cookie") == ""


def test_what_was_filled_in_when_the_sign_in_ended_is_there_after_the_next_launch_and_is_saved(
    watched: Watched, line: Line
) -> None:
    page, launch, _ = watched.chart("p-anders-holmqvist", "Anders Holmqvist")
    frame = page.frame_locator("iframe")
    first = frame.locator("input[name=accept]").first
    ticked = not first.is_checked()
    first.set_checked(ticked)
    frame.locator("input[name=opinion][value=higher]").check()
    with line.services.store.transaction() as session:
        row = session.get_one(LaunchRow, launch)
        row.last_used_at -= timedelta(minutes=16)
        session.add(row)
    frame.locator("button.primary").click()
    expect(frame.locator("main")).to_contain_text("är sparat krypterat i en timme", use_inner_text=True)
    assert line.backlog() == (0, 0)
    page, _, _ = watched.chart("p-anders-holmqvist", "Anders Holmqvist")
    frame = page.frame_locator("iframe")
    expect(frame.locator("main")).to_contain_text("Din inloggning hade gått ut när du sparade", use_inner_text=True)
    assert frame.locator("input[name=accept]").first.is_checked() is ticked
    assert frame.locator("input[name=opinion][value=higher]").is_checked()
    frame.locator("button.primary").click()
    expect(frame.locator(".notes")).to_contain_text("Sparat", use_inner_text=True)
    line.delivered()
    with line.services.store.reading() as session:
        assert session.exec(select(KeptFormRow)).all() == []
