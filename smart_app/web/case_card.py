"""The case as a card: facts, strip, milestones, and the tables behind them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from risk.assess import has_ended
from risk.case import SickLeaveCase
from risk.days import length
from risk.guideline import EDITION, Guideline, days_over, depends_on, guideline_told
from risk.milestones import Milestone, passed
from smart_app.assessment.answers import NO_ANSWERS, Answers
from smart_app.web.days import day_month, distance, short_date, span
from smart_app.web.figures import degree_text
from smart_app.web.naming import diagnosis_title, in_sentence, scope_text
from smart_app.web.plots.milestones import MilestonePlot, draw_milestones
from smart_app.web.plots.strip import StripPlot, draw_strip
from smart_app.web.views import CaseCard, Fact, TableRow, Text
from smart_app.web.words import Words
from terminology.codes import pretty_icd


def case_card(
    words: Words, case: SickLeaveCase, milestones: Sequence[Milestone], answers: Answers = NO_ANSWERS
) -> CaseCard:
    """The card of one case; answers narrow the guideline's range."""
    recommended = guideline_told(case.diagnosis, answers)
    ended = has_ended(case)
    ahead = () if ended else milestones  # nothing is counted on once the sick leave is over
    return CaseCard(
        title=_title(words, case),
        code=pretty_icd(case.diagnosis) if case.diagnosis else None,
        scope=scope_text(words, case.scope),
        facts=(
            *((_ended_fact(words, case),) if ended else (_day_fact(words, case), _chain_fact(words, case))),
            _degree_fact(words, case),
            _certificate_fact(words, case),
            _prior_fact(words, case),
            _guideline_fact(words, case, recommended),
        ),
        strip=_strip(words, case, recommended),
        milestones=_milestone_plot(words, case, ahead),
        certificates=tuple(_certificate_rows(words, case)),
        milestone_rows=tuple(_milestone_rows(words, case, ahead)),
    )


def _title(words: Words, case: SickLeaveCase) -> Markup:
    if case.diagnosis is None:
        return words("case.heading", diagnosis=words("case.no_diagnosis"))
    title = diagnosis_title(words, case.diagnosis)
    return words("case.heading", diagnosis=in_sentence(title)) if title else words("case.heading_plain")


def _day_fact(words: Words, case: SickLeaveCase) -> Fact:
    notes: list[Text] = [words("case.since", date=short_date(words, case.since, case.on))]
    slack = (case.since - case.since_earliest).days
    if not case.day1_known and slack:
        notes.append(words("case.day1_range", low=case.day, high=case.day + slack))
    if not case.ongoing:
        notes.append(words("case.ended_at", date=short_date(words, case.until, case.on)))
    return Fact(words("case.day"), words("day_n", n=case.day), tuple(notes))


def _ended_fact(words: Words, case: SickLeaveCase) -> Fact:
    """How long a case lasted that is over: it is on no day any more."""
    lasted = words.count("case.prior_days", length(case.since, case.until))
    return Fact(words("case.day"), lasted, (span(words, case.since, case.until, case.on),))


def _chain_fact(words: Words, case: SickLeaveCase) -> Fact:
    added = case.chain_day - case.day
    note = words.count("case.chain_adds", added) if added else words("case.chain_same")
    return Fact(words("case.chain"), words("day_n", n=case.chain_day), (note,))


def _degree_fact(words: Words, case: SickLeaveCase) -> Fact:
    before = [period for period in case.degrees if period.until < case.on]
    after = [period for period in case.degrees if period.since > case.on]
    notes: list[Text] = []
    if not case.ongoing:
        notes.append(words("case.no_certificate_today"))
    if before:
        last = before[-1]
        until = short_date(words, last.until, case.on)
        notes.append(words("case.degree_before", degree=degree_text(words, last.degree), date=until))
    if after:
        since = short_date(words, after[0].since, case.on)
        notes.append(words("case.degree_next", degree=degree_text(words, after[0].degree), date=since))
    value: Text = degree_text(words, case.degree_now) if case.ongoing else "–"
    return Fact(words("case.degree"), value, tuple(notes))


def _certificate_fact(words: Words, case: SickLeaveCase) -> Fact:
    key = "case.ends" if case.until >= case.on else "case.ended"
    parts: list[str] = [
        short_date(words, case.until, case.on),
        words.count("case.certificates_n", len(case.certificates)),
    ]
    if case.renewals_without_examination:
        parts.append(words.count("case.without_examination", case.renewals_without_examination))
    value = words(key, distance=distance(words, case.until, case.on))
    return Fact(words("case.certificate"), value, (Markup(" · ").join(parts),))


def _prior_fact(words: Words, case: SickLeaveCase) -> Fact:
    if not case.prior_days_12_months:
        return Fact(words("case.prior"), words("case.prior_none"), (words("case.prior_none_note"),))
    notes: list[Text] = [words("case.prior_note")]
    if case.prior_longest_case_days and case.prior_longest_case_days != case.prior_days_12_months:
        notes.append(words("case.prior_longest", n=case.prior_longest_case_days))
    return Fact(words("case.prior"), words.count("case.prior_days", case.prior_days_12_months), tuple(notes))


def _guideline_fact(words: Words, case: SickLeaveCase, found: Guideline | None) -> Fact:
    """The recommended maximum: days over or left, that it depends, or that there is none."""
    label = words("case.guideline", year=EDITION[:4])
    if found is None and case.diagnosis is not None:
        return Fact(label, words("case.guideline_absent"), (words("case.guideline_missing"),))
    if found is None or found.longest is None:
        why = words("case.guideline_silent" if found else "case.guideline_no_diagnosis")
        return Fact(label, words("case.guideline_none"), (why,))
    notes = [words("case.guideline_longest", range=guideline_range(words, found))]
    notes += [words(f"case.guideline_by_{one}") for one in depends_on(found)]
    notes += [words("case.guideline_open")] if found.open_ended else []
    over = days_over(found, case.day if case.ongoing else length(case.since, case.until))
    if over is None:
        value = words("case.guideline_depends")
    elif over > 0:
        value = words.count("case.guideline_over", over)
    else:
        value = words.count("case.guideline_left", -over)
    return Fact(label, value, (Markup(", ").join(notes),))


def guideline_range(words: Words, found: Guideline) -> Text:
    """The recommended maximum in words; for a guideline that gives one."""
    if found.shortest == found.longest:
        return words.count("case.prior_days", found.longest or 0)
    return words("days_n", n=f"{found.shortest}–{found.longest}")


def _strip(words: Words, case: SickLeaveCase, recommended: Guideline | None) -> StripPlot:
    ended = has_ended(case)
    said = [
        words(
            "case.strip_desc_degree",
            degree=degree_text(words, period.degree),
            since=short_date(words, period.since, case.on),
            until=short_date(words, period.until, case.on),
        )
        for period in case.degrees
    ]
    return draw_strip(
        case,
        degree_text=lambda degree: degree_text(words, degree),
        certificate_text=lambda number: str(words("case.certificate_n", n=number)),
        date_text=lambda day: short_date(words, day, case.on),
        before_text=str(words("case.no_certificate")),
        today_text=str(words("case.today_ended") if ended else words("case.today_day", n=case.day)),
        guideline=_guideline_bar(words, recommended),
        title=str(words("case.strip_title")),
        description=" ".join(said if ended else [*said, words("case.strip_desc_today", n=case.day)]),
    )


def _guideline_bar(words: Words, found: Guideline | None) -> tuple[int, int, str] | None:
    if found is None or not found.longest:
        return None
    first = 1 if found.shortest in (None, found.longest) else (found.shortest or 1)
    return first, found.longest, str(words("case.guideline_bar", range=guideline_range(words, found)))


def _milestone_plot(words: Words, case: SickLeaveCase, milestones: Sequence[Milestone]) -> MilestonePlot | None:
    ahead = sorted((one.day, one.date) for one in milestones if one.chain and one.day > case.chain_day)
    if not ahead:
        return None
    stations = [(day, "") for day in passed(case)]
    stations += [
        (day, short_date(words, on, case.on) if day == ahead[-1][0] else day_month(words, on)) for day, on in ahead
    ]
    said = [words("case.miles_desc", today=case.chain_day)]
    said.append(words("case.miles_next", day=ahead[0][0], date=short_date(words, ahead[0][1], case.on)))
    return draw_milestones(
        stations,
        chain_day=case.chain_day,
        case_day=case.day,
        today_text=str(words("case.today_chain", n=case.chain_day)),
        title=str(words("case.miles_title")),
        description=" ".join(said),
    )


def _certificate_rows(words: Words, case: SickLeaveCase) -> list[TableRow]:
    rows = []
    for number, certificate in enumerate(case.certificates, start=1):
        steps = [(p.since, p.until, degree_text(words, p.degree)) for p in certificate.periods]
        degrees = (
            steps[0][2]
            if len(steps) == 1
            else Markup(", ").join(f"{degree} {span(words, since, until, case.on)}" for since, until, degree in steps)
        )
        basis = [str(words(f"basis.{one.value}")) for one in sorted(certificate.basis)]
        valid = span(words, certificate.since, certificate.until, case.on)
        rows.append(TableRow(str(number), (valid, degrees, ", ".join(basis) or words("case.basis_unknown"))))
    return rows


def _milestone_rows(words: Words, case: SickLeaveCase, milestones: Sequence[Milestone]) -> list[TableRow]:
    return [
        TableRow(
            words("case.in_chain", n=one.day) if one.chain else words("day_n", n=one.day),
            (
                short_date(words, one.date, case.on),
                _milestone_text(words, one),
                distance(words, one.date, case.on),
            ),
        )
        for one in milestones
    ]


def _milestone_text(words: Words, one: Milestone) -> Text:
    said = words.pick(one.text_sv, one.text_en)
    return Markup("{}. {}").format(said, words("case.agency_decides")) if one.agency_decides else said
