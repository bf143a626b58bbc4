"""Two care providers, another unit and another EHR in one database: no query answers with the others' rows.

Every public function of the rooms below that takes a Session must stand in CALLS; a new one makes the first test fail.
While the calls run, every statement on an owned table must also ask for issuer and care provider.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, SQLModel, select

import risk.follow_up
from risk.assess import assess
from risk.baseline import NATIONAL_2017
from risk.case import Person, Scope, ScopeKind
from risk.certificates_to_cases import current
from smart_app import api_tokens, audit, fhir_records, follow_up, worklist
from smart_app.api_tokens import tokens
from smart_app.audit import log
from smart_app.audit.verify import verify
from smart_app.fhir_records import find as find_records
from smart_app.fhir_records import keep
from smart_app.follow_up.gather import gather
from smart_app.follow_up.keep import keep_prediction
from smart_app.routes import fhir_caller
from smart_app.store.columns import Owned
from smart_app.store.owner import Owner
from smart_app.worklist import change, contact, counts, ended, find, persons, record, search, unit_reading
from smart_app.worklist.actor import Assignee
from smart_app.worklist.contact import Contact
from smart_app.worklist.errors import NoSuchTask
from smart_app.worklist.query import WorklistQuery
from tests.worklist_desk import (
    OTHER_ISSUER,
    OTHER_PROVIDER,
    OTHER_UNIT,
    SOFIA,
    UNIT,
    Desk,
    a_certificate,
    a_patient,
)

ROOMS = (worklist, fhir_records, audit, api_tokens, follow_up, risk.follow_up)
PHONE = Contact(mode="phone", counterparty="patient", with_patient=True)
MARK = "foreign"
"""Stands in everything that belongs to the others."""


@dataclass
class Scene:
    """What one owner has put in, and what is asked on behalf of `UNIT`."""

    desk: Desk
    tasks: dict[Owner, Any] = field(default_factory=dict)
    copies: dict[Owner, str] = field(default_factory=dict)
    tokens: dict[Owner, Any] = field(default_factory=dict)

    @property
    def mine(self) -> Any:
        return self.tasks[UNIT]


def read(session: Session, scene: Scene, module: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    function = getattr(module, name)
    given = [scene.desk.sealer] if "sealer" in inspect.signature(function).parameters else []
    given += [scene.desk.urls] if "urls" in inspect.signature(function).parameters else []
    return function(session, *given, UNIT, *args, **kwargs)


def own_task_only(session: Session, scene: Scene, name: str) -> Any:
    for owner, task in scene.tasks.items():
        if owner != UNIT:
            refused(lambda t=task: read(session, scene, find, name, t.id), NoSuchTask)
    return read(session, scene, find, name, scene.mine.id)


def predict(session: Session, scene: Scene, owner: Owner, case_id: str) -> None:
    """Keep what the national figures say of a case, as when an assessment is shown."""
    today = scene.desk.clock.today()
    certificate = a_certificate(since=today - timedelta(days=39), until=today)
    case = current((certificate,), person=Person(), on=today, scope=Scope(ScopeKind.PERMITTED))
    assert case is not None
    result = assess(case, models=(NATIONAL_2017,))
    keep_prediction(session, scene.desk.sealer, owner, case_id=case_id, case=case, result=result, now=scene.desk.now)


CALLS: dict[str, Callable[[Session, Scene], Any]] = {
    "worklist.find.find": lambda s, x: [
        read(s, x, find, "find", x.mine.id),
        *(refused(lambda t=t: read(s, x, find, "find", t.id), NoSuchTask) for o, t in x.tasks.items() if o != UNIT),
    ],
    "worklist.find.find_case": lambda s, x: [
        read(s, x, find, "find_case", t.row.case_id)
        for o, t in x.tasks.items()
        if o.care_provider != UNIT.care_provider or o.issuer != UNIT.issuer or o == UNIT
    ],
    "worklist.find.contacts_of": lambda s, x: own_task_only(s, x, "contacts_of"),
    "worklist.find.contact_codes": lambda s, x: [
        read(s, x, find, "contact_codes", t.row.case_id)
        for o, t in x.tasks.items()
        if o.care_provider != UNIT.care_provider or o.issuer != UNIT.issuer or o == UNIT
    ],
    "worklist.find.events_of": lambda s, x: own_task_only(s, x, "events_of"),
    "worklist.search.search": lambda s, x: [
        read(s, x, search, "search", query)
        for query in (
            WorklistQuery(),
            WorklistQuery(text=MARK),
            WorklistQuery(ids=frozenset(t.id for t in x.tasks.values())),
            WorklistQuery(patients=frozenset({"Patient/p1"})),
        )
    ],
    "worklist.persons.persons": lambda s, x: [
        read(s, x, persons, "persons"),
        read(s, x, persons, "persons", references={"Patient/p1"}),
    ],
    "worklist.record.record": lambda s, x: x.desk.put(),  # in a transaction of its own
    "worklist.change.change": lambda s, x: [
        read(s, x, change, "change", x.mine.id, if_version=x.mine.version, by=SOFIA, now=x.desk.now, assignee=ME),
        *(
            refused(lambda t=t: read(s, x, change, "change", t.id, if_version=1, by=SOFIA, now=x.desk.now), NoSuchTask)
            for o, t in x.tasks.items()
            if o != UNIT
        ),
    ],
    "worklist.change.put": lambda s, x: read(
        s, x, change, "put", find.find(s, UNIT, x.mine.id), "REKO_3", by=SOFIA, cause="test", now=x.desk.now
    ),
    "worklist.contact.register_contact": lambda s, x: [
        read(s, x, contact, "register_contact", x.mine.id, PHONE, by=SOFIA, now=x.desk.now),
        *(
            refused(
                lambda t=t: read(s, x, contact, "register_contact", t.id, PHONE, by=SOFIA, now=x.desk.now), NoSuchTask
            )
            for o, t in x.tasks.items()
            if o != UNIT
        ),
    ],
    "worklist.ended.end_task": lambda s, x: [
        read(s, x, ended, "end_task", case_id=t.row.case_id, into_case=None, by=SOFIA, now=x.desk.now)
        for o, t in x.tasks.items()
        if o.care_provider != UNIT.care_provider or o.issuer != UNIT.issuer or o == UNIT
    ],
    "worklist.unit_reading.note_reading": lambda s, x: read(
        s, x, unit_reading, "note_reading", scope=ScopeKind.UNIT, patients_read=1, failed=(), now=x.desk.now
    ),
    "worklist.unit_reading.last_reading": lambda s, x: read(s, x, unit_reading, "last_reading"),
    "worklist.counts.tasks_by_status": lambda s, x: counts.tasks_by_status(s),
    "fhir_records.keep.keep": lambda s, x: [
        read(s, x, keep, "keep", {"resourceType": "CarePlan", "id": id_}, "Patient/p1", x.desk.now)
        for o, id_ in x.copies.items()
        if o.care_provider != UNIT.care_provider or o.issuer != UNIT.issuer
    ],
    "fhir_records.keep.keep_entries": lambda s, x: read(s, x, keep, "keep_entries", (), "Patient/p1", x.desk.now),
    "fhir_records.find.find": lambda s, x: [
        read(s, x, find_records, "find", "CarePlan", x.copies[UNIT]),
        *(
            refused(lambda i=i: read(s, x, find_records, "find", "CarePlan", i), find_records.NoSuchRecord)
            for o, i in x.copies.items()
            if o != UNIT
        ),
    ],
    "fhir_records.find.search": lambda s, x: [
        read(s, x, find_records, "search", "CarePlan"),
        read(s, x, find_records, "search", "CarePlan", ids=set(x.copies.values()), patients={"Patient/p1"}),
    ],
    "follow_up.keep.keep_prediction": lambda s, x: [
        predict(s, x, UNIT, t.row.case_id) for o, t in x.tasks.items() if o in (UNIT, OTHER_UNIT)
    ],
    "follow_up.gather.gather": lambda s, x: gather(s, x.desk.sealer, since=None, until=None, unit=None),
    "audit.log.write": lambda s, x: log.write(
        s, owner=UNIT, actor="me", role=None, action=log.Action.READ, now=x.desk.now
    ),
    "audit.log.in_care": lambda s, x: log.in_care(s, UNIT, log.By("me", None), log.Action.READ, "list", now=x.desk.now),
    "audit.log.rows": lambda s, x: [
        read(s, x, log, "rows"),
        read(s, x, log, "rows", patient_reference="Patient/p1"),
    ],
    "audit.verify.verify": lambda s, x: verify(s),
    "api_tokens.tokens.create": lambda s, x: read(
        s, x, tokens, "create", client="mine", scopes="system/Task.r", days=1, now=x.desk.now
    ),
    "api_tokens.tokens.listed": lambda s, x: read(s, x, tokens, "listed"),
    "api_tokens.tokens.revoke": lambda s, x: [
        refused(lambda t=t: read(s, x, tokens, "revoke", t.id, now=x.desk.now), tokens.NoSuchToken)
        for o, t in x.tokens.items()
        if o.care_provider != UNIT.care_provider or o.issuer != UNIT.issuer
    ],
    "api_tokens.tokens.used": lambda s, x: [
        read(s, x, tokens, "used", t.id, now=x.desk.now) for t in x.tokens.values()
    ],
    "api_tokens.tokens.check": lambda s, x: tokens.check(s, x.tokens[UNIT].text, now=x.desk.now),
}
OF_THE_WHOLE_DATABASE = {
    "worklist.counts.tasks_by_status": "counts alone, for operations",
    "follow_up.gather.gather": "figures for operations; no patient stands in them",
    "audit.verify.verify": "ids and hashes alone",
    "audit.log.write": "the chain's last hash, whosever it is",
    "audit.log.in_care": "the same",
    "api_tokens.tokens.check": "whose the token is comes out of it",
}
"""The calls whose statements need not ask for an owner, and why. Their answers are looked through all the same."""
AUDITING = {
    "worklist.change.change",
    "worklist.change.put",
    "worklist.contact.register_contact",
    "worklist.ended.end_task",
}
WITHIN_PROVIDER = {"worklist.find.find_case", "worklist.ended.end_task", "audit.log.rows", "api_tokens.tokens.listed"}
"""Their border is the care provider, not the unit."""
ME = Assignee(SOFIA.reference, SOFIA.name)


def refused(call: Callable[[], Any], fault: type[Exception]) -> None:
    with pytest.raises(fault):
        call()


def functions_with_a_session() -> set[str]:
    """Public functions of the rooms that take a Session, as room.module.name."""
    found = set()
    for room in ROOMS:
        for each in pkgutil.iter_modules(room.__path__):
            module = importlib.import_module(f"{room.__name__}.{each.name}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                own = function.__module__ == module.__name__ and not name.startswith("_")
                if own and "session" in inspect.signature(function).parameters:
                    found.add(f"{module.__name__.removeprefix('smart_app.')}.{name}")
    return found


@pytest.fixture
def scene(desk: Desk) -> Scene:
    made = Scene(desk)
    for owner in (OTHER_ISSUER, OTHER_PROVIDER, OTHER_UNIT, UNIT):
        word = "own" if owner == UNIT else MARK
        patient = a_patient("p1", name=f"{word} Prov")
        made.tasks[owner] = desk.put(patient, owner=owner)
        desk.put(a_patient(f"{word}-{owner.issuer}-{owner.care_provider}-{owner.care_unit}"), owner=owner)
        made.copies[owner] = desk.keep({"resourceType": "CarePlan", "title": word}, owner=owner)
        with desk.store.transaction() as session:
            by_row = (session, desk.sealer, desk.urls, owner, made.tasks[owner].id)
            contact.register_contact(*by_row, PHONE, by=SOFIA, now=desk.now)
            moved = change.change(*by_row, if_version=1, by=SOFIA, now=desk.now, business_status="REKO_2")
            made.tasks[owner] = record.RecordedTask(moved.id, moved.version, False, True, moved)
            made.tokens[owner] = tokens.create(
                session, owner, client=f"{word}-client", scopes="system/Task.r", days=1, now=desk.now
            )
            unit_reading.note_reading(
                session,
                desk.sealer,
                owner,
                scope=ScopeKind.UNIT,
                patients_read=1,
                failed=(f"Patient/{word}",),
                now=desk.now,
            )
            predict(session, made, owner, made.tasks[owner].row.case_id)
            log.write(session, owner=owner, actor=f"{word}-actor", role=None, action=log.Action.READ, now=desk.now)
    return made


def test_every_query_of_the_rooms_is_called_here() -> None:
    assert functions_with_a_session() == set(CALLS)


def test_doors_hold_no_query_of_their_own() -> None:
    """Else the list above would not be all of them."""
    folder = Path(inspect.getfile(fhir_caller)).parent
    for file in folder.glob("*.py"):
        assert not re.search(
            r"\b(select|delete|insert)\(|session\.(get|exec|execute|scalars?|query)\b", file.read_text()
        ), file


@pytest.mark.parametrize("name", sorted(CALLS))
def test_no_leak(scene: Scene, name: str) -> None:
    before = foreign_rows(scene.desk, name)
    with statements(scene.desk) as seen, scene.desk.store.transaction() as session:
        answer = CALLS[name](session, scene)
    assert foreign_rows(scene.desk, name) == before
    assert not set(owners_in(answer)) - allowed(name)
    assert MARK not in shown(answer)
    if name not in OF_THE_WHOLE_DATABASE:
        careless = [
            each for each in seen if not asks_for_owner(each) and not (name in AUDITING and "FROM audit" in each)
        ]
        assert careless == []


def test_a_leak_would_be_seen(scene: Scene) -> None:
    """The looking itself: a query without an owner is noticed in its answer, and in its statement."""
    with statements(scene.desk) as seen, scene.desk.store.transaction() as session:
        answer = session.exec(select(find.TaskRow)).all()
    assert set(owners_in(answer)) - allowed("worklist.find.find")
    assert [each for each in seen if not asks_for_owner(each)]


def allowed(name: str) -> set[tuple[str, ...]]:
    own = {tuple(UNIT.columns().values())}
    return own | {tuple(OTHER_UNIT.columns().values())} if name in WITHIN_PROVIDER else own


def owners_in(value: Any) -> Iterator[tuple[str, ...]]:
    """The owner of every row in an answer."""
    if isinstance(value, Owned):
        yield (value.issuer, value.care_provider, value.care_unit)
    elif is_dataclass(value):
        for each in (
            vars(value).values() if hasattr(value, "__dict__") else map(value.__getattribute__, value.__slots__)
        ):
            yield from owners_in(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from owners_in(each)


def shown(value: Any) -> str:
    """An answer as text, without rows of the same provider's other unit where the provider is the border."""
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(map(shown, value))
    if isinstance(value, Owned) and value.care_unit == OTHER_UNIT.care_unit:
        return ""
    return repr(value)


def foreign_rows(desk: Desk, name: str) -> list[str]:
    """All rows of the others, as they stand."""
    tables = [table for table in SQLModel.metadata.sorted_tables if "care_unit" in table.columns]
    with desk.store.reading() as session:
        return [
            f"{table.name}: {row}"
            for table in tables
            if table.name != "launch"
            for row in session.connection().execute(table.select())
            if (row.issuer, row.care_provider, row.care_unit) != tuple(UNIT.columns().values())
        ]


class statements:  # noqa: N801
    """The statements on owned tables that were run inside the block."""

    def __init__(self, desk: Desk) -> None:
        self.engine = desk.store.engine
        self.seen: list[str] = []

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self.seen

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, _c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        text = " ".join(statement.split())
        if text.startswith("SELECT") and re.search(r"FROM (worklist_|fhir_record|audit|api_token|prediction)", text):
            self.seen.append(text)


def asks_for_owner(statement: str) -> bool:
    where = statement.partition(" WHERE ")[2]
    return ".issuer = " in where and ".care_provider = " in where
