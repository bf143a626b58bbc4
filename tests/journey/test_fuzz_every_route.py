"""Every route of the running service, called with good, bad and broken values by somebody logged in: no 5xx but 501.

`make full` makes a hundred thousand calls and writes docs/measured/fuzz.json.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest
from fastapi.routing import APIRoute

from smart_app.routes import all_routers
from tests.running_line import BJORKEN, COORDINATOR, Line, Tab, running_line

NAMED_5XX = {501}
"""What the contract names for a healthy service with a healthy EHR: only what is not built."""
CALLS, MANY_CALLS = 5_000, 100_000
AT_ONCE = 6
OUT = Path(__file__).parents[2] / "docs" / "measured" / "fuzz.json"
HEAVY = ("/assessment/{launch}", "/worklist/{launch}")  # read the whole chart; called, but not most of the time
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "QUERY", "get")
TYPES = (
    "application/x-www-form-urlencoded", "application/json", "application/fhir+json", "text/plain",
    "multipart/form-data", "multipart/form-data; boundary=x", "application/fhir+xml", "",
    "application/json; charset=utf-7", "ÿ/ÿ",
)  # fmt: skip
ODD = (
    "", "0", "-1", "1", "2", "9" * 30, "1e400", "NaN", "true", "null", "None", "ge2026-11-22", "2026-02-30", "..",
    "../..", "%00", "\x00", "\ud800", "' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "%2e%2e%2f", "١٢",
    "Å" * 300, "a" * 5000, "|", "http://x|y", "Patient/p-eva-sandstrom", "https://evil.example/fhir",
    "//evil.example", "javascript:alert(1)", "\r\nX: y", "REKO_1", "requested", "phone", "with-patient", "sv", "en",
    "*", "[]", "{}", "urn:uuid:00000000-0000-0000-0000-000000000000",
)  # fmt: skip
NAMES = (
    "iss", "launch", "state", "code", "error", "error_description", "aud", "lang", "back", "open", "answers",
    "form_token", "unit", "status", "owner", "sort", "q", "page", "_count", "_cursor", "_sort", "_id", "identifier",
    "version", "event", "mode", "date", "intervention", "opinion", "text", "code", "system", "url", "valueset",
    "filter", "patient", "_since",
)  # fmt: skip


def doors(routers: Iterable[Any]) -> Iterator[APIRoute]:
    """Every route, also those of routers that were taken into others."""
    for router in routers:
        for each in router.routes:
            if isinstance(each, APIRoute):
                yield each
            else:
                yield from doors([each.original_router])


def form_token(tab: Tab) -> str:
    assert tab.page is not None
    return tab.page.text.split('name="form_token" value="')[1].split('"')[0]


@dataclass
class Fuzz:
    """Calls from one seed, so that what was found is found again.

    Attributes:
        tabs: open launches that the calls are made from; `ends` is the one that may be logged out.
        bearer: a token that holds.
        known: by name in the address, a value that exists.
    """

    line: Line
    seed: int
    tabs: list[Tab]
    ends: Tab
    bearer: str
    known: dict[str, str]
    dice: random.Random = field(init=False)
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        routes = list(doors(all_routers()))
        paths = [route.path for route in routes]
        self.paths = sorted(set(paths))
        self.methods: dict[str, list[str]] = {path: [] for path in self.paths}
        for route in routes:
            self.methods[route.path] += sorted(route.methods)
        self.form_tokens = [form_token(tab) for tab in self.tabs]

    def value(self) -> str:
        dice = self.dice
        if dice.random() < 0.7:
            return dice.choice(ODD)
        return "".join(
            chr(dice.choice((dice.randrange(32, 127), dice.randrange(0x2000)))) for _ in range(dice.randrange(20))
        )

    def one(self) -> tuple[str, httpx2.Request]:
        """A call, and the route that it is made from."""
        dice = self.dice
        who = dice.randrange(len(self.tabs))
        path = dice.choice(self.paths)
        while path in HEAVY and dice.random() < 0.9:
            path = dice.choice(self.paths)
        filled = path
        while "{" in filled:
            before, rest = filled.split("{", 1)
            name, after = rest.split("}", 1)
            known = self.known | {"launch": self.ends.launch if "logout" in path else self.tabs[who].launch}
            good = known[name] if name in known and dice.random() < 0.8 else self.value()
            filled = before + quote(good.encode("utf-8", "surrogatepass"), safe="") + after
        query = self._pairs(4) if dice.random() < 0.6 else ""
        headers, body = self._headers(who), self._body(who)
        url = f"{self.line.service}{filled}" + (f"?{query}" if query else "")
        method = dice.choice(METHODS) if dice.random() < 0.1 else dice.choice(self.methods[path])
        return path, httpx2.Request(method, url, headers=headers, content=body)

    def _pairs(self, most: int) -> str:
        pairs = [(self.dice.choice(NAMES), self.value()) for _ in range(self.dice.randrange(most))]
        return urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in pairs])

    def _headers(self, who: int) -> list[tuple[bytes, bytes]]:
        dice = self.dice
        given = {"Host": self.line.service.split("//")[1], "Content-Type": dice.choice(TYPES)}
        if dice.random() < 0.8:
            given["Cookie"] = self.tabs[who]._cookie_line()
        if dice.random() < 0.8:
            given["Origin"] = self.line.service
        if dice.random() < 0.2:
            given["X-Form-Token"] = self.form_tokens[who]
        if dice.random() < 0.4:
            given["Authorization"] = (
                f"Bearer {self.bearer}" if dice.random() < 0.7 else "Basic x" + "x" * dice.randrange(9)
            )
        for name in ("Accept", "Accept-Language", "If-Match", "If-None-Match", "Range", "X-Forwarded-Host", "Prefer"):
            if dice.random() < 0.1:
                given[name] = "".join(char for char in self.value() if char.isprintable()).strip()
        return [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in given.items()]

    def _body(self, who: int) -> bytes:
        dice = self.dice
        kind = dice.random()
        if kind < 0.3:
            return b""
        if kind < 0.7:
            token = self.form_tokens[who] if dice.random() < 0.8 else self.value()
            token_pair = urlencode({"form_token": token.encode("utf-8", "surrogatepass")})
            return "&".join(filter(None, (token_pair, self._pairs(6)))).encode()
        if kind < 0.9:
            return json.dumps(self._json(3)).encode("utf-8", "surrogatepass")
        return dice.randbytes(dice.randrange(400))

    def _json(self, depth: int) -> Any:
        dice = self.dice
        if depth == 0 or dice.random() < 0.3:
            return dice.choice((None, True, -1, 10**40, 1.5, self.value(), [], {}))
        if dice.random() < 0.3:
            return [self._json(depth - 1) for _ in range(dice.randrange(3))]
        keys = (
            "resourceType",
            "id",
            "status",
            "parameter",
            "name",
            "valueCode",
            "owner",
            "meta",
            "identifier",
            "entry",
        )
        made = {dice.choice(keys): self._json(depth - 1) for _ in range(dice.randrange(5))}
        return (
            {"resourceType": dice.choice(("Task", "Parameters", "Bundle", "Patient")), **made} if depth == 3 else made
        )

    async def run(self, calls: int) -> None:
        """That many calls, a few at a time; what must not be is kept in `wrong`."""
        left = iter(range(calls))
        async with httpx2.AsyncClient(timeout=30, trust_env=False) as http:

            async def lane() -> None:
                for _ in left:
                    path, request = self.one()
                    try:
                        answer = await sent(http, request)
                    except httpx2.HTTPError as broken:
                        self.wrong.append(f"{broken!r} {request.method} {request.url} {request.headers.raw}")
                        continue
                    self.judge(path, request, answer)

            await asyncio.gather(*(lane() for _ in range(AT_ONCE)))

    def judge(self, path: str, request: httpx2.Request, answer: httpx2.Response) -> None:
        self.seen[path, answer.status_code] += 1
        told = f"{answer.status_code} {request.method} {request.url} {request.content[:300]!r}"
        if answer.status_code >= 500 and answer.status_code not in NAMED_5XX:
            self.wrong.append(told)
        page = "html" in answer.headers.get("content-type", "")
        if "Traceback" in answer.text or (page and "<script>alert(1)</script>" in answer.text):
            self.wrong.append("said too much: " + told)
        target = answer.headers.get("location", "")
        if target.startswith(("https://evil.example", "//evil", "javascript:")):
            self.wrong.append("sent elsewhere: " + told)


async def sent(http: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
    """The answer; asked twice when the server had just closed a connection that was kept open."""
    try:
        return await http.send(request)
    except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
        return await http.send(request)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with running_line(tmp_path_factory.mktemp("fuzz"), settings={"SICKLEAVE_LIMITS": "0"}) as made:
        yield made


def fuzz(line: Line, calls: int, seed: int) -> Fuzz:
    tabs = [line.tab(patient="p-eva-sandstrom"), line.tab(user=COORDINATOR)]
    tabs[0].save()  # from here on the unit has a worklist, and with it a care provider
    created = ("token", "create", "--client", "fuzz", "--unit", BJORKEN, "--scope", "system/*.cruds", "--days", "1")
    done = line.sickleave(*created, "--json")
    assert done.returncode == 0, done.stderr
    known = {"kind": "Task", "entry": "1", "rest": "Task", "patient_id": "p-eva-sandstrom"}
    known["task"] = known["task_id"] = tabs[0].fhir("Task")["entry"][0]["resource"]["id"]
    tabs[0].open(f"{line.service}/assessment/{tabs[0].launch}")
    made = Fuzz(line, seed, tabs, line.tab(user=COORDINATOR), json.loads(done.stdout)["token"], known)
    began = time.monotonic()
    asyncio.run(made.run(calls))
    statuses = Counter(status for _, status in made.seen.elements())
    print(f"{calls} calls in {time.monotonic() - began:.0f} s, {len(made.paths)} paths, {statuses}", made.wrong[:20])
    return made


def judge(line: Line, made: Fuzz, calls: int) -> None:
    assert made.wrong == []
    assert sum(made.seen.values()) == calls
    reached = {path for path, status in made.seen if status not in (404, 405)}
    assert len(reached) > len(made.paths) * 0.9, sorted(set(made.paths) - reached)
    well = {path for path, status in made.seen if status < 400}
    assert len(well) > len(made.paths) * 0.5, sorted(set(made.paths) - well)
    assert httpx2.get(f"{line.service}/health/ready", trust_env=False).status_code == 200
    assert "Traceback" not in Path(line.log).read_text(errors="replace")


def measured(made: Fuzz) -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    statuses = Counter(status for _, status in made.seen.elements())
    return {
        "commit": commit.stdout.strip(),
        "seed": made.seed,
        "calls": sum(statuses.values()),
        "routes": len(made.paths),
        "answers": {str(status): count for status, count in sorted(statuses.items())},
        "not_foreseen": len(made.wrong),
    }


def test_five_thousand_calls_give_no_5xx(line: Line) -> None:
    judge(line, fuzz(line, CALLS, seed=4087), CALLS)


@pytest.mark.full
def test_a_hundred_thousand_calls_give_no_5xx(line: Line) -> None:
    made = fuzz(line, MANY_CALLS, seed=7804)
    judge(line, made, MANY_CALLS)
    OUT.write_text(json.dumps(measured(made), indent=1) + "\n", encoding="utf-8")
