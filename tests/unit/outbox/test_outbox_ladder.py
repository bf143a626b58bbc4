"""The write ladder: which step is taken, what it leaves at the EHR, and that twice is once on every step."""

from __future__ import annotations

import base64
from dataclasses import replace

import orjson
import pytest

from smart_app.outbox.abilities import UNKNOWN, Abilities, KnownAbilities
from smart_app.outbox.errors import NoSuchDelivery
from smart_app.outbox.ladder import Chosen, choose
from smart_app.outbox.listing import listing
from smart_app.outbox.retry import refused_bundle, retry
from smart_app.outbox.states import states
from tests.fake_ehr import KEPT, Trouble
from tests.outbox_desk import NOON, OWNER, PROFILE, Desk, Ids, assessment_write, entry

ONE_OF_EACH = {"RiskAssessment": 1, "CarePlan": 1, "Task": 1, "Provenance": 1}
ALL = frozenset(KEPT)
PUTTING = {"transactions": False}
PAPER = {"transactions": False, "own_ids": False, "documents": True}
NOTHING = {"transactions": False, "own_ids": False}


def set_up(desk: Desk, **manners: bool) -> None:
    for name, value in manners.items():
        setattr(desk.ehr, name, value)


def step_of(desk: Desk, number: int) -> tuple[str, str | None, str | None]:
    row = desk.row(number)
    return row.state, row.step, row.step_why


@pytest.mark.parametrize(
    ("manners", "came_to"),
    [
        ({}, ("delivered", "transaction", "capability")),
        ({"described": False}, ("delivered", "transaction", "capability")),
        (PUTTING, ("delivered", "put", "capability")),
        (PAPER, ("delivered", "document", "capability")),
        (NOTHING, ("kept", "export", "capability")),
    ],
)
def test_the_capability_statement_chooses_the_step(
    desk: Desk, manners: dict[str, bool], came_to: tuple[str, str, str]
) -> None:
    set_up(desk, **manners)
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.deliver()
    assert step_of(desk, number) == came_to


@pytest.mark.parametrize(
    ("scopes", "came_to"),
    [
        ("user/*.cruds", ("delivered", "transaction", "capability")),
        ("user/*.rus", ("delivered", "put", "scopes")),
        ("user/*.rs user/DocumentReference.crs", ("delivered", "document", "scopes")),
        ("user/*.rs", ("kept", "export", "scopes")),
    ],
)
def test_the_granted_scopes_choose_the_step(desk: Desk, scopes: str, came_to: tuple[str, str, str]) -> None:
    set_up(desk, documents=True)
    desk.scopes = scopes
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.deliver()
    assert step_of(desk, number) == came_to


@pytest.mark.parametrize("mode", ["transaction", "put", "document", "export"])
def test_the_profile_s_word_is_final(desk: Desk, mode: str) -> None:
    set_up(desk, documents=True)
    desk.profile = replace(PROFILE, write_mode=mode)  # type: ignore[arg-type]
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.deliver()
    assert step_of(desk, number)[1:] == (mode, "profile")


def test_a_type_that_the_ehr_does_not_have_keeps_the_write_from_going_half() -> None:
    entries = assessment_write(Ids())
    from smart_app.launch.scopes import parse

    without = Abilities(told=True, transaction=True, creates=ALL - {"Provenance"}, puts=ALL - {"Provenance"})
    assert choose(PROFILE, without, parse("user/*.cruds"), entries) == Chosen("export", "capability")
    assert choose(PROFILE, UNKNOWN, parse("user/*.cruds"), entries) == Chosen("transaction", "capability")


def test_abilities_are_asked_once_and_again_after_ten_minutes(desk: Desk) -> None:
    case = desk.new_case()
    for _ in range(3):
        desk.put_in(case, *assessment_write(Ids()))
        desk.deliver()
    assert desk.ehr.asked.count("GET metadata") == 1
    desk.wait(minutes=11)
    desk.put_in(case, *assessment_write(Ids()))
    desk.deliver()
    assert desk.ehr.asked.count("GET metadata") == 2


def test_the_memory_of_abilities_is_bounded(desk: Desk) -> None:
    import asyncio

    known = KnownAbilities(desk.clock)

    async def ask() -> None:
        for number in range(200):
            desk.profile = replace(PROFILE, fhir_base=f"https://ehr.example/fhir?{number}")
            await known.of(await desk.for_issuer("demo", None))

    asyncio.run(ask())
    assert len(known._kept) <= 64


@pytest.mark.parametrize("manners", [{}, PUTTING], ids=["transaction", "put"])
def test_the_same_twenty_times_is_one_of_each(desk: Desk, manners: dict[str, bool]) -> None:
    set_up(desk, **manners)
    case, ids = desk.new_case(), Ids()
    for _ in range(20):
        desk.put_in(case, *assessment_write(ids))
        assert desk.deliver().delivered == 1
    assert desk.counts() == ONE_OF_EACH
    assert desk.ehr.only("RiskAssessment")["meta"]["versionId"] == "1"


def test_one_document_however_often_the_same_is_sent_and_another_for_a_changed_plan(desk: Desk) -> None:
    set_up(desk, **PAPER)
    case, ids = desk.new_case(), Ids()
    for _ in range(5):
        desk.put_in(case, *assessment_write(ids))
        assert desk.deliver().delivered == 1
    assert (len(desk.ehr.all("DocumentReference")), desk.counts()) == (1, {})
    desk.put_in(case, *assessment_write(Ids(plan=ids.plan, task=ids.task), title="Ny plan"))
    desk.deliver()
    assert len(desk.ehr.all("DocumentReference")) == 2


def test_puts_stand_at_ids_of_our_own_and_each_refers_only_to_what_stands(desk: Desk) -> None:
    set_up(desk, **PUTTING)
    ids = Ids()
    desk.put_in(desk.new_case(), *assessment_write(ids))
    desk.deliver()
    assert [one for one in desk.ehr.asked if one.startswith("PUT")] == [
        "PUT RiskAssessment",
        "PUT CarePlan",
        "PUT Task",
        "PUT Provenance",
    ]
    assert desk.ehr.only("CarePlan")["id"] == ids.plan
    assert desk.ehr.only("Task")["focus"] == {"reference": f"CarePlan/{ids.plan}"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("broken", range(4))
def test_a_break_at_any_put_loses_nothing_and_doubles_nothing(desk: Desk, broken: int, when: str) -> None:
    set_up(desk, **PUTTING)
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.put_troubles = [*[None] * broken, Trouble(when)]
    assert desk.deliver().waiting == 1
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    assert desk.counts() == ONE_OF_EACH
    assert {kind: desk.versions(kind) for kind in ONE_OF_EACH} == dict.fromkeys(ONE_OF_EACH, 1)


def test_what_was_refused_halfway_goes_on_from_there(desk: Desk) -> None:
    set_up(desk, **PUTTING)
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.put_troubles = [None, None, Trouble(status=422)]
    assert desk.deliver().parked == 1
    assert desk.row(number).in_doubt
    with desk.store.transaction() as session:
        retry(session, OWNER, number, launch_id=None, now=NOON)
    assert desk.deliver().delivered == 1
    assert {kind: desk.versions(kind) for kind in ONE_OF_EACH} == dict.fromkeys(ONE_OF_EACH, 1)


@pytest.mark.parametrize("clash", [409, 412])
def test_a_change_meanwhile_is_kept_on_the_put_step_too(desk: Desk, clash: int) -> None:
    set_up(desk, **PUTTING)
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids, plan_status="active"))
    desk.deliver()
    desk.ehr.clash_status = clash

    def somebody() -> None:
        desk.ehr.before_transaction = None
        desk.ehr.change("CarePlan", status="completed")

    desk.ehr.before_transaction = somebody
    desk.put_in(case, *assessment_write(Ids(plan=ids.plan, task=ids.task), plan_status="active", title="Ny plan"))
    assert desk.deliver().delivered == 1
    plan = desk.ehr.only("CarePlan")
    assert (plan["status"], plan["title"]) == ("completed", "Ny plan")


@pytest.mark.parametrize("own_id", [False, True], ids=["create", "put"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_document_whose_answer_was_lost_is_one_document(desk: Desk, when: str, own_id: bool) -> None:
    set_up(desk, **PAPER)
    desk.ehr.own_ids = own_id
    desk.profile = replace(PROFILE, write_mode="document")
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.put_troubles = [Trouble(when)]
    assert desk.deliver().waiting == 1
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    assert desk.versions("DocumentReference") == 1


def test_the_document_holds_the_plan_to_read_and_as_fhir(desk: Desk) -> None:
    set_up(desk, **PAPER)
    ids = Ids()
    text = {"status": "generated", "div": "<div><p>Samtal &amp; plan.</p><p>Två</p></div>"}
    plan = entry("plan", ids.plan, status="active", text=text)
    desk.put_in(desk.new_case(), entry("assessment", ids.assessment, status="final"), plan)
    desk.deliver()
    paper = desk.ehr.only("DocumentReference")
    readable, fhir = (base64.b64decode(one["attachment"]["data"]) for one in paper["content"])
    assert readable.decode().splitlines()[2:] == ["Samtal & plan.", "Två"]
    bundle = orjson.loads(fhir)
    assert [one["resource"]["resourceType"] for one in bundle["entry"]] == ["Composition", "RiskAssessment", "CarePlan"]
    inside = {one["fullUrl"] for one in bundle["entry"]}
    assert {one["reference"] for one in bundle["entry"][0]["resource"]["section"][0]["entry"]} <= inside
    for resource in (paper, bundle["entry"][0]["resource"]):
        _r4b(resource)


def test_export_is_kept_sealed_for_download_and_tried_again_when_asked(desk: Desk) -> None:
    set_up(desk, **NOTHING)
    case = desk.new_case()
    number = desk.put_in(case, *assessment_write(Ids()))
    assert desk.deliver().kept == 1
    assert not [one for one in desk.ehr.asked if one.startswith(("PUT", "POST"))]
    with desk.store.reading() as session:
        assert len(refused_bundle(session, desk.sealer, OWNER, number)["entry"]) == 4
        assert {(one.state, one.step, one.fault) for one in states(session, OWNER, case)} == {
            ("kept", "export", "export-only")
        }
        assert listing(session)[0].step == "export"
    set_up(desk, transactions=True, own_ids=True)
    desk.wait(minutes=11)
    with desk.store.transaction() as session:
        retry(session, OWNER, number, launch_id=None, now=desk.clock.now())
    assert desk.deliver().delivered == 1
    assert desk.counts() == ONE_OF_EACH


def test_what_is_kept_for_download_holds_back_no_later_write(desk: Desk) -> None:
    set_up(desk, **NOTHING)
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.deliver()
    later = desk.put_in(case, *assessment_write(Ids(plan=ids.plan, task=ids.task)))
    desk.deliver()
    assert desk.row(later).state == "kept"


@pytest.mark.parametrize("number", [-1, 0, 2**31, 10**30])
def test_a_number_that_no_row_can_have_is_unknown_not_a_fault(desk: Desk, number: int) -> None:
    with desk.store.reading() as session, pytest.raises(NoSuchDelivery):
        refused_bundle(session, desk.sealer, OWNER, number)


def _r4b(resource: dict[str, object]) -> None:
    from importlib import import_module

    kind = str(resource["resourceType"])
    getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind).model_validate(resource)


def test_what_is_written_once_is_created_conditionally_where_putting_it_is_not_granted(desk: Desk) -> None:
    set_up(desk, **PUTTING)
    desk.scopes = "user/CarePlan.crus user/Task.crus user/Provenance.crus user/RiskAssessment.crs"
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.put_troubles = [Trouble("after")]
    desk.deliver()
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    assert step_of(desk, number) == ("delivered", "put", "capability")
    assert desk.counts() == ONE_OF_EACH
    assert desk.ehr.only("CarePlan")["supportingInfo"] == [
        {"reference": f"RiskAssessment/{desk.ehr.only('RiskAssessment')['id']}"}
    ]


@pytest.mark.parametrize("refuses", [{}, {"transaction": (403, "forbidden")}], ids=["put only", "stepped down"])
@pytest.mark.parametrize("second", [0, 1], ids=["at the first", "at the next"])
def test_a_second_break_does_not_forget_what_stands_from_the_first(
    desk: Desk, refuses: dict[str, tuple[int, str | None]], second: int
) -> None:
    set_up(desk, transactions=bool(refuses))
    desk.ehr.refuses = refuses
    number = desk.put_in(desk.new_case(), *assessment_write(Ids(), plan_status="active"))
    desk.ehr.put_troubles = [None, None, *[Trouble("after")] * (second == 0), *[Trouble("before")] * second]
    assert desk.deliver().waiting == 1
    desk.wait(minutes=5)
    desk.ehr.put_troubles = [*[None] * second, Trouble("before")]
    assert desk.deliver().waiting == 1
    assert desk.row(number).in_doubt
    desk.ehr.change("CarePlan", status="completed", note=[{"text": "klart"}])
    desk.ehr.change("Task", status="completed")
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    plan = desk.ehr.only("CarePlan")
    assert (plan["status"], plan["note"]) == ("completed", [{"text": "klart"}])
    assert desk.ehr.only("Task")["status"] == "completed"
    assert desk.counts() == ONE_OF_EACH
    assert desk.versions("RiskAssessment") == 1
