"""The physician's page when the patient counts, from invented figures: rows that add up, both ranges, questions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.bands import NamedBand
from risk.baseline import NATIONAL_2017
from risk.detail import Accuracy, Detail, HorizonDetail, Remaining
from risk.explain import UNANSWERED, Contribution
from risk.guideline import WORKLOAD, Guideline, guideline_answers
from risk.model_interval import Interval
from risk.place import Place
from risk.result import Band, National, RiskResult
from risk.survival import PiecewiseCurve
from risk.unknowns import AnswersRange, OpenQuestion
from smart_app.assessment.answers import DO_NOT_KNOW, NO_ANSWERS, Answers, Edge, Effect, Question
from smart_app.assessment.looked import Looked
from smart_app.web.assessment_view import Visitor, assessment_view
from smart_app.web.figures import out_of_100, whole
from smart_app.web.render import render
from smart_app.web.views import Links
from smart_app.web.whole_points import whole_points
from smart_app.web.words import Language, words
from tests.browser.invented import CASE, PHYSICIAN, RESULT, a_look

LINKS = Links("launch-1", "/assessment/launch-1", "?lang=en", "en", "token-1")
MINE, GROUP = 0.46, 0.37
TOTAL = math.log(math.log(MINE) / math.log(GROUP))
CURVE = PiecewiseCurve((15, 37, 90, 180, 365), (1.0, 0.9, 0.9 * MINE, 0.25, 0.1))
COUNTED = National(NATIONAL_2017.match("M545"), PiecewiseCurve((15, 37, 90, 365), (1.0, 0.9, 0.9 * 0.41, 0.1)))
ASKED = Question("DP_atStart", (Effect("false", 0.46), Effect("true", 0.43)), None)


def a_detail() -> Detail:
    parts = {"SA_1_gross": ("(90,180]", 1.0), "Sex": ("Female", 0.2), "SA_SyssStart_fct": ("not_unemp", -0.2)}
    rows = [Contribution(name, level, TOTAL * part) for name, (level, part) in parts.items()]
    near = HorizonDetail(
        day=90,
        model=Interval(0.39, 0.53),
        answers=AnswersRange(0.43, 0.48, 0.4, 0.5),
        place=Place(0.71, 0.71),
        contributions=(*rows, Contribution(UNANSWERED, None, 0.0)),
        accuracy=Accuracy(0.62, 1.0, simulated=True),
    )
    rule = NamedBand("fixed-0.39-0.62", "2026.1", "low", "low", "Fasta gränser", "Fixed limits", "måttlig", "moderate")
    return Detail((near,), Remaining(8, 43, None), (OpenQuestion("DP_atStart", 0.02),), (rule,), 3, 5)


def a_result(**changes: object) -> RiskResult:
    first = replace(RESULT.horizons[0], share=MINE, group_share=GROUP)
    model = replace(RESULT.model, id="simulated-2026", simulated=True)
    found = replace(
        RESULT,
        horizons=(first, *RESULT.horizons[1:]),
        curve=CURVE,
        band=Band.RAISED,
        model=model,
        reasons=RESULT.reasons[1:],
        detail=a_detail(),
        national=COUNTED,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def a_page(
    *,
    result: RiskResult | None = None,
    question: Question = ASKED,
    language: Language = "sv",
    role: str = "physician",
    guideline: Mapping[str, Mapping[str, Guideline]] = MappingProxyType({}),
    answers: Answers = NO_ANSWERS,
) -> str:
    look: Looked = a_look(case=CASE, result=result or a_result())
    edges = tuple(Edge(day, share - 0.05, share + 0.05) for day, share in ((52, 0.7), (90, MINE)))
    given_ = {**answers, **({question.column: question.said} if question.said else {})}
    considered = replace(look.considered, questions=(question,), edges=(Edge(37, 1.0, 1.0), *edges), answers=given_)
    considered = replace(considered, guideline_questions=guideline)
    visitor: Visitor = replace(PHYSICIAN, role=role)
    view = assessment_view(words(language), replace(look, considered=considered), visitor)
    return render("assessment.html", language, view=view, links=LINKS, model_kind=view.model_kind)


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("\u00a0", " "))).replace(" .", ".")


@pytest.mark.parametrize(
    "said",
    [
        "Av 100 liknande fall är ungefär 46 fortfarande sjukskrivna dag 90",
        "Förhöjd för diagnosen: bland alla med ryggvärk (M54) som varit sjukskrivna lika länge är det 37 av 100 "
        "enligt modellen.",
        "Högre risk än 71 av 100 jämförbara.",
        "Varför 46 och inte 37",
        "Två obesvarade frågor Okänt räknas som okänt",
        "Obesvarade frågor kan ge 43–48 av 100 dag 90.",
        "hälften inom 43 dagar och tre fjärdedelar först efter dag 365.",
        "Fasta gränser: måttlig (regel fixed-0.39-0.62, version 2026.1).",
        "Träffsäkerhet (AUC): 0,62 dag 90, där 0,5 är slump och 1 är alltid rätt. Mätt på simulerade fall.",
        "Ja ger 43, nej ger 46.",
        "Beräkningen är gjord på simulerade sjukfall",
    ],
)
def test_what_the_page_says(said: str) -> None:
    assert said in text(a_page())


def test_it_is_said_once_and_before_that_an_answer_sets_the_ticks_anew() -> None:
    page = text(a_page(guideline=guideline_answers("M545", {})))
    assert page.count("Svara innan du ändrar bland åtgärderna") == 1
    assert page.index("Svara innan") < page.index("Ja ger 43")


@pytest.mark.parametrize(
    "said",
    [
        "Of 100 similar cases, about 46 are still on sick leave on day 90",
        "Raised for the diagnosis: among all with back pain (M54) off work for as long, it is 37 of 100 by the model.",
        "Higher risk than 71 of 100 comparable patients.",
        "Uncertainty is the model's own: 39–53 on day 90",
        "Unanswered questions may give 43–48 of 100 on day 90.",
        "half within 43 days and three quarters only after day 365.",
        "Fixed limits: moderate (rule fixed-0.39-0.62, version 2026.1).",
        "Accuracy (AUC): 0.62 on day 90, where 0.5 is chance and 1 is always right. Measured on simulated cases.",
        "Everyone with back pain (M54) in the country, 2017: The Social Insurance Agency's figures for all cases",
    ],
)
def test_what_the_page_says_in_english(said: str) -> None:
    assert said in text(a_page(language="en")).replace("&#39;", "'")


def placed_between(low: float, high: float, band: Band) -> RiskResult:
    found = a_detail()
    return a_result(detail=replace(found, horizons=(replace(found.horizons[0], place=Place(low, high)),)), band=band)


@pytest.mark.parametrize(
    ("language", "open_", "range_"),
    [
        (
            "sv",
            "För lite är känt för att jämföra med andra. Bland alla med ryggvärk (M54) som varit sjukskrivna lika "
            "länge är det 37 av 100 enligt modellen. Patienten kan inte placeras bland jämförbara än. "
            "Beroende på det som inte är känt "
            "kan risken vara högre än för 5 till 95 av 100.",
            "Högre risk än 40–70 av 100 jämförbara, beroende på det som inte är känt.",
        ),
        (
            "en",
            "Too little is known to compare with others. Among all with back pain (M54) off work for as long it is 37 "
            "of 100 by the model. The patient cannot be placed among comparable ones yet. Depending on what is not "
            "known the risk may be higher than that of 5 to 95 of 100.",
            "Higher risk than 40–70 of 100 comparable patients, depending on what is not known.",
        ),
    ],
)
def test_unknown_is_not_a_place(language: Language, open_: str, range_: str) -> None:
    blank = text(a_page(result=placed_between(0.05, 0.95, Band.OPEN), language=language))
    assert open_ in blank
    assert "62 av 100 jämförbara" not in blank
    assert range_ in text(a_page(result=placed_between(0.4, 0.7, Band.RAISED), language=language))


def test_the_rows_add_up_on_the_page_and_the_range_stands_beside() -> None:
    page = a_page()
    shown = [int(one.replace("\u2212", "-")) for one in re.findall(r'class="val">([^<]+)<', page)]
    assert shown == [37, 9, 2, -2, 0, 46]
    assert sum(shown[:-1]) == shown[-1]
    assert '<td class="mine">46</td><td>39–53</td><td>41</td>' in page  # the country's, counted
    assert RESULT.group_curve is not None
    by_model = out_of_100(RESULT.group_curve.still_on_leave(90, 37))
    assert f"<td>41–51</td><td>{by_model}</td><td>41</td>" in page
    assert 'class="area"' in page
    assert "Inget om just den här patienten" not in page


@pytest.mark.parametrize("language", ["sv", "en"])
def test_day_one_unknown_is_a_range_at_every_day_ahead(language: Language) -> None:
    unsure = replace(RESULT.horizons[1], share=0.2, share_low=0.2, share_high=0.26)
    first = replace(a_result().horizons[0], share_low=MINE, share_high=0.52)
    said = text(a_page(result=a_result(horizons=(first, unsure, RESULT.horizons[2])), language=language))
    sv = "Räknat från andra möjliga dagar blir det 46–52 av 100 dag 90 och 20–26 av 100 dag 180."
    en = "Counted from other possible days it is 46–52 of 100 on day 90 and 20–26 of 100 on day 180."
    assert (sv if language == "sv" else en) in said


@pytest.mark.parametrize("language", ["sv", "en"])
def test_both_languages_render_whole(language: Language) -> None:
    page = a_page(language=language)
    assert not re.search(r"\{\w+\}|None", text(page))
    assert not re.search(r'\sstyle="|<script', page)


def test_an_answer_given_is_marked_and_will_be_written() -> None:
    page = a_page(question=replace(ASKED, said="true"))
    assert 'value="true" aria-pressed="true">Ja<' in page
    assert "ett svar på en fråga" in text(page)
    unsure = a_page(question=replace(ASKED, said=DO_NOT_KNOW))
    assert f'value="{DO_NOT_KNOW}" aria-pressed="true">Vet inte<' in unsure
    assert "ett svar på en fråga" not in text(unsure)


@pytest.mark.parametrize(
    ("language", "asked", "then"),
    [
        ("sv", "En fråga gör riktlinjen snävare", "Lätt belastning: längst 7 dagar, hög belastning: längst 14 dagar."),
        ("en", "One question would narrow the guideline", "Light load: at most 7 days, heavy load: at most 14 days."),
    ],
)
def test_the_guideline_asks_for_what_it_depends_on(language: Language, asked: str, then: str) -> None:
    told = guideline_answers("M545", {})
    said = a_page(language=language, guideline=told)
    assert asked in text(said)
    assert then in text(said)
    assert 'value="hög belastning" aria-pressed="false"' in said
    light = a_page(language=language, guideline=told, answers={WORKLOAD: "lätt belastning"})
    assert 'value="lätt belastning" aria-pressed="true"' in light
    assert ("30 dagar över" if language == "sv" else "30 days over") in text(light)
    assert "7–14" not in text(light)


def test_who_may_not_write_is_not_asked() -> None:
    assert "/answer" not in a_page(role="head-of-unit")


def test_the_national_figures_keep_their_own_limits() -> None:
    said = text(a_page(result=RESULT))
    assert "Siffrorna är nationella" in said
    assert "simulerade" not in said


@given(
    values=st.lists(st.floats(-2, 2), min_size=1, max_size=10),
    group=st.floats(0.02, 0.97),
)
def test_whole_points_add_up_and_stay_within_one_of_the_exact(values: list[float], group: float) -> None:
    share = math.exp(math.log(group) * math.exp(sum(values)))
    points = whole_points(values, share, group)
    assert sum(points) == whole(share) - whole(group)
    total = sum(values)
    rate = share * math.log(share) if abs(total) < 1e-9 else (share - group) / total
    assert all(abs(point - 100 * rate * value) <= 1 + 1e-6 for point, value in zip(points, values, strict=True))
