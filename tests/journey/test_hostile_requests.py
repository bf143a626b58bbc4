"""What no browser sends, at the doors of the running line: always 4xx, all headers on, our own words in the log."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

import pytest

from tests.running_line import COORDINATOR, Line, wait_until

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


HEAD = "GET /health/live HTTP/1.1\nHost: x\nConnection: close\n"
SEARCH = (
    "POST /fhir/Task/_search HTTP/1.1\nHost: x\nContent-Type: application/x-www-form-urlencoded\n"
    "Transfer-Encoding: chunked\nConnection: close\n"
)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (HEAD + "X: " + "a" * 500_000 + "\n", 431),
        (HEAD + "X-A: b\n" * 60_000, 431),
        (HEAD.replace("live", "live?" + "a" * 500_000), 431),
        (HEAD + "X: " + "a" * 60_000 + "\n", 200),
    ],
)
def test_a_head_has_an_end(line: Line, head: str, expected: int) -> None:
    assert sent(line, head)[0] == expected


def test_what_stands_after_and_between_the_parts_of_a_body_has_an_end_too(line: Line) -> None:
    """A million headers behind a body are kept like those before it. The server may have answered meanwhile."""
    trailers = b"1\r\nx\r\n0\r\n" + b"X-A: b\r\n" * 1_000_000
    with socket.create_connection(("127.0.0.1", line.places.port), timeout=10) as connection:
        connection.sendall(SEARCH.replace("\n", "\r\n").encode() + b"\r\n")
        with pytest.raises(ConnectionError):
            connection.sendall(trailers)


def test_a_body_in_small_parts_and_many_requests_at_once_are_none_of_that(line: Line) -> None:
    parts = b"".join(b"3e8\r\n" + b"a" * 1000 + b"\r\n" for _ in range(1_900))
    assert sent(line, SEARCH, parts + b"0\r\n\r\n")[0] == 401
    asked = HEAD.replace("Connection: close\n", "").replace("\n", "\r\n").encode() + b"\r\n"
    with socket.create_connection(("127.0.0.1", line.places.port), timeout=10) as connection:
        connection.sendall(asked * 4_000 + HEAD.replace("\n", "\r\n").encode() + b"\r\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.count(b"HTTP/1.1 200 OK") == 4_001


@pytest.mark.parametrize("path", ["/fhir/Task/_search", "/callback"])
def test_who_hangs_up_in_the_middle_of_a_body_is_told_apart_from_a_fault_of_ours(line: Line, path: str) -> None:
    before = line.log.read_text().count('"status":400')
    head = f"POST {path} HTTP/1.1\nHost: x\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 99\n\n"
    with socket.create_connection(("127.0.0.1", line.places.port), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"state=")
        time.sleep(0.1)  # the service is reading
    wait_until(lambda: line.log.read_text().count('"status":400') > before, 5)


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
