"""The same CodeSystem, ValueSets and ConceptMap here and in HAPI: the same answers, but for the listed differences.

All codes are INVENTED. Each difference is explained in docs/spec-notes.md under "Terminology beside HAPI".
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from smart_app.routes.fhir_terminology_here import opened
from tests.running_hapi import DIRECT
from tests.worklist_desk import a_desk

BASE = "https://sickleave-on-fhir.example/test/terminology"
SYSTEM, TARGET = f"{BASE}/hundred", f"{BASE}/groups"
AT_LEAST = 60
ROOT = Path(__file__).resolve().parents[2]
Json = dict[str, Any]


def concepts() -> list[Json]:
    """100 codes on three levels: A01, A01.1 below it, A01.11 below that.

    HAPI stores the concepts beyond the first hundred up to a minute later; with these there is nothing to wait for.
    """
    words = ("Samtal", "Plan", "Besök", "Möte", "Träning")

    def named(code: str, number: int) -> Json:
        text = f"{words[number % 5]} nummer {number}"
        return {"code": code, "display": text, "designation": [{"language": "en", "value": f"Invented {number}"}]}

    made = []
    for top in range(1, 11):
        below = []
        for second in range(1, 4):
            deepest = [named(f"A{top:02}.{second}{third}", top + third) for third in (1, 2)]
            below.append(named(f"A{top:02}.{second}", top + second) | {"concept": deepest})
        made.append(named(f"A{top:02}", top) | {"concept": below})
    return made


def is_a(code: str) -> Json:
    return {"system": SYSTEM, "filter": [{"property": "concept", "op": "is-a", "value": code}]}


def listed(*codes: str) -> Json:
    return {"system": SYSTEM, "concept": [{"code": code} for code in codes]}


def value_set(name: str, *include: Json, exclude: tuple[Json, ...] = ()) -> Json:
    compose: Json = {"include": list(include)} | ({"exclude": list(exclude)} if exclude else {})
    head = {
        "resourceType": "ValueSet",
        "id": f"term-like-hundred-{name}",
        "url": f"{BASE}/hundred-{name}",
        "version": "1",
    }
    return head | {"name": "T", "status": "active", "compose": compose}


CODE_SYSTEM: Json = {
    "resourceType": "CodeSystem",
    "id": "term-like-hundred",
    "url": SYSTEM,
    "version": "2031",
    "name": "Invented",
    "title": "Invented",
    "status": "active",
    "content": "complete",
    "caseSensitive": True,
    "hierarchyMeaning": "is-a",
    "concept": concepts(),
}
TOPS = ("A02", "A05", "A09")
CODES = tuple(
    f"A{top:02}{rest}" for top in range(1, 11) for rest in ("", *(f".{n}" for n in (1, 2, 3, 11, 12, 21, 22, 31, 32)))
)
VALUE_SETS = (
    value_set("all", {"system": SYSTEM}),
    value_set("some", listed(*CODES[:50])),
    value_set("without", {"system": SYSTEM}, exclude=(listed("A01", "A02.1"),)),
    *(value_set(f"below-{top.lower()}", is_a(top)) for top in TOPS),
)
CONCEPT_MAP: Json = {
    "resourceType": "ConceptMap",
    "id": "term-like-hundred-map",
    "url": f"{BASE}/hundred-map",
    "version": "1",
    "name": "T",
    "status": "active",
    "sourceUri": f"{BASE}/hundred-all",
    "targetUri": f"{BASE}/all-groups",
    "group": [
        {
            "source": SYSTEM,
            "target": TARGET,
            "element": [
                {"code": code, "target": [{"code": f"G{place % 7}", "equivalence": "wider"}]}
                for place, code in enumerate(CODES[:60])
            ],
        }
    ],
}


@dataclass(frozen=True)
class Call:
    """One question. `differs` names the difference that is expected, "" = none."""

    operation: str
    query: Json = field(default_factory=dict)
    body: Json | None = None
    differs: str = ""


Ask = Any


@pytest.fixture(scope="module")
def theirs(hapi: str) -> Ask:
    for resource in (CODE_SYSTEM, *VALUE_SETS, CONCEPT_MAP):
        path = f"/{resource['resourceType']}/{resource['id']}"
        status, said = over_http(hapi, "PUT", path, resource)
        assert status in (200, 201), said

    def ask(call: Call) -> tuple[int, Json]:
        query = f"?{urllib.parse.urlencode(call.query)}" if call.query else ""
        return over_http(hapi, "POST" if call.body else "GET", f"/{call.operation}{query}", call.body)

    return ask


def over_http(base: str, method: str, path: str, body: Json | None) -> tuple[int, Json]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/fhir+json"}
    request = urllib.request.Request(f"{base}{path}", data=data, method=method, headers=headers)
    try:
        with DIRECT.open(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as fault:
        return fault.code, json.load(fault)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    desk = a_desk(f"sqlite:///{Path(tmp_path_factory.mktemp('desk')) / 'worklist.sqlite'}")
    client = desk.api(terminology=opened(desk.services().settings, [CODE_SYSTEM, *VALUE_SETS, CONCEPT_MAP]))

    def ask(call: Call) -> tuple[int, Json]:
        path = f"/fhir/{call.operation}"
        answer = (
            client.post(path, params=call.query, json=call.body) if call.body else client.get(path, params=call.query)
        )
        return answer.status_code, answer.json()

    yield ask
    desk.store.close()


@dataclass(frozen=True, eq=False)
class Shown:
    """A text; that HAPI leaves it out (for listed codes of a pre-expanded value set) is no difference."""

    text: str | None

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shown) and (None in (self.text, other.text) or self.text == other.text)


class Codes(dict[str, str | None]):
    """An expansion; a text that only one of them gives is no difference."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Codes) or self.keys() != other.keys():
            return False
        return all(None in (text, other[code]) or text == other[code] for code, text in self.items())

    __hash__ = None  # type: ignore[assignment]


def meaning(call: Call, status: int, said: Json) -> Any:
    """What both must agree on: "refused", or the answer without what each server adds of its own."""
    if status >= 400:
        return "refused"
    if "expansion" in said:
        return Codes((each["code"], each.get("display")) for each in said["expansion"].get("contains", []))
    found = {
        each["name"]: each.get(next((key for key in each if key.startswith("value")), "")) for each in said["parameter"]
    }
    if call.operation.endswith("$lookup"):
        texts = [each for each in said["parameter"] if each["name"] == "designation"]
        tongues = sorted(next(p["valueCode"] for p in each["part"] if p["name"] == "language") for each in texts)
        return found["display"], found["version"], found.get("abstract", False), tongues
    if call.operation.endswith("$validate-code"):
        return found["result"], Shown(found.get("display") if found["result"] else None)
    if call.operation.endswith("$subsumes"):
        return found["outcome"]
    matches = [
        {part["name"]: part.get("valueCode") or part.get("valueCoding", {}).get("code") for part in each["part"]}
        for each in said["parameter"]
        if each["name"] == "match"
    ]
    return found["result"], sorted((each["concept"], each["equivalence"]) for each in matches)


def failed(call: Call, what: Any) -> bool:
    """Refused, not valid, nothing found."""
    return what == "refused" or (isinstance(what, tuple) and what[0] is False)


def compared(calls: list[Call], ours: Ask, theirs: Ask) -> None:
    assert len(calls) >= AT_LEAST
    explained = (ROOT / "docs" / "spec-notes.md").read_text(encoding="utf-8").split("## Terminology beside HAPI")[1]
    failing, unlike = 0, []
    for call in calls:
        assert not call.differs or re.search(rf"^\|[^|]*\b{call.differs}\b", explained, re.MULTILINE), call.differs
        one, other = meaning(call, *ours(call)), meaning(call, *theirs(call))
        if (one == other) == bool(call.differs):
            unlike.append((call, one, other))
        failing += failed(call, one) and failed(call, other)
    assert not unlike, "\n".join(
        f"{call}\n  ours   {str(one)[:300]}\n  theirs {str(other)[:300]}" for call, one, other in unlike[:5]
    )
    assert failing * 5 >= len(calls), f"{failing} of {len(calls)} fail on both"


def coding(code: str, **more: str) -> Json:
    return {"name": "coding", "valueCoding": {"system": SYSTEM, "code": code} | more}


def body(*parameters: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": list(parameters)}


WRONG_CODES = ("A99", "a01", "A01.9", "A1", "B01", "A01.111", "01", "A01 .1", "Plan", "*", "A01|A02", "å")


def test_lookup(ours: Ask, theirs: Ask) -> None:
    name = "CodeSystem/$lookup"
    calls = [Call(name, {"system": SYSTEM, "code": code}) for code in CODES[:40]]
    calls += [Call(name, {"system": SYSTEM, "code": "A07", "version": "2031"})]
    calls += [Call(name, body=body(coding(code))) for code in CODES[60:68]]
    calls += [Call(name, {"system": SYSTEM, "code": code}) for code in WRONG_CODES]
    calls += [
        Call(name, {"system": f"{SYSTEM}-x", "code": "A01"}),
        Call(name, {"system": SYSTEM, "code": "A01", "version": "1999"}),
        Call(name, {"code": "A01"}),
        Call(name, {"system": SYSTEM}),
        Call(name, body=body(coding("A77.7"))),
        Call(name, body=body({"name": "coding", "valueCoding": {"system": SYSTEM}})),
    ]
    compared(calls, ours, theirs)


def test_code_system_validate_code(ours: Ask, theirs: Ask) -> None:
    name = "CodeSystem/$validate-code"
    texts = {each["code"]: each["display"] for top in concepts() for each in (top, *top["concept"])}
    calls = [Call(name, {"url": SYSTEM, "code": code}) for code in CODES[30:60]]
    calls += [Call(name, {"url": SYSTEM, "code": code, "display": texts[code]}) for code in list(texts)[:10]]
    calls += [Call(name, {"url": SYSTEM, "code": code, "version": "2031"}) for code in list(texts)[10:15]]
    calls += [Call(name, {"url": SYSTEM, "code": code}) for code in WRONG_CODES]
    calls += [
        Call(name, {"url": SYSTEM, "code": f"A{top:02}", "display": "Fel text"}, differs="display") for top in (1, 2)
    ]
    calls += [
        Call(name, {"url": f"{SYSTEM}-x", "code": "A01"}),
        Call(name, {"url": SYSTEM}),
        Call(name, {"code": "A01"}),
        Call(name, {"url": SYSTEM, "code": "A01", "version": "1999"}, differs="unknown-version"),
    ]
    compared(calls, ours, theirs)


def test_value_set_validate_code(ours: Ask, theirs: Ask) -> None:
    name = "ValueSet/$validate-code"

    def asked(url: str, code: str, differs: str = "", **more: str) -> Call:
        return Call(name, {"url": f"{BASE}/hundred-{url}", "system": SYSTEM, "code": code} | more, differs=differs)

    calls = [asked("all", code) for code in CODES[80:95]]
    calls += [asked("some", code) for code in CODES[40:60]]
    calls += [asked("without", code) for code in ("A01", "A02.1", "A02", "A01.1", "A10")]
    calls += [asked(f"below-{top.lower()}", f"{top}.{n}") for top in TOPS for n in (1, 2, 11, 32)]
    calls += [asked(f"below-{top.lower()}", f"A10.{n}") for top in TOPS for n in (1, 2)]
    calls += [asked("all", code) for code in WRONG_CODES[:6]]
    calls += [
        Call(name, {"url": f"{BASE}/hundred-all", "system": SYSTEM}),
        Call(name, {"system": SYSTEM, "code": "A01"}),
        asked("all", "A01", system=f"{SYSTEM}-x"),
        asked("some", "A01", "display", display="Fel text"),
        asked("nowhere", "A01", "unknown-value-set"),
    ]
    compared(calls, ours, theirs)


def test_expand(ours: Ask, theirs: Ask) -> None:
    name = "ValueSet/$expand"

    number, run = count(), uuid.uuid4()  # HAPI keeps expansions by address

    def sent(*include: Json, exclude: tuple[Json, ...] = (), differs: str = "", **more: str | int) -> Call:
        resource = value_set(f"sent-{run}-{next(number)}", *include, exclude=exclude)
        others = [
            {"name": key, "valueString" if isinstance(value, str) else "valueInteger": value}
            for key, value in more.items()
        ]
        return Call(name, body=body({"name": "valueSet", "resource": resource}, *others), differs=differs)

    calls = [Call(name, {"url": f"{BASE}/hundred-{each}"}) for each in ("all", "some", "without")]
    calls += [sent(listed(*CODES[start : start + 3])) for start in range(0, 60, 3)]
    calls += [sent(listed(one), listed(one, other)) for one, other in pairwise(CODES[:11])]
    calls += [sent({"system": SYSTEM}, exclude=(listed(f"A{top:02}"),)) for top in range(1, 6)]
    calls += [
        Call(name, {"url": f"{BASE}/hundred-all", "count": 1000}),
        Call(name, {"url": f"{BASE}/hundred-some", "count": 100}),
    ]
    calls += [sent(is_a(top), differs="is-a") for top in TOPS]
    calls += [sent(listed("A01", "A99"), differs="listed-but-unknown")]
    calls += [sent(listed(*CODES[:9]), differs="filter", filter="plan")]
    calls += [sent({"system": SYSTEM}, differs="count", count=5)]
    calls += [Call(name, {"url": f"{BASE}/nowhere-{n}"}) for n in range(8)]
    calls += [Call(name, {"url": f"{BASE}/hundred-all", "count": -n}) for n in range(1, 5)]
    calls += [Call(name, {"url": f"{BASE}/hundred-all", "offset": -n}) for n in range(1, 4)]
    calls += [Call(name), sent({"system": f"{SYSTEM}-x"})]
    calls += [sent({"valueSet": [f"{BASE}/nowhere"]})]
    compared(calls, ours, theirs)


def test_translate(ours: Ask, theirs: Ask) -> None:
    name, url = "ConceptMap/$translate", f"{BASE}/hundred-map"
    calls = [Call(name, {"url": url, "system": SYSTEM, "code": code}) for code in CODES[:40]]
    calls += [Call(name, body=body({"name": "url", "valueUri": url}, coding(code))) for code in CODES[40:45]]
    calls += [Call(name, {"url": url, "system": SYSTEM, "code": code}) for code in CODES[60:70]]
    calls += [Call(name, {"url": url, "system": SYSTEM, "code": code}) for code in WRONG_CODES[:5]]
    calls += [
        Call(name, {"url": url, "system": f"{SYSTEM}-x", "code": "A01.1"}),
        Call(name, {"url": url, "system": SYSTEM}),
        Call(name, {"url": f"{url}-x", "system": SYSTEM, "code": "A01.1"}, differs="unknown-map"),
        Call(name, {"system": SYSTEM, "code": "A09.2"}, differs="no-map"),
    ]
    compared(calls, ours, theirs)


def test_subsumes(ours: Ask, theirs: Ask) -> None:
    """HAPI without full-text search answers 500 to every $subsumes of two known codes (docs/spec-notes.md)."""
    name = "CodeSystem/$subsumes"
    pairs = [(one, f"{other}.{n}") for one in TOPS for other in TOPS for n in (1, 2, 11, 22)]
    pairs += [(f"{top}.1", f"{top}.1{n}") for top in TOPS for n in (1, 2)]
    known = [Call(name, {"system": SYSTEM, "codeA": a, "codeB": b}, differs="full-text") for a, b in pairs]
    wrong = [Call(name, {"system": SYSTEM, "codeA": "A01", "codeB": code}) for code in WRONG_CODES]
    wrong += [Call(name, {"system": SYSTEM, "codeA": code, "codeB": "A01"}) for code in WRONG_CODES[:4]]
    wrong += [
        Call(name, {"system": f"{SYSTEM}-x", "codeA": "A01", "codeB": "A02"}),
        Call(name, {"system": SYSTEM, "codeA": "A01"}),
        Call(name, {"codeA": "A01", "codeB": "A01"}),
    ]
    compared(known + wrong, ours, theirs)
    for (above, below), call in zip(pairs[:36], known, strict=False):
        asked = {"url": f"{BASE}/hundred-below-{above.lower()}", "system": SYSTEM, "code": below}
        inside = meaning(Call("ValueSet/$validate-code"), *theirs(Call("ValueSet/$validate-code", asked)))[0]
        assert (meaning(call, *ours(call)) == "subsumes") == inside, (above, below)
