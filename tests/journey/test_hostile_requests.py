"""What no browser sends, at the doors of the running line: always 4xx, all headers on, our own words in the log."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest

from tests.running_line import COORDINATOR, Line

TOO_LARGE = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"


@pytest.fixture(scope="module")
def line(shared_line: Line) -> Line:
    return shared_line


def sent(line: Line, head: str, body: bytes = b"") -> tuple[int, str]:
    """Status and text of the answer to a request written by hand."""
    with socket.create_connection(("127.0.0.1", line.places.port), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n")
        answer = b""
        with suppress(ConnectionError):  # refused before all of it was read
            connection.sendall(body)
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                answer += part
    text = answer.decode("utf-8", "replace")
    return int(text.split(" ", 2)[1]), text


@pytest.mark.parametrize(
    ("method", "path", "kind", "expected"),
    [
        ("PUT", "/fhir/Task/x", "application/json", 413),
        ("POST", "/fhir/Task/_search", "application/x-www-form-urlencoded", 413),
        ("POST", "/callback", "application/x-www-form-urlencoded", 400),  # one field that long is refused before
        ("POST", "/callback", "multipart/form-data; boundary=x", 400),
    ],
)
def test_a_body_over_the_limit_without_a_length_is_refused(
    line: Line, method: str, path: str, kind: str, expected: int
) -> None:
    head = f"{method} {path} HTTP/1.1\nHost: x\nConnection: close\nContent-Type: {kind}\nTransfer-Encoding: chunked\n"
    status, text = sent(line, head, TOO_LARGE * 3 + b"0\r\n\r\n")
    assert status == expected
    assert "content-security-policy" in text.lower()


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "9" * 30, "1e3", "%00"])
def test_a_number_that_no_delivery_has_is_refused(line: Line, number: str) -> None:
    tab = line.tab(COORDINATOR)
    page = f"{line.service}/worklist/{tab.launch}"
    assert tab.open(f"{page}/download/{number}").status_code in (404, 422)
    form = {"form_token": "made-up"}
    assert tab.post(f"/worklist/{tab.launch}/retry/{number}", form).status_code in (403, 404, 422)


def test_a_form_token_may_be_any_bytes(line: Line) -> None:
    tab = line.tab(COORDINATOR)
    head = (
        f"POST /worklist/{tab.launch}/search HTTP/1.1\nHost: x\nConnection: close\nOrigin: {line.service}\n"
        f"Cookie: {tab._cookie_line()}\nX-Form-Token: \xe5\xff\nContent-Length: 0\n"
    )
    assert sent(line, head)[0] == 403


def test_nothing_of_this_was_a_fault_of_ours(line: Line) -> None:
    logged = line.log.read_text(errors="replace")
    assert '"request"' in logged
    assert "Traceback" not in logged
    assert '"unexpected"' not in logged
    assert "fhir-api-fault" not in logged
