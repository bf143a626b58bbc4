"""A worklist with a database and a clock that stands still, filled through the real rules: for tests."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlmodel import SQLModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

import smart_app.migrations.all_tables  # noqa: F401
from fhir_mapping.read.patient import PatientView, read_patient
from fhir_mapping.urls import Urls
from fhir_mapping.write.entry import WriteEntry, urn
from risk.assess import assess
from risk.baseline import NATIONAL_2017
from risk.case import Certificate, DegreePeriod, Scope, ScopeKind
from risk.certificates_to_cases import cases, current
from risk.milestones import upcoming
from risk.rank import rank
from smart_app.api_tokens import tokens
from smart_app.case_register.register import register_cases
from smart_app.clock import FixedClock
from smart_app.fhir_records.keep import keep_entries
from smart_app.headers import SafeAnswers
from smart_app.http import new_client
from smart_app.issuers import IssuerProfile
from smart_app.routes import fhir, health, metrics
from smart_app.routes.fhir_terminology import TerminologyFirst
from smart_app.routes.fhir_terminology_here import Terminology
from smart_app.sealing import Sealer
from smart_app.settings import Settings
from smart_app.store.columns import new_id
from smart_app.store.database import Store, open_store
from smart_app.store.owner import Owner
from smart_app.wiring import Services
from smart_app.worklist.actor import Actor
from smart_app.worklist.record import RecordedTask, record

APP = "https://app.example"
EHR = "https://ehr.example/fhir"
OTHER_EHR = "https://other.example/fhir"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
NAMESPACE = "https://sickleave-on-fhir.example/id/test"
UNIT = Owner("one", "SE2321000016-PROV", "SE2321000016-UNIT")
OTHER_UNIT = Owner("one", "SE2321000016-PROV", "SE2321000016-ELSE")
OTHER_PROVIDER = Owner("one", "SE5565594230-PROV", "SE2321000016-UNIT")
OTHER_ISSUER = Owner("two", "SE2321000016-PROV", "SE2321000016-UNIT")
SOFIA = Actor("PractitionerRole/sofia", "Sofia Prov", "coordinator")
NUMBERS = ("195701292897", "195702182568", "195702272872", "195703122621", "195703213032", "195704133106")
"""Skatteverket's official test personal numbers; nobody has them."""


def a_patient(
    id_: str = "p1", *, name: str = "Eva Prov", number: str | None = NUMBERS[0], protected: bool = False
) -> PatientView:
    """A patient as read from the record."""
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": id_,
        "name": [{"given": name.split()[:1], "family": name.split()[-1]}],
        "gender": "female",
    }
    if number:
        resource["identifier"] = [{"system": "urn:oid:1.2.752.129.2.1.3.1", "value": number}]
    if protected:
        resource["meta"] = {"security": [{"code": "sekretessmarkering"}]}
    return read_patient(resource)


def a_certificate(*, since: date, until: date, diagnosis: str | None = "M545", id_: str | None = None) -> Certificate:
    """A certificate for full sick leave."""
    known = id_ or new_id()
    return Certificate(
        id=known,
        reference=f"QuestionnaireResponse/{known}",
        periods=(DegreePeriod(since, until, 1.0),),
        diagnoses=(diagnosis,) if diagnosis else (),
    )


@dataclass
class Desk:
    """Everything that a test of the worklist touches."""

    store: Store
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    sealer: Sealer = field(default_factory=lambda: Sealer([bytes(range(32))]))
    urls: Urls = field(default_factory=lambda: Urls(namespace=NAMESPACE))
    limits: float = 0  # the clock stands still, so that a minute's share would never come back

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def put(
        self,
        patient: PatientView | None = None,
        *,
        owner: Owner = UNIT,
        day: int = 40,
        days_left: int = 10,
        diagnosis: str | None = "M545",
        certificate_id: str | None = None,
        with_plan: bool = True,
    ) -> RecordedTask:
        """Read one patient with one certificate, and put the case into the worklist as an assessment would."""
        person = patient or a_patient()
        today = self.clock.today()
        certificate = a_certificate(
            since=today - timedelta(days=day - 1),
            until=today + timedelta(days=days_left),
            diagnosis=diagnosis,
            id_=certificate_id or f"{person.reference}-{owner.care_unit}",
        )
        scope = Scope(ScopeKind.PERMITTED)
        case = current((certificate,), person=person.person, on=today, scope=scope)
        if case is None:
            raise AssertionError("a case was expected")
        result = assess(case, models=(NATIONAL_2017,))
        placed = rank(case, result, plan_exists=with_plan, follow_up_booked=False, on=today)
        with self.store.transaction() as session:
            spans = cases((certificate,), scope=scope)
            registered = register_cases(session, owner, person.reference, spans, self.now)
            return record(
                session,
                self.sealer,
                owner,
                case_id=registered.ids[-1],
                patient=person,
                case=case,
                result=result,
                rank=placed,
                milestone=next(iter(upcoming(case, today)), None),
                assessment_id=None,
                plan_id=new_id() if with_plan and self._is_new(owner, registered.ids[-1]) else None,
                plan_state="draft" if with_plan else None,
                now=self.now,
                condition="Condition/c1",
                unit_name="Vårdcentralen Provet",
            )

    def _is_new(self, owner: Owner, case_id: str) -> bool:
        from smart_app.worklist.find import find_case

        with self.store.reading() as session:
            found = find_case(session, owner, case_id)
        return found is None or found.plan_id is None

    def keep(
        self, resource: Mapping[str, Any], *, id_: str | None = None, owner: Owner = UNIT, patient: str = "Patient/p1"
    ) -> str:
        """Keep a copy as an assessment would; its id."""
        known = id_ or new_id()
        entry = WriteEntry("plan", dict(resource), urn(known), None, None, once=True)
        with self.store.transaction() as session:
            keep_entries(session, self.sealer, owner, (entry,), patient, self.now)
        return known

    def token(
        self, scopes: str = "system/*.rs system/Task.rsu", *, owner: Owner = UNIT, client: str = "region"
    ) -> dict[str, str]:
        """Headers with a fresh token."""
        with self.store.transaction() as session:
            made = tokens.create(
                session, owner, client=client, scopes=" ".join(map(_ordered, scopes.split())), days=30, now=self.now
            )
        return {"Authorization": f"Bearer {made.text}"}

    def services(self) -> Services:
        profiles = {
            base: IssuerProfile(id=id_, name=id_, fhir_base=base, client_id="us")
            for id_, base in (("one", EHR), ("two", OTHER_EHR))
        }
        settings = Settings(
            base_url=APP,
            database_url="sqlite://",
            secret_keys=(bytes(range(32)),),
            issuers=profiles,
            limits=self.limits,
        )
        return Services(
            settings=settings, store=self.store, sealer=self.sealer, clock=self.clock, http=new_client(), urls=self.urls
        )

    def api(self, *, terminology: Terminology | None = None, terminology_first: bool = True) -> TestClient:
        """The API alone, answering in-process; a fault that is not answered fails the test."""
        app = FastAPI()
        app.state.services = self.services()
        if terminology is not None:
            app.state.terminology = terminology
        for router in (*fhir.routers, health.router, metrics.router):
            app.include_router(router)
        if terminology_first:
            app.add_middleware(TerminologyFirst)
        app.add_middleware(SafeAnswers, policy="default-src 'none'", https=True, unexpected=_raised)
        return TestClient(app, base_url=APP, raise_server_exceptions=True)


async def _raised(request: Request, fault: Exception) -> Response:
    raise fault


def _ordered(scope: str) -> str:
    kind, _, letters = scope.partition(".")
    return f"{kind}." + "".join(letter for letter in "cruds" if letter in letters)


def a_desk(url: str) -> Desk:
    """A desk over an empty database."""
    store = open_store(url, migrate=False)
    SQLModel.metadata.create_all(store.engine)
    return Desk(store)


@cache
def _empty() -> bytes:
    """An SQLite file with every table; made once, since it takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        a_desk(f"sqlite:///{folder}/empty.sqlite").store.close()
        return Path(folder, "empty.sqlite").read_bytes()


def a_quick_desk(folder: Path) -> Desk:
    """A desk over a fresh SQLite file in `folder`."""
    file = folder / "worklist.sqlite"
    file.write_bytes(_empty())
    return Desk(open_store(f"sqlite:///{file}", migrate=False))
