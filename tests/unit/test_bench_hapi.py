"""The bench beside a HAPI that has not listed its value set yet, or answers wrongly: its own pair is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bench import bench_terminology, hapi_codes
from bench.asked import Asked, NotAnswered

OPERATIONS = [
    "$lookup",
    "$validate-code right display or none",
    "$validate-code wrong display",
    "$lookup asked again",
    "$validate-code asked again",
    "$expand with a filter",
    "$expand with a filter asked again",
]
NOT_YET = b'{"issue": [{"diagnostics": "HAPI-0831: produced too many codes - has not yet been pre-expanded"}]}'


class FakeHapi(ThreadingHTTPServer):
    """Answers 200, but 500 to what stands in `broken`, and HAPI-0831 to the first `not_yet` expansions."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked: Counter[str] = Counter()
        self.broken: set[str] = set()
        self.not_yet = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/fhir"


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet
    server: FakeHapi

    def do_GET(self) -> None:
        operation = self.path.partition("?")[0].removeprefix("/fhir/")
        self.server.asked[operation] += 1
        if operation in self.server.broken:
            self._answer(500, b'{"issue": "broken"}')
        elif operation == "ValueSet/$expand" and self.server.asked[operation] <= self.server.not_yet:
            self._answer(500, NOT_YET)
        else:
            self._answer(200, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def hapi() -> Iterator[FakeHapi]:
    with FakeHapi() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def taken(hapi: FakeHapi, *, rounds: int, wait_s: float = 2) -> list[str]:
    """The pairs that were measured; our own side is an empty call."""
    theirs = Asked(hapi.base)
    mine = dict.fromkeys(OPERATIONS, lambda: None)
    found = bench_terminology.beside_hapi(mine, theirs, lambda: None, rounds=rounds, wait_s=wait_s, at_least_s=0)
    return [figure.name.partition(",")[0] for figure in found]


def test_every_pair_is_taken_of_a_hapi_that_has_listed_its_value_set(hapi: FakeHapi) -> None:
    assert taken(hapi, rounds=1) == OPERATIONS


def test_one_round_leaves_out_the_value_set_that_is_not_listed_yet(
    hapi: FakeHapi, capsys: pytest.CaptureFixture[str]
) -> None:
    hapi.not_yet = 1000

    assert taken(hapi, rounds=1) == OPERATIONS[:-2]

    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0] for line in lines] == [f"left out: {each}" for each in OPERATIONS[-2:]]
    assert all("has not listed" in line for line in lines)
    assert hapi.asked["ValueSet/$expand"] == 2


def test_more_rounds_wait_until_the_value_set_is_listed(hapi: FakeHapi, capsys: pytest.CaptureFixture[str]) -> None:
    hapi.not_yet = 3

    assert taken(hapi, rounds=2) == OPERATIONS

    assert "waiting at most" in capsys.readouterr().err


def test_the_wait_for_the_value_set_ends(hapi: FakeHapi, capsys: pytest.CaptureFixture[str]) -> None:
    hapi.not_yet = 1000

    assert taken(hapi, rounds=2, wait_s=0.05) == OPERATIONS[:-2]

    waiting, *left_out = capsys.readouterr().err.splitlines()
    assert "waiting at most" in waiting
    assert ["left out" in line for line in left_out] == [True, True]


@pytest.mark.parametrize("broken", ["CodeSystem/$lookup", "CodeSystem/$validate-code", "ValueSet/$expand"])
def test_another_error_of_hapi_costs_its_own_pairs_only(
    hapi: FakeHapi, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    hapi.broken = {broken}

    left = [operation for operation in OPERATIONS if operation.split()[0] != broken.partition("/")[2]]
    assert taken(hapi, rounds=1) == left

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(OPERATIONS) - len(left)
    assert all(line.startswith("left out: ") and "500" in line for line in lines)


def test_our_own_error_is_not_hidden(hapi: FakeHapi) -> None:
    def broken() -> None:
        raise NotAnswered("http://127.0.0.1:1/fhir", "HTTP/1.1 500")

    mine = dict.fromkeys(OPERATIONS, broken)
    with pytest.raises(NotAnswered):
        list(bench_terminology.beside_hapi(mine, Asked(hapi.base), lambda: None, rounds=1, at_least_s=0))


def test_a_hapi_that_refuses_the_codes_or_is_not_there_is_told(
    hapi: FakeHapi, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = [("AX001", "Samtal")]
    assert hapi_codes.with_codes(hapi.base, codes)

    hapi.broken = {"CodeSystem/term-bench"}  # not there; and it answers no PUT
    assert hapi_codes.with_codes(hapi.base, codes) is None
    assert hapi_codes.with_codes("http://127.0.0.1:1/fhir", codes) is None

    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == ["no pair with HAPI"] * 2
