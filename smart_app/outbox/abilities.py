"""What an EHR says that it can do, as far as writing depends on it; asked seldom, kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fhir_mapping.fhir_json import Json, dicts
from smart_app.clock import Clock
from smart_app.ehr.errors import EhrNonsense, EhrRefused, EhrTooMuch
from smart_app.outbox.ehr_port import EhrWriter

KEPT_FOR = timedelta(minutes=10)
MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Abilities:
    """From one CapabilityStatement.

    Attributes:
        told: False = the EHR has none that can be read; nothing is known.
        transaction: takes transactions.
        creates: types that can be created.
        puts: types that can be put at an id of our own choosing.
        conditional: types that are created only when a search finds none.
    """

    told: bool
    transaction: bool
    creates: frozenset[str] = frozenset()
    puts: frozenset[str] = frozenset()
    conditional: frozenset[str] = frozenset()


UNKNOWN = Abilities(told=False, transaction=True)
"""A FHIR R4 server takes a transaction whole or refuses it whole: nothing is lost by trying."""


def abilities_of(statement: Json) -> Abilities:
    """What a CapabilityStatement says of writing; `UNKNOWN` when it says nothing of a server.

    >>> abilities_of({"rest": [{"mode": "server", "interaction": [{"code": "transaction"}]}]}).transaction
    True
    """
    servers = [rest for rest in dicts(statement.get("rest")) if rest.get("mode") == "server"]
    if not servers:
        return UNKNOWN
    transaction = False
    creates: set[str] = set()
    puts: set[str] = set()
    conditional: set[str] = set()
    for rest in servers:
        transaction = transaction or "transaction" in _codes(rest)
        for each in dicts(rest.get("resource")):
            codes = _codes(each)
            if "create" in codes:
                creates.add(str(each.get("type")))
                if each.get("conditionalCreate") is True:
                    conditional.add(str(each.get("type")))
            if "update" in codes and each.get("updateCreate") is True:
                puts.add(str(each.get("type")))
    return Abilities(True, transaction, frozenset(creates), frozenset(puts), frozenset(conditional))


def _codes(element: Json) -> set[object]:
    return {one.get("code") for one in dicts(element.get("interaction"))}


@dataclass
class KnownAbilities:
    """One worker's memory of what the EHRs can do: at most `MOST_KEPT` of them, each for `KEPT_FOR`."""

    clock: Clock
    _kept: OrderedDict[str, tuple[datetime, Abilities]] = field(default_factory=OrderedDict)

    async def of(self, client: EhrWriter) -> Abilities:
        """What this EHR can do, asked when not known or not fresh.

        Raises:
            EhrUnreachable, EhrBusy: it could not be asked; nothing was sent.
        """
        base, now = client.profile.fhir_base, self.clock.now()
        known = self._kept.get(base)
        if known is not None and known[0] > now:
            return known[1]
        try:
            found = abilities_of(await client.metadata())
        except (EhrRefused, EhrNonsense, EhrTooMuch):
            found = UNKNOWN
        self._kept[base] = (now + KEPT_FOR, found)
        self._kept.move_to_end(base)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found
