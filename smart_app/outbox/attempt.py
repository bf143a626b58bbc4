"""One attempt to bring one write to the EHR by one step: what stands there is left alone, the rest is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from fhir_mapping.fhir_json import Json, text
from fhir_mapping.write.bundle import KnownVersion, Written, puts_in_order, read_outcome, transaction
from fhir_mapping.write.document import document
from fhir_mapping.write.entry import WriteEntry
from smart_app.ehr.errors import (
    EhrBusy,
    EhrRefused,
    EhrUnclear,
    EhrUnreachable,
    EhrVersionClash,
    NoToken,
    NotPermitted,
)
from smart_app.outbox.abilities import KnownAbilities
from smart_app.outbox.ehr_port import EhrWriter
from smart_app.outbox.errors import DanglingReference, ExportOnly, MayNotLook
from smart_app.outbox.ladder import Chosen, creates_it, puts_document, puts_it
from smart_app.outbox.look_up import find, find_at_own_id, is_it
from smart_app.outbox.payload import identity_of
from smart_app.outbox.references import urns_in, with_references
from smart_app.outbox.remote import kept_from, says_the_same
from smart_app.outbox.written import Standing

ROUNDS = 3
_GONE = (404, 410)


@dataclass
class Attempt:
    """One attempt; it holds what it learns, so that whoever made it can tell what is known when it fails.

    Attributes:
        standing: what stands at the EHR, by identity; grows as the attempt learns.
        in_doubt: something may stand at the EHR that is not written down here: its answer never came whole, or the
            rest of the write failed after it. Begins as the last attempt left it, and what a look finds does not end
            it: only a write that stands whole is written down as delivered.
        chosen: the step of the ladder that was taken; None before it was chosen.
    """

    client: EhrWriter
    outbox_id: int
    patient: str
    created_at: datetime
    abilities: KnownAbilities
    standing: dict[str, Standing]
    in_doubt: bool
    chosen: Chosen | None = None
    _remote: dict[str, Json] = field(default_factory=dict)
    _unseen: set[str] = field(default_factory=set)

    async def bring(self, mine: Sequence[WriteEntry], chosen: Chosen) -> tuple[Standing, ...]:
        """Bring the entries to the EHR by the chosen step.

        Returns:
            Where each of them stands now.

        Raises:
            EhrFault, UnreadableOutcome: `in_doubt` tells whether to look before sending again.
            ExportOnly: that is the step.
            InvalidResource, SameIdentity, DanglingReference, Duplicates, MayNotLook: sending again is no help.
        """
        self.chosen = chosen
        if chosen.step == "export":
            raise ExportOnly(self.client.profile.id, chosen.why)
        if chosen.step == "document":
            return await self._bring_document(mine)
        if self.in_doubt:
            await self._read_again(mine)
            remaining = [entry for entry in mine if not self._stands_as_meant(entry)]
        else:
            await self._confirm(mine)
            remaining = [entry for entry in mine if not (entry.once and identity_of(entry) in self.standing)]
        for _ in range(ROUNDS):
            if not remaining:
                break
            remaining = await (self._one_by_one(remaining) if self._puts else self._round(remaining))
        if remaining:
            raise EhrVersionClash(self.client.profile.id, 412, "transaction")
        return tuple(self.standing[identity_of(entry)] for entry in mine)

    async def _round(self, sending: Sequence[WriteEntry]) -> list[WriteEntry]:
        """Send; what is left to do after the answer."""
        merged = [self._merged(entry) for entry in sending]
        bundle = self._bundle(merged)
        wrote_some = self.in_doubt
        self.in_doubt = True
        try:
            answer = await self.client.transaction(bundle)
        except EhrVersionClash:
            self.in_doubt = wrote_some
            await self._read_again(sending)
            return [entry for entry in sending if not (entry.once and identity_of(entry) in self.standing)]
        except (EhrRefused, EhrUnreachable, NotPermitted, NoToken):
            self.in_doubt = wrote_some
            raise
        except EhrBusy as busy:
            self.in_doubt = wrote_some or busy.status != 429  # a 503 may come from a gateway that lost the EHR halfway
            raise
        outcome = read_outcome(answer, merged)
        before = dict(self.standing)
        for entry, written in zip(merged, outcome, strict=True):
            self._note(entry, written)
        found = [
            entry
            for entry, written in zip(sending, outcome, strict=True)
            if not entry.once and identity_of(entry) not in before and written.status == 200
        ]  # a conditional create that found one: it stands, but not yet with our content
        await self._read_again(found)
        return [entry for entry in found if not self._stands_as_meant(entry)]

    @property
    def _puts(self) -> bool:
        return self.chosen is not None and self.chosen.step == "put"

    async def _one_by_one(self, sending: Sequence[WriteEntry]) -> list[WriteEntry]:
        """Put one after the other at ids of our own; what is left to do after a clash."""
        for number, entry in enumerate(sending):
            merged = self._merged(entry)
            if any(urns_in(merged.resource)):
                raise DanglingReference(entry.kind)
            known = _known([merged], self.standing)
            ((_, resource, _),) = puts_in_order([merged], known)
            before = known.get(entry.full_url)
            put, wrote_some = await self._puts_it(entry), self.in_doubt
            self.in_doubt = True
            try:
                if put:
                    version = before.version_id if before else None
                    stored = await self.client.update(resource, if_match=version)
                else:
                    stored = await self.client.create(merged.resource, if_none_exist=entry.condition)
            except EhrVersionClash:
                there = [one for one in sending[number:] if one is entry or identity_of(one) in self.standing]
                await self._read_again(there)
                return [one for one in sending[number:] if not (one.once and identity_of(one) in self.standing)]
            except (EhrRefused, EhrUnreachable, NotPermitted, NoToken):
                self.in_doubt = wrote_some
                raise
            id_ = str(resource["id"]) if put else stored.id
            if id_ is None:
                raise EhrUnclear(self.client.profile.id, f"create {entry.type}", "no-id")
            self._stood(merged, id_, stored.version_id)
        self.in_doubt = False
        return []

    async def _puts_it(self, entry: WriteEntry) -> bool:
        abilities, granted = await self.abilities.of(self.client), await self.client.granted()
        if self.in_doubt and identity_of(entry) in self._unseen:
            if creates_it(entry, abilities, granted):
                return False  # the conditional create looks it up at the EHR itself
            raise MayNotLook(entry.kind)  # somebody may have changed it since: it is not put over blindly
        return (puts_document if entry.kind == "document" else puts_it)(entry, abilities, granted)

    async def _bring_document(self, mine: Sequence[WriteEntry]) -> tuple[Standing, ...]:
        """One document; whether it stands there already is always asked first, for nothing else tells."""
        inside = {entry.full_url for entry in mine}
        elsewhere = {
            known.full_url: known.reference for known in self.standing.values() if known.full_url not in inside
        }
        whole = [replace(entry, resource=with_references(entry.resource, elsewhere)) for entry in mine]
        if not whole:
            return ()
        paper = document(whole, patient=self.patient, at=self.created_at)
        if self.in_doubt:
            for entry in mine:
                with suppress(EhrRefused):  # it may know documents alone
                    await self._read_again([entry])
        await self._look_up(paper)
        if identity_of(paper) not in self.standing:
            await self._send_document(paper)
        self.in_doubt = False
        return self.put_now

    async def _send_document(self, paper: WriteEntry) -> None:
        put = await self._puts_it(paper)
        own_id = paper.full_url.removeprefix("urn:uuid:")
        wrote_some = self.in_doubt
        self.in_doubt = True
        try:
            if put:
                stored = await self.client.update({**paper.resource, "id": own_id}, if_match=None)
            else:
                stored = await self.client.create(paper.resource, if_none_exist=paper.condition)
        except (EhrRefused, EhrUnreachable, NotPermitted, NoToken):
            self.in_doubt = wrote_some
            raise
        id_ = own_id if put else stored.id
        if id_ is None:
            raise EhrUnclear(self.client.profile.id, "create DocumentReference", "no-id")
        self._stood(paper, id_, stored.version_id)

    def _stood(self, entry: WriteEntry, id_: str, version: str | None) -> None:
        self.standing[identity_of(entry)] = self._stand(entry, id_, version, text(entry.resource.get("status")))

    @property
    def put_now(self) -> tuple[Standing, ...]:
        """What stands there as this very write says it, also when the rest of the write does not."""
        return tuple(known for known in self.standing.values() if known.outbox_id == self.outbox_id)

    def replaced_since(self, entry: WriteEntry) -> bool:
        """Whether a later write has replaced it already."""
        known = self.standing.get(identity_of(entry))
        return not entry.once and known is not None and known.outbox_id > self.outbox_id

    def _stands_as_meant(self, entry: WriteEntry) -> bool:
        identity = identity_of(entry)
        if identity not in self.standing:
            return False
        if entry.once:
            return True
        remote = self._remote.get(identity)
        return remote is not None and says_the_same(self._merged(entry).resource, remote)

    def _merged(self, entry: WriteEntry) -> WriteEntry:
        remote = self._remote.get(identity_of(entry))
        references = {known.full_url: known.reference for known in self.standing.values()}
        resource = with_references(entry.resource, references)
        return replace(entry, resource=kept_from(remote, resource) if remote is not None else resource)

    def _bundle(self, sending: Sequence[WriteEntry]) -> Json:
        beside = {entry.full_url for entry in sending}
        for entry in sending:
            if set(urns_in(entry.resource)) - beside:
                raise DanglingReference(entry.kind)
        return transaction(sending, _known(sending, self.standing))

    async def _confirm(self, entries: Sequence[WriteEntry]) -> None:
        """What we wrote before is read before it is changed or relied on.

        An EHR that was set back may have given the id to somebody else's resource, in the very version that we know.
        """
        for entry in entries:
            known = self.standing.get(identity_of(entry))
            if known is not None:
                await self._read(entry, known)

    async def _read_again(self, entries: Sequence[WriteEntry]) -> None:
        for entry in entries:
            known = self.standing.get(identity_of(entry))
            if known is None or not await self._read(entry, known):
                await self._look_up(entry)

    async def _read(self, entry: WriteEntry, known: Standing) -> bool:
        """Look where it stood; whether it was seen there."""
        try:
            found = await self.client.read(known.reference)
        except NotPermitted:
            return False
        except EhrRefused as refused:
            if refused.status not in _GONE:
                raise
            found = None
        if found is None or not is_it(entry, found):
            self._forget(entry)
            return False
        self._learn(entry, found)
        return True

    def _forget(self, entry: WriteEntry) -> None:
        self.standing.pop(identity_of(entry), None)
        self._remote.pop(identity_of(entry), None)
        self._unseen.discard(identity_of(entry))

    async def _look_up(self, entry: WriteEntry) -> None:
        """Look at the id of our own choosing, then search; a search may lag behind, a read does not."""
        ways, looked = ((find_at_own_id, find) if self._by_id else (find,)), False
        for way in ways:
            with suppress(NotPermitted):
                found, looked = await way(self.client, entry), True
                if found is not None:
                    self._learn(entry, found)
                    return
        if looked:
            self._forget(entry)
        elif identity_of(entry) not in self.standing:
            self._unseen.add(identity_of(entry))

    @property
    def _by_id(self) -> bool:
        """Whether things may stand at ids of our own: documents do, and what was put before stepping down to one."""
        return self.chosen is not None and self.chosen.step in ("put", "document")

    def _learn(self, entry: WriteEntry, remote: Json) -> None:
        meta = remote.get("meta")
        version = text(meta.get("versionId")) if isinstance(meta, dict) else None
        identity = identity_of(entry)
        known, self._remote[identity] = self.standing.get(identity), remote
        self._unseen.discard(identity)
        found = self._stand(entry, str(remote["id"]), version, text(remote.get("status")))
        self.standing[identity] = found
        if not self._stands_as_meant(entry):  # an earlier write's content
            before = known.outbox_id if known and known.outbox_id != self.outbox_id else 0
            self.standing[identity] = replace(found, outbox_id=before)

    def _note(self, entry: WriteEntry, written: Written) -> None:
        self._stood(entry, written.id, written.version_id)

    def _stand(self, entry: WriteEntry, id_: str, version: str | None, status: str | None) -> Standing:
        return Standing(
            identity=identity_of(entry),
            full_url=entry.full_url,
            kind=entry.kind,
            type=entry.type,
            id=id_,
            version_id=version,
            status=status,
            outbox_id=self.outbox_id,
        )


def _known(sending: Sequence[WriteEntry], standing: Mapping[str, Standing]) -> dict[str, KnownVersion]:
    """What the bundle changes by PUT, by urn."""
    found = {}
    for entry in sending:
        known = standing.get(identity_of(entry))
        if known is not None and not entry.once:
            found[entry.full_url] = KnownVersion(known.id, known.version_id)
    return found
