"""`sickleave check-ehr`: what this service needs of an EHR, tried one by one; it reads, and writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import typer

from fhir_mapping.fhir_json import Json, dicts, text
from fhir_mapping.write.entry import Kind, WriteEntry
from smart_app.cli.background import background_services, known_profile_or_exit
from smart_app.cli.output import DONE, REFUSED, in_one_line, print_json
from smart_app.ehr.case_query import CONTEXT_TYPES
from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import EhrFault, NoToken
from smart_app.errors import in_words
from smart_app.issuers import IssuerProfile
from smart_app.launch.authorize import endpoint_for_launch
from smart_app.launch.client_authentication import proof
from smart_app.launch.discovery import discover
from smart_app.launch.errors import LaunchRefused, WrongDiscovery
from smart_app.launch.id_token import usable_keys
from smart_app.launch.scopes import Scopes, parse
from smart_app.outbox.abilities import abilities_of
from smart_app.outbox.ladder import Step, choose
from smart_app.wiring import Services

Found = tuple[bool, str]
NO_BACKEND = "no backend_client_id in the profile: no `assess`, and writes only while somebody is signed in"
NEEDED = {"Patient read", "QuestionnaireResponse search"}
"""Without these no case is ever shown; what else is lacking is read as unknown."""
READS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Patient read", ()),
    ("QuestionnaireResponse search", ("patient", "authored", "questionnaire")),
    ("Condition search", ("patient",)),
    ("Encounter search", ("patient", "date")),
    ("Procedure search", ("patient", "date")),
    ("CarePlan search", ("patient", "status")),
    ("Practitioner read", ()),
    ("PractitionerRole read", ()),
    ("PractitionerRole search", ("practitioner",)),
    ("Organization read", ()),
    ("Organization search", ("identifier",)),
)
WRITES: tuple[tuple[Kind, str, bool], ...] = (
    ("assessment", "RiskAssessment", True),
    ("plan", "CarePlan", False),
    ("task", "Task", False),
    ("procedure", "Procedure", True),
    ("provenance", "Provenance", True),
)
STEPS: dict[Step, str] = {
    "transaction": "in one transaction",
    "put": "one resource after the other, at ids of our own",
    "document": "as one document",
    "export": "not at all: it is kept for download",
}
HELD = {
    "profile": "write_mode in the profile",
    "capability": "the CapabilityStatement",
    "scopes": "the granted scopes",
}


def run(ehr: str, *, as_json: bool) -> int:
    """Try each point and print what was found; exit 1 when one fails."""
    return asyncio.run(_run(ehr, as_json))


async def _run(ehr: str, as_json: bool) -> int:
    async with background_services() as services:
        profile = known_profile_or_exit(services, ehr)
        points: list[dict[str, Any]] = []
        for name, ask in _Ehr(services, profile).points():
            try:
                ok, found = await ask()
            except (EhrFault, LaunchRefused) as fault:
                ok, found = False, in_words(fault, "en")
            points.append({"point": name, "ok": ok, "found": found})
    if as_json:
        print_json({"issuer": profile.id, "fhir_base": profile.fhir_base, "points": points})
    for point in () if as_json else points:
        typer.echo(f"{'ok  ' if point['ok'] else 'FAIL'} {point['point']}: {in_one_line(point['found'])}")
    return DONE if all(point["ok"] for point in points) else REFUSED


@dataclass
class _Ehr:
    """One EHR and what it has said so far."""

    services: Services
    profile: IssuerProfile
    _stated: Json | None = field(default=None, init=False)

    def points(self) -> tuple[tuple[str, Callable[[], Awaitable[Found]]], ...]:
        """What is tried, in this order."""
        return (
            ("discovery (.well-known/smart-configuration)", self.discovery),
            ("launch", self.launch),
            ("launch context", self.context),
            ("software (CapabilityStatement)", self.software),
            ("reading (CapabilityStatement)", self.reading),
            ("Backend Services token", self.backend),
            ("writing (CapabilityStatement and scopes)", self.writing),
            ("token introspection", self.introspection),
        )

    async def discovery(self) -> Found:
        found = await discover(self.services, self.profile)
        return True, f"authorize at {found.authorization_endpoint}, token at {found.token_endpoint}"

    async def launch(self) -> Found:
        found = await discover(self.services, self.profile)
        endpoint_for_launch(self.profile, found, standalone=False)
        await proof(self.services, self.profile, found)
        keys = await usable_keys(self.services, self.profile, found)
        if not keys:
            raise WrongDiscovery("jwks", self.profile.id)
        permission = f"permission-{self.profile.refresh}"
        refresh = f"{permission} {'' if permission in found.capabilities else 'not '}listed"
        return True, f"PKCE with S256, {self.profile.auth}, {keys} key(s) that can prove an id_token; {refresh}"

    async def context(self) -> Found:
        said = sorted(
            one for one in (await discover(self.services, self.profile)).capabilities if one.startswith("context-")
        )
        used = ", ".join(CONTEXT_TYPES)
        return True, (
            f"stated: {', '.join(said) or 'nothing'}; of fhirContext are read, and checked to be the patient's: {used} "
            "in the role launch; nothing else of it is used"
        )

    async def software(self) -> Found:
        stated = await self._statement()
        said, version = stated.get("software"), text(stated.get("fhirVersion"))
        software = said if isinstance(said, dict) else {}
        named = f"{software.get('name', 'unnamed')} {software.get('version', '')}".strip()
        fits = version is None or version.startswith("4.")
        return fits, f"{named}; FHIR {version or 'version not stated'}, R4 is read"

    async def reading(self) -> Found:
        listed = _listed(await self._statement())
        if not listed:
            return True, "no types are listed: nothing is known"
        lacking = list(dict.fromkeys(_not_stated(listed, self.profile)))
        if not lacking:
            return True, "all that is read is stated"
        return not NEEDED & set(lacking), f"not stated: {', '.join(lacking)}"

    async def backend(self) -> Found:
        if self.profile.backend_client_id is None:
            return True, NO_BACKEND
        granted = await self._client.granted()
        missing = granted.missing(parse(self.profile.scopes["backend"]))
        useful = granted.allows("system", "Patient", "r") and granted.allows("system", "QuestionnaireResponse", "s")
        return useful, f"not granted: {', '.join(missing)}" if missing else "all asked scopes granted"

    async def writing(self) -> Found:
        entries = [
            WriteEntry(kind, {"resourceType": kind_there}, f"urn:{kind}", ("urn:specimen", kind), None, once)
            for kind, kind_there, once in WRITES
        ]
        abilities = abilities_of(await self._statement())
        chosen = choose(self.profile, abilities, await self._granted(), entries)
        found = f"an assessment is written {STEPS[chosen.step]}"
        if chosen.step != "transaction" or chosen.why == "profile":
            found += f"; decided by {HELD[chosen.why]}"
        absent = [kind for _, kind, _ in WRITES if kind not in abilities.creates | abilities.puts]
        if abilities.told and absent:
            found += f"; no create stated for: {', '.join(absent)}"
        return chosen.step != "export" or chosen.why == "profile", found

    async def introspection(self) -> Found:
        if (await discover(self.services, self.profile)).introspection_endpoint is None:
            return True, "not listed: a refused token means a new sign-in"
        if self.profile.backend_client_id is None:
            return True, "listed, not tried: no background token to ask about"
        active = await self.services.clients.backend_tokens(self.profile).is_active()
        if active is not True:
            raise WrongDiscovery(
                "introspection-no-answer" if active is None else "introspection-denies", self.profile.id
            )
        return True, "listed, and knows the token that it just gave"

    @property
    def _client(self) -> EhrClient:
        tokens = self.services.clients.backend_tokens(self.profile)  # asked for only by what needs one
        return EhrClient(self.services.http, self.profile, tokens, clock=self.services.clock)

    async def _statement(self) -> Json:
        if self._stated is None:
            self._stated = await self._client.metadata()
        return self._stated

    async def _granted(self) -> Scopes:
        """What the background may do; without one, what a physician's launch asks for."""
        try:
            return await self._client.granted()
        except NoToken:
            return parse(self.profile.scopes["physician"])


def _listed(statement: Json) -> dict[str, set[str]]:
    """What a CapabilityStatement lists, by type: "Patient read", "Patient search", and names of search parameters."""
    listed: dict[str, set[str]] = {}
    for rest in dicts(statement.get("rest")):
        for each in dicts(rest.get("resource")):
            kind = str(each.get("type"))
            codes = {one.get("code") for one in dicts(each.get("interaction"))}
            here = listed.setdefault(kind, set())
            here |= {f"{kind} {word}" for code, word in (("read", "read"), ("search-type", "search")) if code in codes}
            here |= {str(one.get("name")) for one in dicts(each.get("searchParam"))}
    return listed


def _not_stated(listed: dict[str, set[str]], profile: IssuerProfile) -> Iterator[str]:
    """What is read and is not listed."""
    for what, parameters in (*READS, *_unit_search(profile)):
        here = listed.get(what.split(" ")[0], set())
        if what not in here:
            yield what
            continue
        if absent := [name for name in parameters if name not in here]:
            yield f"{what} by {' or '.join(absent)}"


def _unit_search(profile: IssuerProfile) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The search for a unit's certificates, as the profile has it, as far as the table does not hold it already."""
    if profile.backend_client_id is None:
        return
    kind, _, query = profile.unit_search.partition("?")
    names = [name.split(":")[0].split(".")[0] for name, _ in parse_qsl(query)]
    known = dict(READS).get(f"{kind} search", ())
    yield f"{kind} search", tuple(name for name in names if not name.startswith("_") and name not in known)
