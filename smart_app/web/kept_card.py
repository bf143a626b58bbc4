"""What somebody had filled in when their sign-in ended, shown again: in words, with a button that sends it now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from fhir_mapping.write.reko import BY_CODE
from risk.factor_words import answer, question
from smart_app.assessment.answers import DO_NOT_KNOW
from smart_app.clock import stockholm_day
from smart_app.launch.kept_forms import KeptForm
from smart_app.web.days import short_date
from smart_app.web.plan_card import OPINIONS
from smart_app.web.views import AssessmentView, Text
from smart_app.web.words import Words


@dataclass(frozen=True, slots=True)
class KeptCard:
    """One form that was sent too late.

    Attributes:
        items: what it holds, in words.
        action: where the button sends it; None when it stands filled in on the page itself.
        fields: what the button sends.
    """

    id: str
    text: Text
    items: tuple[Text, ...]
    action: str | None
    button: Text
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan that was sent too late: ids of the interventions that were ticked, and the opinion."""

    id: str
    chosen: tuple[frozenset[str], str | None]


def kept_plan(kept: Iterable[KeptForm]) -> KeptPlan | None:
    """The newest plan among them; None when there is none."""
    one = next((each for each in kept if each.kind == "plan"), None)
    if one is None:
        return None
    opinion = one.value("opinion")
    return KeptPlan(one.id, (frozenset(one.values("accept")), opinion if opinion in OPINIONS else None))


def kept_on_assessment(
    words: Words, kept: Iterable[KeptForm], launch: str, on: date, view: AssessmentView
) -> tuple[KeptCard, ...]:
    """The cards of the physician's page; a ticked intervention that `view` no longer proposes is told of."""
    proposed = frozenset(row.id for row in (*view.interventions, *view.more))
    return tuple(_card(words, one, launch, on, {}, proposed) for one in kept if one.page == "assessment")


def kept_on_worklist(
    words: Words, kept: Iterable[KeptForm], launch: str, on: date, names: Mapping[str, Text]
) -> tuple[KeptCard, ...]:
    """The cards of the list.

    Args:
        names: of the patients, by the id of their row; a form about any other row is not shown.
    """
    shown = (one for one in kept if one.kind and _task(one) in names)
    return tuple(_card(words, one, launch, on, names, frozenset()) for one in shown)


def _card(
    words: Words, one: KeptForm, launch: str, on: date, names: Mapping[str, Text], proposed: Collection[str]
) -> KeptCard:
    plan = one.kind == "plan"
    return KeptCard(
        id=one.id,
        text=_text(words, one, names),
        items=tuple(_items(words, one, on, proposed)),
        action=None if plan else f"/{one.page}/{launch}/{one.below}",
        button="" if plan else words(f"kept.send_{one.kind}"),
        fields=(*one.fields, *_day_of_contact(one)),
    )


def tasks_in(kept: Iterable[KeptForm]) -> tuple[str, ...]:
    """Ids of the rows that the kept forms are about."""
    return tuple(dict.fromkeys(_task(one) for one in kept if one.page == "worklist" and "/" in one.below))


def _task(one: KeptForm) -> str:
    return one.below.partition("/")[0]


def _text(words: Words, one: KeptForm, names: Mapping[str, Text]) -> Text:
    if one.kind == "plan":
        return words("kept.plan")
    return words("kept.about", name=names[_task(one)]) if _task(one) in names else words("kept.text")


def _items(words: Words, one: KeptForm, on: date, proposed: Collection[str]) -> list[Text]:
    match one.kind:
        case "plan":
            return _plan(words, one, proposed)
        case "answer":
            return _answer(words, one)
        case "status":
            status = BY_CODE.get(one.value("business_status"))
            return [] if status is None else [words("kept.status", status=words.pick(status.sv, status.en))]
        case "owner":
            return [words("list.take" if one.value("take") == "1" else "list.release")]
        case "contact":
            return _contact(words, one, on)
        case _:
            return []


def _plan(words: Words, one: KeptForm, proposed: Collection[str]) -> list[Text]:
    opinion, ticked = one.value("opinion"), one.values("accept")
    gone = sum(each not in proposed for each in ticked)
    said: list[Text] = [words.count("kept.plan_ticked", len(ticked))]
    said += [words.count("kept.plan_gone", gone)] if gone else []
    return said + ([words("kept.opinion", opinion=words(f"opinion.{opinion}"))] if opinion in OPINIONS else [])


def _answer(words: Words, one: KeptForm) -> list[Text]:
    column, level = one.value("question"), one.value("answer")
    try:
        asked = question(column)
        said = None if level == DO_NOT_KNOW else answer(column, level)
    except KeyError:
        return []
    told = words("ask.do_not_know") if said is None else words.pick(said.sv, said.en)
    return [words("kept.answer", question=words.pick(asked.sv, asked.en), answer=told)]


def _contact(words: Words, one: KeptForm, on: date) -> list[Text]:
    quick = one.value("quick")
    said = [f"list.contact_{quick or one.value('mode')}", f"list.party_{one.value('counterparty') or 'patient'}"]
    said += ["list.contact_present"] if not quick and one.value("with_patient") == "1" else []
    day = next((value for _, value in _day_of_contact(one)), one.value("performed_on"))
    return [*(words(key) for key in said if words.has(key)), _date(words, day, on)]


def _day_of_contact(one: KeptForm) -> tuple[tuple[str, str], ...]:
    """The day on which the one-click button was pressed, where no day was written."""
    if one.kind != "contact" or one.value("performed_on"):
        return ()
    return (("performed_on", stockholm_day(one.kept_at).isoformat()),)


def _date(words: Words, text: str, on: date) -> Text:
    try:
        return short_date(words, date.fromisoformat(text), on)
    except ValueError:
        return text[:20]
