"""What is proposed, what will be written when it is saved, and what has become of what was written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime

from markupsafe import Markup

from fhir_mapping.write.procedure import plan_code
from risk.advice import Held, Intervention
from risk.assess import RiskResult
from smart_app.outbox.faults import in_words
from smart_app.outbox.states import WriteState
from smart_app.web.days import moment, short_date
from smart_app.web.figures import out_of_100
from smart_app.web.naming import in_sentence
from smart_app.web.views import HeldRow, InterventionRow, SaveCard, StateRow, Text
from smart_app.web.words import Words
from terminology.codes import kva_text

SHOWN = 5
OPINIONS = ("higher", "agrees", "lower", "cannot")
KINDS = ("assessment", "plan", "task", "procedure", "answers")


def intervention_rows(
    words: Words, interventions: Sequence[Intervention], on: date, chosen: Collection[str] | None
) -> tuple[InterventionRow, ...]:
    """The proposals as checkboxes; `chosen` are the ids saved before, None = nothing was saved yet."""
    return tuple(_row(words, one, on, one.preselected if chosen is None else one.id in chosen) for one in interventions)


def _row(words: Words, one: Intervention, on: date, checked: bool) -> InterventionRow:
    due = words("todo.due", date=short_date(words, one.due, on))
    text = kva_text(one.kva) if one.kva else None
    rule: list[Markup] = [words("todo.rule", rule=one.rule)]
    if one.kva and text:
        rule.insert(0, words("todo.kva_text", code=one.kva, text=text))
    return InterventionRow(
        id=one.id,
        title=words.pick(one.title_sv, one.title_en),
        meta=Markup("{}, {}").format(words.pick(one.actor_sv, one.actor_en), due),
        code=words("todo.kva", code=one.kva) if one.kva else words("todo.no_kva"),
        why=words.pick(one.why_sv, one.why_en),
        rule=Markup(" ").join(rule),
        checked=checked,
    )


def held_rows(words: Words, held: Sequence[Held]) -> tuple[HeldRow, ...]:
    """What a rule holds back, with its reason and name."""
    return tuple(
        HeldRow(
            words.pick(one.title_sv, one.title_en),
            Markup("{} {}").format(words.pick(one.why_sv, one.why_en), words("todo.rule", rule=one.rule)),
        )
        for one in held
    )


def folded(rows: Sequence[InterventionRow]) -> tuple[tuple[InterventionRow, ...], tuple[InterventionRow, ...]]:
    """The proposals to show at once (the first few and whatever is ticked), and those to fold away."""
    shown = {row.id for row in rows[:SHOWN]} | {row.id for row in rows if row.checked}
    return tuple(row for row in rows if row.id in shown), tuple(row for row in rows if row.id not in shown)


def interventions_lead(words: Words, rows: Sequence[InterventionRow], *, saved: bool) -> Markup:
    """How many are chosen already, or stand in the saved plan."""
    chosen = sum(row.checked for row in rows)
    if not rows:
        return words("todo.none")
    return words.count("todo.saved" if saved else "todo.lead", chosen) if chosen else words("todo.lead_none")


def save_card(
    words: Words,
    result: RiskResult,
    *,
    refused_because: Text | None,
    saved_at: datetime | None,
    opinion: str | None,
    on: date,
    on_sick_leave: bool,
    answered: int = 0,
) -> SaveCard:
    """The one button, with what it writes in words; `answered` questions are written too."""
    horizon = result.next_horizon
    if horizon is not None and horizon.share is not None:
        first = words("save.assessment", n=out_of_100(horizon.share), day=horizon.day)
    else:
        first = words("save.assessment_none")
    said = [words.count("save.answers", answered)] if answered else []
    made = words("save.procedure", kva=plan_code(on_sick_leave=on_sick_leave))
    written = words.join([first, *said, words("save.plan"), made, words("save.task")])
    aside = words("save.aside")
    if saved_at is not None:
        aside = Markup("{} {}").format(words("save.saved", time=moment(words, saved_at, on)), aside)
    return SaveCard(
        written=words("save.written", list=written),
        button=words("save.again" if saved_at is not None else "save.button"),
        aside=aside,
        refused_because=refused_because,
        choices=tuple((code, words(f"opinion.{code}"), code == opinion) for code in OPINIONS),
    )


def state_rows(words: Words, states: Sequence[WriteState], on: date) -> tuple[StateRow, ...]:
    """What became of each thing, in words; what waits or was refused together is told of together.

    Provenance (who did what) goes with the rest and is told of apart only when it alone is missing. Of a write that
    stands half, what stands is named beside what does not.
    """
    together: dict[tuple[str, int, str], list[WriteState]] = {}
    for one in states:
        if one.kind in KINDS:
            apart = one.kind if one.state == "written" else ""
            together.setdefault((one.state, one.outbox_id, apart), []).append(one)
    return tuple(_state_row(words, group, on) for group in together.values())


def _state_row(words: Words, group: Sequence[WriteState], on: date) -> StateRow:
    one, kinds = group[0], [state.kind for state in group]
    there = [state.kind for state in group if state.reference is not None and state.state != "written"]
    missing = [kind for kind in kinds if kind not in there] or ["provenance"]
    row = _told(words, one, missing, on)
    if not there:
        return row
    return replace(row, text=Markup("{} {}").format(row.text, words("state.stands", list=_named(words, there))))


def _named(words: Words, kinds: Sequence[str]) -> Text:
    names = [str(words(f"state.{kind}")) for kind in sorted(kinds, key=(*KINDS, "provenance").index)]
    return words.join([names[0], *(in_sentence(name) for name in names[1:])])


def _told(words: Words, one: WriteState, kinds: Sequence[str], on: date) -> StateRow:
    title, at = _named(words, kinds), moment(words, one.at, on)
    if one.state == "written":
        return StateRow("ok", title, words(_written_by(one), at=at))
    why = in_words(one.fault, words.language) if one.fault else ""
    if one.state == "kept":
        return StateRow("ref", title, words("state.kept", at=at, why=why), entry=str(one.outbox_id))
    if one.state == "refused":
        text = words("state.refused_task" if "task" in kinds else "state.refused", at=at, why=why)
        return StateRow("ref", title, text, entry=str(one.outbox_id))
    if why and one.next_try is not None:
        return StateRow("wait", title, words("state.waiting", why=why, at=moment(words, one.next_try, on)))
    return StateRow("wait", title, words("state.waiting_now"))


def _written_by(one: WriteState) -> str:
    if one.step == "put" and one.step_why == "refused":
        return "state.written_put_refused"
    return f"state.written_{one.step}" if one.step in ("put", "document") else "state.written"
