"""One case of the worklist in words, closed or with its panel open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

from markupsafe import Markup

from fhir_mapping.write.procedure import COORDINATION, Counterparty, Mode
from fhir_mapping.write.reko import BY_CODE, TABLE
from risk.assess import Band
from risk.case import Sex
from smart_app.outbox.states import WriteState
from smart_app.web.days import distance, short_date
from smart_app.web.figures import age_on, degree_text, out_of_100
from smart_app.web.naming import diagnosis_title
from smart_app.web.person import number_text
from smart_app.web.plan_card import state_rows
from smart_app.web.plots.sparkline import draw_sparkline
from smart_app.web.risk_card import band_mark
from smart_app.web.views import Text
from smart_app.web.words import Words
from smart_app.web.worklist_values import ListRow, OneClick, Option, Panel
from smart_app.worklist.moves import START, moves
from smart_app.worklist.query import WorklistEntry
from smart_app.worklist.tables import ContactRow, TaskRow
from terminology.codes import pretty_icd

QUICK_MODES = ("phone", "visit", "meeting")


@dataclass(frozen=True, slots=True)
class Opened:
    """What is read besides when a row is open; `event` is a new UUID for the contact form."""

    task_id: str
    contacts: Sequence[ContactRow]
    states: Sequence[WriteState]
    event: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the list; `reference` None = the EHR did not say which staff entry it is."""

    reference: str | None
    may_act: bool
    ehr: str


def list_row(
    words: Words, entry: WorklistEntry, on: date, *, reader: Reader, toggle: str, opened: Opened | None
) -> ListRow:
    """The row; `toggle` is the address that opens or closes it."""
    task = entry.task
    name = name_in_list(words, entry)
    diagnosis, diagnosis_sub = _diagnosis(words, task)
    return ListRow(
        id=task.id,
        version=task.version,
        toggle=toggle,
        toggle_text=words("list.close_row" if opened else "list.open_row", name=name),
        name=name,
        name_sub=_number(words, entry),
        protected=task.protected,
        reason=words.pick(task.reason_sv, task.reason_en),
        reason_sub="" if task.on == on else words("list.computed", date=short_date(words, task.on, on)),
        person=_person(words, entry, on),
        diagnosis=diagnosis,
        diagnosis_sub=diagnosis_sub,
        day=str(task.day),
        day_sub="" if task.chain_day == task.day else words("list.chain", n=task.chain_day),
        degree=degree_text(words, task.degree) if task.ongoing else "–",
        until=short_date(words, task.until, on),
        until_iso=task.until.isoformat(),
        until_sub=distance(words, task.until, on),
        band=band_mark(words, task.band, short=True),
        figure=_figure(words, task),
        spark=draw_sparkline([(int(day), float(share)) for day, share in task.points], task.horizon_day),
        next=_next(words, task),
        next_sub=short_date(words, task.milestone_date, on) if task.milestone_date is not None else "",
        plan=words(f"list.plan_{task.plan_state}"),
        reko=_reko(words, task.business_status),
        owner=(task.owner_name or words("list.somebody")) if task.owner_reference else words("list.nobody"),
        panel=_panel(words, task, on, reader, opened) if opened else None,
    )


def name_in_list(words: Words, entry: WorklistEntry) -> Text:
    """The patient's name, or that it is protected or not known."""
    if entry.task.protected:
        return words("protected.name")
    return entry.display.name or words("list.name_closed" if entry.display.closed else "page.no_name")


def _number(words: Words, entry: WorklistEntry) -> Text:
    if entry.task.protected:
        return words("list.hidden_note")
    if entry.display.closed:
        return words("list.name_closed_next")
    return number_text(entry.display.identifier) or words("page.no_number")


def _person(words: Words, entry: WorklistEntry, on: date) -> Text:
    if entry.task.protected:
        return words("list.hidden")
    display = entry.display
    age = str(age_on(display.birth_date, on)) if display.birth_date else "–"
    sex = words(f"sex.{display.sex.value}_short") if isinstance(display.sex, Sex) else "–"
    return Markup("{} {}").format(age, sex)


def _diagnosis(words: Words, task: TaskRow) -> tuple[Text, Text]:
    if task.diagnosis is None:
        return "–", words("list.no_diagnosis")
    return pretty_icd(task.diagnosis), diagnosis_title(words, task.diagnosis) or ""


def _next(words: Words, task: TaskRow) -> Text:
    """Days of the chain by number; other milestones by what happens."""
    if task.milestone_day is None:
        return words("list.no_milestone")
    if task.milestone_chain:
        return words("day_n", n=task.milestone_day)
    return words.pick(task.milestone_sv or "", task.milestone_en or "")


def _figure(words: Words, task: TaskRow) -> Markup:
    if task.share is not None and task.horizon_day is not None:
        return words("list.figure", n=out_of_100(task.share), day=task.horizon_day)
    return words("list.figure_no_diagnosis" if task.diagnosis is None else "list.figure_passed")


def _reko(words: Words, code: str) -> Text:
    status = BY_CODE.get(code)
    return "–" if status is None or code == START else words.pick(status.sv, status.en)


def _panel(words: Words, task: TaskRow, on: date, reader: Reader, opened: Opened) -> Panel:
    holder = "nobody" if not task.owner_reference else "me" if task.owner_reference == reader.reference else "other"
    after = moves()[task.business_status]
    return Panel(
        why=tuple(_why(words, task, on)),
        contacts=tuple(
            OneClick(
                mode,
                words(f"list.contact_{mode}"),
                words("list.contact_with" if mode == "meeting" else "list.contact_patient", kva=COORDINATION),
            )
            for mode in QUICK_MODES
        ),
        modes=tuple(Option(mode, words(f"list.contact_{mode}")) for mode in get_args(Mode)),
        counterparties=tuple(Option(party, words(f"list.party_{party}")) for party in get_args(Counterparty)),
        today=on.isoformat(),
        earliest=task.since.isoformat(),
        event=opened.event,
        moves=tuple(Option(one.code, words.pick(one.sv, one.en)) for one in TABLE if one.code in after),
        holder=holder,
        may_act=reader.may_act,
        done=tuple(_done(words, one, on) for one in opened.contacts),
        states=state_rows(words, opened.states, on),
        hint=words("list.journal_hint", ehr=reader.ehr),
    )


def _why(words: Words, task: TaskRow, on: date) -> list[Text]:
    reason = words.pick(task.reason_sv, task.reason_en).rstrip(".")
    said: list[Text] = [words("list.why_here", reason=reason, date=short_date(words, task.act_by, on))]
    if task.share is not None and task.horizon_day is not None:
        said.append(_figure_sentence(words, task, task.share))
    else:
        said.append(words("list.figure_none", why=_figure(words, task)))
    computed = short_date(words, task.on, on)
    said.append(words("list.why_rule", rule=task.rank_rule, version=task.rules_version, date=computed, day=task.day))
    return said


def _figure_sentence(words: Words, task: TaskRow, share: float) -> Markup:
    if task.band == Band.NATIONAL.value or task.group_share is None:
        return words("list.figure_sentence", n=out_of_100(share), day=task.horizon_day)
    return words(
        "list.figure_individual", n=out_of_100(share), day=task.horizon_day, group=out_of_100(task.group_share)
    )


def _done(words: Words, contact: ContactRow, on: date) -> Markup:
    party = words(f"list.party_{contact.counterparty}")
    if contact.with_patient and contact.counterparty != "patient":
        party = words("list.contact_joined", party=party)
    return words(
        "list.contact_line",
        date=short_date(words, contact.performed_on, on),
        mode=words(f"list.contact_{contact.mode}"),
        party=party,
        name=contact.by_name or "",
    )
