"""The few questions whose answers move the figure: one click each, with what the answer would make of it."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from risk.factor_words import answer, question
from smart_app.assessment.answers import DO_NOT_KNOW, Question
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


def questions_card(words: Words, questions: Sequence[Question]) -> QuestionsCard | None:
    """The card; None when no question is worth asking."""
    if not questions:
        return None
    left = sum(one.said is None for one in questions)
    return QuestionsCard(
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
