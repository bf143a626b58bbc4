"""A small FHIR R4 server in memory, with the manners that writing depends on, and faults to order.

It answers behind a transport, so that the real EHR client is tested with it. `tests/contract/test_fake_ehr.py` holds
it against a real server.
"""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx2
import orjson

BASE = "https://ehr.example/fhir"
Json = dict[str, Any]
KEPT = frozenset({"RiskAssessment", "CarePlan", "Task", "Procedure", "Provenance", "QuestionnaireResponse"})
_IF_NONE_EXIST = re.compile(r"(identifier|_tag)=([^|]*)\|(.*)")


@dataclass
class Trouble:
    """What goes wrong with one write.

    Attributes:
        when: "before" the server acts, or "after" it has acted and before its answer comes whole.
        status: answer with this status; None = the connection breaks ("before": it was never made).
        retry_after: sent along.
        unreadable: answer 200 with a body that tells nothing.
    """

    when: str = "before"
    status: int | None = None
    retry_after: str | None = None
    unreadable: bool = False


@dataclass
class Refusal(Exception):
    """What the server answers instead."""

    status: int
    text: str = ""
    code: str | None = "processing"


@dataclass
class FakeEhr:
    """The server. `resources` by (type, id) hold every version, the last one current; None = deleted.

    Attributes:
        troubles: one for each of the next transactions; None = this one goes well.
        put_troubles: one for each of the next single writes.
        transactions, own_ids, documents: what its CapabilityStatement says, and what it does. `described` False: it has
            no CapabilityStatement.
        clash_status: how a stale If-Match is answered (412 by the book, 409 by HAPI).
        before_transaction: called before each is carried out, e.g. to change something or to hold it up.
        creates_on_put: a PUT to an unused id creates there, whatever its If-Match (HAPI); else it is refused.
        refuses: what it refuses though it says that it can: "transaction" (also an empty one), or a type wherever it
            stands; the status, and the code of the OperationOutcome (None: it sends none).
        asked: every request as "METHOD Type".
    """

    troubles: list[Trouble | None] = field(default_factory=list)
    put_troubles: list[Trouble | None] = field(default_factory=list)
    described: bool = True
    transactions: bool = True
    own_ids: bool = True
    documents: bool = False
    clash_status: int = 412
    before_transaction: Callable[[], None] | None = None
    keeps_versions: bool = True
    creates_on_put: bool = True
    refuses: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    resources: dict[tuple[str, str], list[Json | None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    numbers: int = 0
    _alone: threading.Lock = field(default_factory=threading.Lock)

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self.answer))

    def all(self, kind: str) -> list[Json]:
        """The current resources of one type."""
        return [versions[-1] for (type_, _), versions in self.resources.items() if type_ == kind and versions[-1]]

    def only(self, kind: str) -> Json:
        """The one resource of a type."""
        (found,) = self.all(kind)
        return found

    def change(self, kind: str, **fields: Any) -> None:
        """Somebody else changes the one resource of a type."""
        resource = self.only(kind)
        self._put(kind, resource["id"], {**resource, **fields})

    def forget_everything(self) -> None:
        """The server is set back to empty, as a test system is overnight."""
        self.resources.clear()

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/fhir").strip("/")
        self.asked.append(f"{request.method} {path.split('/')[0] or 'transaction'}")
        body = request.content
        try:
            if path == "metadata":
                return _json(200, self._statement()) if self.described else _json(404, _outcome("none"))
            if request.method == "POST" and not path:
                if not self.transactions:
                    raise Refusal(400, "no transactions")
                self._refuse("transaction", *_types(orjson.loads(body)))
                return self._troubled(lambda: _json(200, self.transaction(orjson.loads(body))), self.troubles)
            if request.method == "PUT":
                self._refuse(path.split("/")[0])
                return self._troubled(
                    lambda: self._update(path, orjson.loads(body), request.headers), self.put_troubles
                )
            if request.method == "POST" and path.isalpha():
                self._refuse(path)
                return self._troubled(lambda: self._create(orjson.loads(body), request.headers), self.put_troubles)
            if request.method == "POST" and path.endswith("/_search"):
                return _json(200, self._search(path.split("/")[0], dict(parse_qsl(body.decode()))))
            if request.method == "GET" and path.count("/") == 1:
                return _json(200, self._read(*path.split("/")))
        except Refusal as refusal:
            if refusal.code is None:
                return httpx2.Response(refusal.status, content=b"")
            return _json(refusal.status, _outcome(refusal.text, refusal.code))
        return _json(400, _outcome("not supported"))

    def _refuse(self, *words: str) -> None:
        for status, code in [self.refuses[word] for word in words if word in self.refuses]:
            raise Refusal(status, "refused all the same", code)

    def _statement(self) -> Json:
        codes = ["read", "search-type", "create", "update"]
        kinds = KEPT if self._resources_taken else frozenset()
        if self.documents:
            kinds = kinds | {"DocumentReference"}
        described = [
            {
                "type": kind,
                "interaction": [{"code": code} for code in codes],
                "updateCreate": self.own_ids,
                "conditionalCreate": self.own_ids,
            }
            for kind in sorted(kinds)
        ]
        system = [{"code": "transaction"}] if self.transactions else []
        return {
            "resourceType": "CapabilityStatement",
            "rest": [{"mode": "server", "resource": described, "interaction": system}],
        }

    @property
    def _resources_taken(self) -> bool:
        return self.transactions or self.own_ids

    def _update(self, path: str, resource: Json, headers: Any) -> httpx2.Response:
        kind, id_ = path.split("/")
        with self._alone:
            exists = (kind, id_) in self.resources
            if not exists and not self.own_ids:
                raise Refusal(405, "no ids of yours")
            if exists and "if-match" in headers:
                self._check_version(kind, id_, headers["if-match"])
            self._check_links(resource)
            self._put(kind, id_, resource)
            return self._stored(kind, id_, 200 if exists else 201)

    def _create(self, resource: Json, headers: Any) -> httpx2.Response:
        kind = resource["resourceType"]
        if kind == "DocumentReference" and not self.documents:
            raise Refusal(400, "no documents")
        asked = _IF_NONE_EXIST.fullmatch(unquote(headers.get("if-none-exist", "")))
        with self._alone:
            there = self._matches(kind, asked[1], asked[2], asked[3]) if asked else []
            if there:
                return self._stored(kind, there[0]["id"], 200)
            self.numbers += 1
            self._put(kind, f"e{self.numbers}", resource)
            return self._stored(kind, f"e{self.numbers}", 201)

    def _stored(self, kind: str, id_: str, status: int) -> httpx2.Response:
        version = len(self.resources[kind, id_])
        headers = {"Content-Type": "application/fhir+json", "Location": f"{BASE}/{kind}/{id_}/_history/{version}"}
        if self.keeps_versions:
            headers["ETag"] = f'W/"{version}"'
        return httpx2.Response(status, headers=headers, content=orjson.dumps(self._read(kind, id_)))

    def _troubled(self, act: Callable[[], httpx2.Response], troubles: list[Trouble | None]) -> httpx2.Response:
        trouble = troubles.pop(0) if troubles else None
        if self.before_transaction is not None:
            self.before_transaction()
        if trouble is not None and trouble.when == "before":
            return _trouble(trouble, httpx2.ConnectError("refused"))
        answered = act()
        if trouble is not None:
            return _trouble(trouble, httpx2.ReadError("reset"))
        return answered

    def transaction(self, bundle: Json) -> Json:
        """All entries or none."""
        with self._alone, self._all_or_nothing():
            entries = self._carry_out(bundle.get("entry", []))
            return {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        before = copy.copy({key: list(versions) for key, versions in self.resources.items()})
        try:
            yield
        except Refusal:
            self.resources = before
            raise

    def _carry_out(self, entries: list[Json]) -> list[Json]:
        found = [self._place(entry) for entry in entries]
        links = {
            e["fullUrl"]: f"{e['resource']['resourceType']}/{id_}" for e, (id_, _) in zip(entries, found, strict=True)
        }
        answers = []
        for entry, (id_, exists) in zip(entries, found, strict=True):
            kind = entry["resource"]["resourceType"]
            if exists and entry["request"]["method"] == "POST":
                answers.append(self._answer(kind, id_, "200 OK"))
                continue
            self._put(kind, id_, _linked(entry["resource"], links))
            answers.append(self._answer(kind, id_, "200 OK" if exists else "201 Created"))
        for entry in entries:
            self._check_links(_linked(entry["resource"], links))
        return answers

    def _place(self, entry: Json) -> tuple[str, bool]:
        """Id that an entry resolves to, and whether it exists already."""
        request, kind = entry["request"], entry["resource"]["resourceType"]
        if request["method"] == "PUT":
            id_ = request["url"].split("/")[1]
            self._check_version(kind, id_, request.get("ifMatch"))
            if entry["resource"].get("id") != id_:
                raise Refusal(400, "id")
            return id_, (kind, id_) in self.resources
        asked = _IF_NONE_EXIST.fullmatch(unquote(request.get("ifNoneExist", "")))
        if asked:
            there = self._matches(kind, asked[1], asked[2], asked[3])
            if len(there) > 1:
                raise Refusal(412, "several")
            if there:
                return there[0]["id"], True
        self.numbers += 1
        return f"e{self.numbers}", False

    def _check_version(self, kind: str, id_: str, if_match: str | None) -> None:
        versions = self.resources.get((kind, id_))
        if versions is None or versions[-1] is None:
            if not self.creates_on_put:
                raise Refusal(404, "unknown")
            return
        if self.keeps_versions and if_match != f'W/"{len(versions)}"':
            raise Refusal(self.clash_status, "stale")

    def _check_links(self, value: Any) -> None:
        if isinstance(value, dict):
            reference = value.get("reference")
            if isinstance(reference, str):
                kind, _, id_ = reference.partition("/")
                if reference.startswith("urn:") or (kind in KEPT and (kind, id_) not in self.resources):
                    raise Refusal(400, "dangling")
            for inner in value.values():
                self._check_links(inner)
        elif isinstance(value, list):
            for inner in value:
                self._check_links(inner)

    def _put(self, kind: str, id_: str, resource: Json) -> None:
        versions = self.resources.setdefault((kind, id_), [])
        meta = {**resource.get("meta", {})}
        if self.keeps_versions:
            meta["versionId"] = str(len(versions) + 1)
        versions.append({**resource, "id": id_, "meta": meta})

    def _answer(self, kind: str, id_: str, status: str) -> Json:
        if not self.keeps_versions:
            return {"response": {"status": status, "location": f"{kind}/{id_}"}}
        version = len(self.resources[kind, id_])
        return {"response": {"status": status, "location": f"{kind}/{id_}/_history/{version}", "etag": str(version)}}

    def _read(self, kind: str, id_: str) -> Json:
        versions = self.resources.get((kind, id_))
        if versions is None:
            raise Refusal(404, "unknown")
        if versions[-1] is None:
            raise Refusal(410, "deleted")
        return versions[-1]

    def _search(self, kind: str, params: dict[str, str]) -> Json:
        ((name, token),) = params.items()
        system, _, value = token.partition("|")
        found = self._matches(kind, name, system, value)
        return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in found]}

    def _matches(self, kind: str, name: str, system: str, value: str) -> list[Json]:
        def pairs(resource: Json) -> list[tuple[str, str]]:
            if name == "identifier":
                return [(i["system"], i["value"]) for i in resource.get("identifier", [])]
            return [(t["system"], t["code"]) for t in resource.get("meta", {}).get("tag", [])]

        return [one for one in self.all(kind) if (system, value) in pairs(one)]


def _types(bundle: Json) -> list[str]:
    return [entry["resource"]["resourceType"] for entry in bundle.get("entry", [])]


def _linked(value: Any, links: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            k: links.get(v, v) if k == "reference" and isinstance(v, str) else _linked(v, links)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [_linked(one, links) for one in value]
    return value


def _trouble(trouble: Trouble, broken: Exception) -> httpx2.Response:
    if trouble.unreadable:
        return _json(200, {"resourceType": "Bundle", "type": "transaction-response"})
    if trouble.status is None:
        raise broken
    headers = {"Retry-After": trouble.retry_after} if trouble.retry_after else {}
    return httpx2.Response(trouble.status, headers=headers, content=orjson.dumps(_outcome("trouble")))


def _json(status: int, body: Json) -> httpx2.Response:
    return httpx2.Response(status, headers={"Content-Type": "application/fhir+json"}, content=orjson.dumps(body))


def _outcome(text: str, code: str = "processing") -> Json:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "diagnostics": text}],
    }
