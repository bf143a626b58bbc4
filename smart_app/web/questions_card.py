"""The few questions whose answers move the figure or narrow the guideline: one click each, with what it would make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from risk.factor_words import answer, question
from risk.guideline import Guideline
from smart_app.assessment.answers import DO_NOT_KNOW, Answers, Question
from smart_app.assessment.consider import Considered
from smart_app.web.case_card import guideline_range
from smart_app.web.figures import out_of_100
from smart_app.web.naming import in_sentence
from smart_app.web.views import AnswerButton, QuestionForm, QuestionsCard, Text
from smart_app.web.words import Words

YES = {
    "DP_atStart": "true",
    "comorbidity": "yes",
    "edu_cat_fct": ">12 years",
    "birth_cat_fct": "SW",
    "NoCareAtStart": "NoCareAtStart",
    "SA_SyssStart_fct": "unemp",
    "Visits_yearBefore_all_r1_median": "aboveMedian",
    "Vtid_yearBefore_all_r1_median": "aboveMedian",
}
"""Questions with yes and no, and the level that yes is; the others are answered with the levels' own words."""


def questions_cards(words: Words, considered: Considered) -> tuple[QuestionsCard, ...]:
    """What may be asked: of the figure, then of the guideline; nothing that is not worth asking."""
    found = (
        _of_the_figure(words, considered.questions),
        _of_the_guideline(words, considered.guideline_questions, considered.answers),
    )
    return tuple(one for one in found if one is not None)


def _of_the_guideline(
    words: Words, asked: Mapping[str, Mapping[str, Guideline]], answers: Answers
) -> QuestionsCard | None:
    if not asked:
        return None
    left = sum(column not in answers for column in asked)
    return QuestionsCard(
        id="h-ask-guideline",
        heading=words.count("ask.guideline", left) if left else words("ask.guideline_done"),
        lead=words("ask.lead_guideline" if left else "ask.lead_done"),
        questions=tuple(_guideline_form(words, column, told, answers.get(column)) for column, told in asked.items()),
    )


def _guideline_form(words: Words, column: str, told: Mapping[str, Guideline], said: str | None) -> QuestionForm:
    named = [(level, answer(column, level), found) for level, found in told.items()]
    effects = [
        str(
            words(
                "ask.effect_guideline_none" if found.longest is None else "ask.effect_guideline",
                answer=(word if number == 0 else in_sentence(word)),
                range="" if found.longest is None else guideline_range(words, found),
            )
        )
        for number, (word, found) in enumerate((words.pick(one.sv, one.en), found) for _, one, found in named)
    ]
    return QuestionForm(
        column=column,
        text=words(f"ask.{column}"),
        effect=Markup("{}.").format(Markup(", ").join(effects)),
        buttons=(
            *(AnswerButton(level, words.pick(one.sv, one.en), said == level) for level, one, _ in named),
            AnswerButton(DO_NOT_KNOW, words("ask.do_not_know"), said == DO_NOT_KNOW),
        ),
    )


def _of_the_figure(words: Words, questions: Sequence[Question]) -> QuestionsCard | None:
    if not questions:
        return None
    left = sum(one.said is None for one in questions)
    return QuestionsCard(
        id="h-ask",
        heading=words.count("ask.heading", left) if left else words("ask.heading_done"),
        lead=words("ask.lead" if left else "ask.lead_done"),
        questions=tuple(_form(words, one) for one in questions),
    )


def _form(words: Words, one: Question) -> QuestionForm:
    key = f"ask.{one.column}"
    asked: Text = words(key) if words.has(key) else words.pick(question(one.column).sv, question(one.column).en)
    effects = sorted(one.effects, key=lambda effect: effect.level != YES.get(one.column))
    named = [(effect.level, _word(words, one.column, effect.level), effect.share) for effect in effects]
    told = [
        str(words("ask.effect", answer=word if number == 0 else in_sentence(str(word)), n=out_of_100(share)))
        for number, (_, word, share) in enumerate(named)
    ]
    return QuestionForm(
        column=one.column,
        text=asked,
        effect=Markup("{}.").format(Markup(", ").join(told)),
        buttons=(
            *(AnswerButton(level, word, one.said == level) for level, word, _ in named),
            AnswerButton(DO_NOT_KNOW, words("ask.do_not_know"), one.said == DO_NOT_KNOW),
        ),
    )


def _word(words: Words, column: str, level: str) -> Text:
    if column in YES:
        return words("ask.yes" if YES[column] == level else "ask.no")
    said = answer(column, level)
    return words.pick(said.sv, said.en)
