"""The practice EHR's own record: FHIR interactions on the in-memory store."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlencode

from sandbox.practice_ehr.config import PracticeConfig

from . import references, search
from .bundle import run_bundle
from .capability import capability_statement
from .interactions import Interaction, condition_pairs, interaction
from .messages import FhirFault, FhirRequest, FhirResponse, Resource
from .rules import check_resource
from .store import Store

_PAGES_KEPT = 200


class MemoryBackend:
    """A Backend with the manners of a strict FHIR server: versions, conditions, referential integrity."""

    def __init__(self, config: PracticeConfig) -> None:
        self.store = Store(config.now)
        self._config = config
        self._pages: dict[str, tuple[search.Query, list[Resource]]] = {}

    @property
    def base(self) -> str:
        return self._config.fhir_url

    async def handle(self, request: FhirRequest) -> FhirResponse:
        try:
            return self.answer(request)
        except FhirFault as fault:
            return fault.response()

    def answer(self, request: FhirRequest) -> FhirResponse:
        """The answer to one interaction.

        Raises:
            FhirFault: the interaction is refused; nothing was changed.
        """
        asked = interaction(request)
        match asked.kind:
            case "metadata":
                return FhirResponse(200, capability_statement(self._config))
            case "bundle":
                return FhirResponse(200, run_bundle(self, request.body, self._config.quirks))
            case "search":
                return self._search(asked, request)
            case "page":
                return self._page(dict(request.query))
            case "read":
                return self._versioned(200, self.store.read(asked.type, asked.id), request)
            case "vread" | "history":
                return self._past(asked)
            case "delete":
                return self._delete(asked)
        return self.write(asked, request)

    # Writing

    def write(
        self,
        asked: Interaction,
        request: FhirRequest,
        *,
        new_id: str | None = None,
        pending: frozenset[str] = frozenset(),
    ) -> FhirResponse:
        """Create or update, with If-None-Exist, If-Match and referential checks.

        Args:
            new_id: id to take for a create.
            pending: "Type/id" of what the same transaction is about to write; may be referred to already.
        """
        resource = check_resource(request.body, asked.type, self._config.quirks)
        resource = references.replaced(resource, {}, self.base)
        if asked.kind == "create":
            existing = self.existing(asked.type, request.headers.get("if-none-exist"))
            if existing is not None:
                return self._versioned(200, existing, request)
            return self._keep(asked.type, new_id or self.store.new_id(), resource, request, pending, created=True)
        id_ = asked.id
        if asked.kind == "update-where":
            found = self.matching(asked.type, request.query)
            if len(found) > 1:
                raise FhirFault(412, "multiple-matches", f"{len(found)} resources match")
            id_ = found[0] if found else (new_id or self.store.new_id())
            resource = {**resource, "id": id_}
        if resource.get("id") != id_:
            raise FhirFault(400, "invalid", "The resource's id must be the id in the address")
        current = self.store.find(asked.type, id_)
        if current is None and id_.isdigit() and asked.kind == "update":
            raise FhirFault(400, "invalid", "An id chosen by the client must hold a non-digit")
        self._check_if_match(request.headers.get("if-match"), current)
        return self._keep(asked.type, id_, resource, request, pending, created=current is None)

    def _keep(
        self,
        type_: str,
        id_: str,
        resource: Resource,
        request: FhirRequest,
        pending: frozenset[str],
        *,
        created: bool,
    ) -> FhirResponse:
        references.resolve_conditional(resource, lambda t, q: self.matching(t, tuple(q)))
        known = {*pending, f"{type_}/{id_}"}
        references.check(resource, lambda t, i: f"{t}/{i}" in known or self.store.find(t, i) is not None)
        return self._versioned(201 if created else 200, self.store.put(type_, id_, resource), request)

    def _check_if_match(self, if_match: str | None, current: Resource | None) -> None:
        if if_match is None:
            return
        wanted = if_match.removeprefix("W/").strip('"')
        held = current["meta"]["versionId"] if current else None
        if wanted != held:
            raise FhirFault(self._config.quirks.stale_status, "conflict", f"Version is {held}, If-Match says {wanted}")

    def existing(self, type_: str, condition: str | None) -> Resource | None:
        """The one resource that meets an If-None-Exist condition; None when there is none.

        Raises:
            FhirFault: 412 when several do, 400 when the condition holds no criterion.
        """
        if condition is None:
            return None
        ids = self.matching(type_, condition_pairs(condition))
        if len(ids) > 1:
            raise FhirFault(412, "multiple-matches", f"{len(ids)} resources match the condition")
        return self.store.find(type_, ids[0]) if ids else None

    def matching(self, type_: str, pairs: tuple[tuple[str, str], ...]) -> list[str]:
        """Ids that meet the criteria; a query without any is refused."""
        query = search.parse_query(type_, pairs)
        if not query.criteria:
            raise FhirFault(412, "invalid", "A condition needs at least one search criterion")
        return [str(one["id"]) for one in search.run(self.store, query, self.base)]

    def _delete(self, asked: Interaction) -> FhirResponse:
        mine = f"{asked.type}/{asked.id}"
        for type_ in self.store.types():
            for one in self.store.all_of(type_):
                if any(element["reference"] == mine for element in references.references(one)):
                    raise FhirFault(409, "conflict", f"{type_}/{one['id']} refers to {mine}")
        self.store.delete(asked.type, asked.id)
        return FhirResponse(204)

    # Reading

    def _past(self, asked: Interaction) -> FhirResponse:
        versions = self.store.versions(asked.type, asked.id)
        if asked.kind == "history":
            entries = [{"fullUrl": self._url(one), "resource": one} for one in reversed(versions) if one is not None]
            return FhirResponse(200, {"resourceType": "Bundle", "type": "history", "entry": entries})
        number = int(asked.version) if asked.version.isdigit() else 0
        if not 0 < number <= len(versions):
            raise FhirFault(404, "not-found", f"No version {asked.version[:20]}")
        found = versions[number - 1]
        if found is None:
            raise FhirFault(410, "deleted", "That version is a deletion")
        return self._versioned(200, found, FhirRequest("GET", ""))

    def _search(self, asked: Interaction, request: FhirRequest) -> FhirResponse:
        lenient = "handling=lenient" in request.headers.get("prefer", "")
        query = search.parse_query(asked.type, request.query, lenient=lenient)
        matches = search.run(self.store, query, self.base)
        if query.count_only:
            return FhirResponse(200, {"resourceType": "Bundle", "type": "searchset", "total": len(matches)})
        link = {"relation": "self", "url": f"{self.base}/{asked.type}?{urlencode(request.query)}"}
        return FhirResponse(200, self._searchset(query, matches, 0, [link]))

    def _page(self, pairs: dict[str, str]) -> FhirResponse:
        kept = self._pages.get(pairs.get("_getpages", ""))
        offset = pairs.get("_getpagesoffset", "0")
        if kept is None or not offset.isdigit():
            raise FhirFault(410, "not-found", "This page is not kept any longer; search again")
        return FhirResponse(200, self._searchset(*kept, int(offset), [], token=pairs["_getpages"]))

    def _searchset(
        self, query: search.Query, matches: list[Resource], offset: int, links: list[Resource], token: str = ""
    ) -> Resource:
        page = matches[offset : offset + query.count]
        extra = search.included(self.store, query, page, self.base)
        if offset + query.count < len(matches):
            token = token or self._keep_pages(query, matches)
            following = urlencode({"_getpages": token, "_getpagesoffset": offset + query.count, "_count": query.count})
            links = [*links, {"relation": "next", "url": f"{self.base}?{following}"}]
        bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(matches), "link": links}
        entries = [self._entry(one, "match") for one in page] + [self._entry(one, "include") for one in extra]
        return {**bundle, "entry": entries} if entries else bundle

    def _keep_pages(self, query: search.Query, matches: list[Resource]) -> str:
        token = secrets.token_hex(16)
        self._pages[token] = (query, matches)
        while len(self._pages) > _PAGES_KEPT:
            self._pages.pop(next(iter(self._pages)))
        return token

    def _entry(self, resource: Resource, mode: str) -> Resource:
        return {"fullUrl": self._url(resource), "resource": resource, "search": {"mode": mode}}

    def _url(self, resource: Resource) -> str:
        return f"{self.base}/{resource['resourceType']}/{resource['id']}"

    def _versioned(self, status: int, resource: Resource, request: FhirRequest) -> FhirResponse:
        version = resource["meta"]["versionId"]
        etag = f'W/"{version}"'
        headers = {"ETag": etag, "Last-Modified": _http_date(resource["meta"]["lastUpdated"])}
        if request.method == "GET" and request.headers.get("if-none-match") == etag:
            return FhirResponse(304, None, headers)
        if request.method in ("POST", "PUT"):
            headers["Location"] = f"{self._url(resource)}/_history/{version}"
            if "return=minimal" in request.headers.get("prefer", ""):
                return FhirResponse(status, None, headers)
        return FhirResponse(status, resource, headers)


def _http_date(instant: str) -> str:
    return format_datetime(datetime.fromisoformat(instant).astimezone(UTC), usegmt=True)
