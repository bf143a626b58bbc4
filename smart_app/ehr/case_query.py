"""What is read of one patient to see the sick-leave case, as far as the scopes reach."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from datetime import date
from typing import TypeVar

from fhir_mapping.read.case import Chart
from smart_app.ehr.addresses import relative
from smart_app.ehr.answers import Json
from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import EhrRefused, NotPermitted
from smart_app.launch.scopes import Scopes

T = TypeVar("T")
MAX_AUTHORS = 40
MAX_LEVELS = 5
AT_ONCE = 4
CONTEXT_TYPES = ("CarePlan", "Condition", "Encounter", "Procedure", "QuestionnaireResponse")
"""What of a launch's fhirContext belongs in a chart; the rest is not read."""
MAX_CONTEXT = 10
_CONTEXT = tuple(f"{kind}/" for kind in CONTEXT_TYPES)
_WITHHELD = frozenset({401, 403, 404, 410})


async def read_chart(
    client: EhrClient,
    *,
    patient: str,
    granted: Scopes,
    questionnaires: tuple[str, ...],
    since: date,
    encounter: str | None = None,
    context: tuple[str, ...] = (),
) -> Chart:
    """One patient's chart.

    Args:
        patient: "Patient/12".
        granted: what the token permits; what it does not stands in `withheld`, and is not asked for.
        questionnaires: canonicals of the sick-leave certificate, as they may stand in QuestionnaireResponse.
        since: certificates signed, and visits made, from this day on.
        encounter: of the launch context, "Encounter/12"; checked when the chart is read.
        context: what else the launch is about, "Condition/7": read where the search did not find it, and checked like
            everything in a chart to be the patient's. One that cannot be read says nothing of the rest.

    Raises:
        NotPermitted: not even the Patient may be read.
        EhrFault: the EHR could not be asked; a part of a chart is never taken for the whole.
    """
    read = _Reading(client, granted)
    signed = {"patient": patient, "authored": f"ge{since}"}
    person, (conditions, encounters, procedures, plans, *certificates) = await asyncio.gather(
        client.read(patient),
        asyncio.gather(
            read.search("Condition", {"patient": patient}),
            read.search("Encounter", {"patient": patient, "date": f"ge{since}"}),
            read.search("Procedure", {"patient": patient, "date": f"ge{since}"}, needed=False),
            read.search("CarePlan", {"patient": patient, "status": "active"}, needed=False),
            *(read.search("QuestionnaireResponse", signed | {"questionnaire": each}) for each in questionnaires),
        ),
    )
    responses = [each for found in certificates for each in found]
    if encounter and not any(f"Encounter/{each.get('id')}" == encounter for each in encounters):
        encounters += await read.one(encounter)
    authors = await read.authors(responses, encounters)
    found = [*conditions, *encounters, *procedures, *plans, *responses]
    everything = _once([*found, *await read.context(context, found), *authors])
    return Chart(
        patient=person,
        resources=everything,
        withheld=tuple(sorted(read.withheld)),
        base=client.profile.fhir_base,
        context_patient=patient,
        context_encounter=encounter,
        canonicals=frozenset(client.profile.questionnaires),
    )


class _Reading:
    """Reads that may be refused one by one; what was, is noted by type."""

    def __init__(self, client: EhrClient, granted: Scopes) -> None:
        self._client = client
        self._granted = granted
        self._turns = asyncio.Semaphore(AT_ONCE)
        self.withheld: set[str] = set()

    async def search(self, kind: str, params: dict[str, str], *, needed: bool = True) -> list[Json]:
        """What a search finds; [] when it is withheld, or refused in any way though not `needed`."""
        if not self._granted.allows_somehow(kind, "s"):
            self.withheld.add(kind)
            return []
        return list(await self._allowed(kind, self._client.search(kind, params), needed=needed) or ())

    async def one(self, reference: str) -> list[Json]:
        """The resource, in a list; [] when it is withheld."""
        kind = reference.partition("/")[0]
        if not self._granted.allows_somehow(kind, "r"):
            self.withheld.add(kind)
            return []
        found = await self._allowed(kind, self._client.read(reference))
        return [found] if found is not None else []

    async def context(self, references: tuple[str, ...], known: list[Json]) -> list[Json]:
        """What the launch is about besides, and no search has found."""
        have = {f"{each.get('resourceType')}/{each.get('id')}" for each in known}
        wanted = [one for one in dict.fromkeys(references) if one not in have and one.startswith(_CONTEXT)]
        found = []
        for reference in wanted[:MAX_CONTEXT]:
            with suppress(NotPermitted, EhrRefused):
                found.append(await self._client.read(reference))
        return found

    async def authors(self, responses: list[Json], encounters: list[Json]) -> list[Json]:
        """The commissions behind the certificates' authors, their organizations and those of visits, and above."""
        pointed = self._pointed(responses, "author", ("PractitionerRole",))
        roles = await self._all(pointed[:MAX_AUTHORS])
        found = list(roles)
        level = self._pointed([*roles, *responses], "organization", ("Organization",))
        met = [each for each in encounters if "serviceType" not in each]  # a coded service says more than who gave it
        level += [one for one in self._pointed(met, "serviceProvider", ("Organization",)) if one not in level]
        seen: set[str] = set()
        for _ in range(MAX_LEVELS):
            level = [each for each in level if each not in seen][:MAX_AUTHORS]
            if not level:
                break
            seen.update(level)
            organizations = await self._all(level)
            found += organizations
            level = self._pointed(organizations, "partOf", ("Organization",))
        return found

    async def _all(self, references: list[str]) -> list[Json]:
        return [each for found in await asyncio.gather(*map(self.one, references)) for each in found]

    async def _allowed(self, kind: str, read: Awaitable[T], *, needed: bool = True) -> T | None:
        async with self._turns:
            try:
                return await read
            except NotPermitted:
                self.withheld.add(kind)
            except EhrRefused as refused:
                if needed and refused.status not in _WITHHELD:
                    raise
                self.withheld.add(kind)
        return None

    def _pointed(self, resources: Iterable[Json], element: str, kinds: tuple[str, ...]) -> list[str]:
        found: dict[str, None] = {}
        for resource in resources:
            place = resource.get(element)
            reference = relative(self._client.profile, place.get("reference")) if isinstance(place, dict) else None
            if reference and reference.partition("/")[0] in kinds:
                found[reference] = None
        return list(found)


def _once(resources: Iterable[Json]) -> tuple[Json, ...]:
    kept: dict[object, Json] = {}
    for number, each in enumerate(resources):
        id_ = each.get("id")
        kept.setdefault((str(each.get("resourceType")), id_) if isinstance(id_, str) else number, each)
    return tuple(kept.values())
