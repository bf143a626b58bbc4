"""FHIR R4 at one EHR: reads, searches and writes under the granted scopes, to its own base and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from smart_app.clock import Clock, SystemClock
from smart_app.ehr import answers
from smart_app.ehr.addresses import Params, is_reference, next_address, search_request, split_reference
from smart_app.ehr.answers import Asked, Json
from smart_app.ehr.errors import EhrNonsense, EhrTooMuch, NotPermitted
from smart_app.ehr.retry import twice
from smart_app.ehr.tokens import AccessToken, TokenSource
from smart_app.http import (
    LIMIT_BYTES,
    NOTHING_SENT,
    Answer,
    AnswerTooLarge,
    AnswerTooSlow,
    AnswerUnreadable,
    AsyncClient,
    TransportError,
    send,
)
from smart_app.issuers import IssuerProfile
from smart_app.launch.scopes import Scopes

FHIR_JSON = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"
MAX_PAGES = 50
MAX_RESOURCES = 5_000
MAX_BYTES = 20_000_000
_UNAUTHORIZED = 401
_ACCEPTED = 202


@dataclass(frozen=True, slots=True)
class Stored:
    """What the EHR said of one written resource; None = it did not say."""

    id: str | None
    version_id: str | None
    status: int
    resource: Json | None


class EhrClient:
    """One issuer, one source of tokens."""

    def __init__(
        self, http: AsyncClient, profile: IssuerProfile, tokens: TokenSource, *, clock: Clock | None = None
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._clock = clock or SystemClock()
        self.profile = profile

    async def granted(self) -> Scopes:
        """What the present token permits. Raises NoToken."""
        return (await self._tokens.token()).granted

    async def read(self, reference: str) -> Json:
        """The resource behind "Type/id".

        Raises:
            NotPermitted: no scope grants it; nothing was sent.
            EhrFault: it was refused, not reached, or is not what was asked for.
        """
        kind, id_ = split_reference(reference)
        await self._demand(kind, "r")
        asked = Asked(self.profile.id, f"read {kind}")
        found = await twice(lambda: self._get(asked, f"{self.profile.fhir_base}/{reference}"))
        if found.get("resourceType") != kind or found.get("id") != id_:
            raise EhrNonsense(self.profile.id, "another-resource")
        return found

    async def search(self, query: str, params: Params | None = None, *, post: bool = False) -> tuple[Json, ...]:
        """Everything that a search finds, all pages, includes too.

        Args:
            query: "Condition", or "Condition?clinical-status=active".
            params: further parameters; a sequence repeats one.
            post: by POST _search, so that no identifier stands in an address.

        Raises:
            NotPermitted: no scope grants the search.
            EhrTooMuch: more than we take; a part is never taken for the whole.
            EhrFault: refused, not reached, nonsense.
        """
        kind, address, form = search_request(self.profile, query, params or {}, post=post)
        await self._demand(kind, "s")
        asked = Asked(self.profile.id, f"search {kind}")
        found: list[Json] = []
        seen: set[str] = set()
        size = 0
        following: str | None = address
        while following is not None:
            if following in seen:
                raise EhrNonsense(self.profile.id, "next-loop")
            if len(seen) >= MAX_PAGES:
                raise EhrTooMuch(self.profile.id, "pages", MAX_PAGES)
            bundle, page_bytes = await self._page(asked, following, None if seen else form)
            seen.add(following)
            size += page_bytes
            found.extend(_matches(self.profile, bundle))
            if len(found) > MAX_RESOURCES:
                raise EhrTooMuch(self.profile.id, "resources", MAX_RESOURCES)
            if size > MAX_BYTES:
                raise EhrTooMuch(self.profile.id, "bytes", MAX_BYTES)
            following = _next(self.profile, bundle)
        return tuple(found)

    async def transaction(self, bundle: Json) -> Json:
        """Send a transaction Bundle; the EHR's answering Bundle.

        Raises:
            EhrUnclear: it was sent and no complete answer came.
            EhrFault: refused, busy, version clash; nothing was written.
        """
        asked = Asked(self.profile.id, "transaction", changes=True)
        answer = await self._send(asked, "POST", self.profile.fhir_base, content=orjson.dumps(bundle))
        found = answers.resource(asked, answer, now=self._clock.now())
        if found.get("resourceType") != "Bundle":
            raise asked.lost("not-a-bundle")
        return found

    async def create(self, resource: Json, *, if_none_exist: str | None = None) -> Stored:
        """Create a resource, conditionally when `if_none_exist` holds a search such as "identifier=system|value".

        Raises:
            EhrUnclear: it was sent, and the answer does not say that it was written, whatever its status.
            EhrFault: refused, busy, version clash; nothing was written.
        """
        kind = str(resource["resourceType"])
        await self._demand(kind, "c")
        extra = {"If-None-Exist": if_none_exist} if if_none_exist else {}
        asked = Asked(self.profile.id, f"create {kind}", changes=True)
        return await self._write(asked, "POST", f"{self.profile.fhir_base}/{kind}", resource, extra)

    async def update(self, resource: Json, *, if_match: str | None) -> Stored:
        """Put a resource at its own id; `if_match` is the version id it is based on (None = whatever is there).

        Raises as `create` does.
        """
        kind, id_ = split_reference(f"{resource['resourceType']}/{resource['id']}")
        await self._demand(kind, "u")
        extra = {"If-Match": f'W/"{if_match}"'} if if_match is not None else {}
        asked = Asked(self.profile.id, f"update {kind}", changes=True)
        return await self._write(asked, "PUT", f"{self.profile.fhir_base}/{kind}/{id_}", resource, extra)

    async def metadata(self) -> Json:
        """The EHR's CapabilityStatement; asked without a token, as it is public."""
        asked = Asked(self.profile.id, "capabilities")
        address = f"{self.profile.fhir_base}/metadata"
        found = await twice(lambda: self._get(asked, address, authorized=False))
        if found.get("resourceType") != "CapabilityStatement":
            raise EhrNonsense(self.profile.id, "not-a-capability-statement")
        return found

    async def _demand(self, kind: str, action: str) -> None:
        if not (await self.granted()).allows_somehow(kind, action):
            raise NotPermitted(self.profile.id, f"{kind}.{action}")

    async def _get(self, asked: Asked, address: str, *, authorized: bool = True) -> Json:
        answer = await self._send(asked, "GET", address, authorized=authorized)
        return answers.resource(asked, answer, now=self._clock.now())

    async def _page(self, asked: Asked, address: str, form: bytes | None) -> tuple[Json, int]:
        async def ask() -> tuple[Json, int]:
            if form is None:
                answer = await self._send(asked, "GET", address)
            else:
                answer = await self._send(asked, "POST", address, content=form, headers={"Content-Type": FORM})
            found = answers.resource(asked, answer, now=self._clock.now())
            if found.get("resourceType") != "Bundle" or found.get("type") != "searchset":
                raise EhrNonsense(self.profile.id, "not-a-searchset")
            return found, len(answer.body)

        return await twice(ask)

    async def _write(self, asked: Asked, method: str, address: str, resource: Json, extra: Mapping[str, str]) -> Stored:
        headers = {"Prefer": "return=representation", **extra}
        answer = await self._send(asked, method, address, content=orjson.dumps(resource), headers=headers)
        found = answers.resource(asked, answer, now=self._clock.now(), empty=True)
        if answer.status == _ACCEPTED:
            raise asked.lost("accepted")  # for later, perhaps: whether it was written is not said
        if found and not answers.says_done(found, resource["resourceType"]):
            raise asked.lost("not-what-was-written")
        return stored(answer, found if found.get("resourceType") == resource["resourceType"] else None)

    async def _send(
        self,
        asked: Asked,
        method: str,
        address: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        authorized: bool = True,
    ) -> Answer:
        """One request; a token that the EHR no longer takes is renewed once, if its source can."""
        given = {"Accept": FHIR_JSON, **({"Content-Type": FHIR_JSON} if content is not None else {}), **(headers or {})}
        if not authorized:
            return await self._once(asked, method, address, content, given)
        token = await self._tokens.token()
        answer = await self._once(asked, method, address, content, given | _bearer(token))
        if answer.status == _UNAUTHORIZED:
            now = await self._tokens.token()  # a call beside this one may have renewed it already
            token = now if now.value != token.value else await self._tokens.token(renew=True)
            answer = await self._once(asked, method, address, content, given | _bearer(token))
        return answer

    async def _once(
        self, asked: Asked, method: str, address: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        try:
            return await send(
                self._http, self.profile, method, address, headers=headers, content=content, limit_bytes=LIMIT_BYTES
            )
        except AnswerTooLarge as large:
            if asked.changes:
                raise asked.lost("too-large") from None
            raise EhrTooMuch(self.profile.id, "bytes", large.limit_bytes) from None
        except NOTHING_SENT:
            raise Asked(asked.issuer, asked.interaction).lost("connect") from None
        except AnswerTooSlow:
            raise asked.lost("slow") from None
        except AnswerUnreadable:
            if asked.changes:
                raise asked.lost("packed") from None
            raise EhrNonsense(self.profile.id, "packed") from None
        except TransportError as lost:
            raise asked.lost(_word(lost)) from None


def stored(answer: Answer, resource: Json | None) -> Stored:
    """Id and version from the answer's own headers, else from the resource; only the path of Location is looked at."""
    meta = (resource or {}).get("meta")
    etag = answer.headers.get("etag", "").removeprefix("W/").strip('"') or None
    version = etag or (meta.get("versionId") if isinstance(meta, dict) else None)
    id_ = (resource or {}).get("id")
    parts = answer.headers.get("location", "").split("/")
    if "_history" in parts[2:]:
        at = parts.index("_history")
        id_ = id_ or parts[at - 1]
        version = version or (parts[at + 1] if at + 1 < len(parts) else None)
    elif len(parts) >= 2:
        id_ = id_ or parts[-1]
    return Stored(
        id_ if isinstance(id_, str) else None, version if isinstance(version, str) else None, answer.status, resource
    )


def _bearer(token: AccessToken) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.value}"}


def _matches(profile: IssuerProfile, bundle: Json) -> list[Json]:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise EhrNonsense(profile.id, "not-a-searchset")
    found = []
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            continue
        if resource["resourceType"] == "OperationOutcome":
            continue
        if not isinstance(resource.get("id"), str) or not is_reference(f"{resource['resourceType']}/{resource['id']}"):
            raise EhrNonsense(profile.id, "entry-without-id")  # nothing can refer to it, and a part is not the whole
        found.append(resource)
    return found


def _next(profile: IssuerProfile, bundle: Json) -> str | None:
    links = bundle.get("link", [])
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("relation") == "next":
            return next_address(profile, link.get("url"))
    return None


def _word(lost: TransportError) -> str:
    return "slow" if "Timeout" in type(lost).__name__ else "lost"
