"""What regions complain of, and how the history of codes answers. Releases from 2031 on are INVENTED for the test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from terminology.catalogue import Catalogue
from terminology.concept import Certainty, Edition
from terminology.errors import UnknownSubject
from terminology.families import Family, families, read_families
from terminology.history import BreakKind, History, history
from terminology.known_changes import Change, WrongJudgement, known_changes, read_changes
from terminology.memory_store import MemoryRelease
from terminology.release import Release, of_year
from terminology.shipped import shipped

BASE: Mapping[str, str] = {"XX001": "Plan upprättad", "XX002": "Samtal", "XX003": "Besök", "XX004": "Möte"}


def invented(year: int, codes: Mapping[str, str | None], *, sure: Certainty = Certainty.VERIFIED) -> MemoryRelease:
    first, last = of_year(year)
    return MemoryRelease(
        Release("kva", str(year), first, last, title="INVENTED"),
        [Edition(code, text, sure, source="INVENTED") for code, text in codes.items()],
    )


def judged(kind: str, before: list[str], after: list[str], **more: Any) -> tuple[Change, ...]:
    entry = {"system": "kva", "kind": kind, "from": before, "to": after, "on": date(2032, 1, 1), "comparable": True}
    rest = {"certainty": "verified", "source": "INVENTED", "why_sv": "påhittat"}
    return read_changes({"change": [entry | rest | more]})


def told(
    second: Mapping[str, str | None],
    code: str | Family = "XX001",
    *,
    changes: tuple[Change, ...] = (),
    accept_inferred: bool = False,
) -> History:
    """The history over 2031 and 2032, where 2031 has BASE and 2032 has `second`."""
    catalogue = Catalogue([invented(2031, BASE), invented(2032, second)])
    return history(
        catalogue,
        changes,
        code,
        system="kva",
        since=date(2031, 1, 1),
        until=date(2032, 12, 31),
        accept_inferred=accept_inferred,
    )


def trends(one: History) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(each.since.year, each.until.year, each.codes) for each in one.segments]


def kinds(one: History) -> list[str]:
    return [each.kind.value for each in one.breaks]


def test_nothing_happened_so_the_years_may_be_compared() -> None:
    same = told(BASE)
    assert trends(same) == [(2031, 2032, ("XX001",))]
    assert (same.comparable, same.breaks) == (True, ())
    assert [each.releases for each in same.stretches] == [("2031", "2032")]


def test_the_text_was_changed_and_nobody_told_us_so_the_trend_is_cut() -> None:
    renamed = told({**BASE, "XX001": "Plan upprättad eller ändrad"})
    assert trends(renamed) == [(2031, 2031, ("XX001",)), (2032, 2032, ("XX001",))]
    assert kinds(renamed) == ["text-changed"]
    assert renamed.comparable is None
    assert [each.text for each in renamed.stretches] == ["Plan upprättad", "Plan upprättad eller ändrad"]
    assert "Ingen har bedömt" in renamed.breaks[0].why_sv


def test_the_text_was_changed_but_not_the_meaning_as_the_source_says() -> None:
    judgement = judged("renamed", ["XX001"], ["XX001"])
    renamed = told({**BASE, "XX001": "Upprättande av plan"}, changes=judgement)
    assert trends(renamed) == [(2031, 2032, ("XX001",))]
    assert renamed.comparable is True
    assert [each.text for each in renamed.stretches] == ["Plan upprättad", "Upprättande av plan"]
    assert (renamed.breaks[0].comparable, renamed.breaks[0].source) == (True, "INVENTED")


def test_the_same_code_means_less_than_before() -> None:
    judgement = judged("narrowed", ["XX001"], ["XX001"], comparable=False)
    narrowed = told({**BASE, "XX001": "Plan upprättad, endast sjukskrivna"}, changes=judgement)
    assert len(trends(narrowed)) == 2
    assert narrowed.comparable is False


def test_the_code_was_replaced_and_our_figures_fell_to_nothing() -> None:
    second = {**BASE, "XX009": "Plan upprättad"}
    del second["XX001"]
    unjudged = told(second)
    assert trends(unjudged) == [(2031, 2031, ("XX001",))]
    assert kinds(unjudged) == ["ended"]

    both = told(second, changes=judged("replaced-by", ["XX001"], ["XX009"]))
    assert trends(both) == [(2031, 2032, ("XX001", "XX009"))]
    assert both.comparable is True
    assert told(second, "XX009", changes=judged("replaced-by", ["XX001"], ["XX009"])).segments == both.segments


def test_an_inferred_successor_never_joins_the_trend_silently() -> None:
    second = {**BASE, "XX009": "Plan upprättad"}
    del second["XX001"]
    link = judged("replaced-by", ["XX001"], ["XX009"], certainty="inferred")
    silent = told(second, changes=link)
    assert trends(silent) == [(2031, 2031, ("XX001",)), (2032, 2032, ("XX009",))]
    assert silent.comparable is None

    asked = told(second, changes=link, accept_inferred=True)
    assert trends(asked) == [(2031, 2032, ("XX001", "XX009"))]
    assert [each.certainty for each in asked.segments[0].inferred] == [Certainty.INFERRED]
    assert asked.comparable is None


def test_the_code_was_split_in_two_and_each_looks_like_a_fall() -> None:
    second = {**BASE, "XX011": "Plan, enkel", "XX012": "Plan, omfattande"}
    del second["XX001"]
    split = told(second, changes=judged("split", ["XX001"], ["XX011", "XX012"]))
    assert trends(split) == [(2031, 2032, ("XX001", "XX011", "XX012"))]
    not_the_same = told(second, changes=judged("split", ["XX001"], ["XX011", "XX012"], comparable=False))
    assert len(trends(not_the_same)) == 2
    assert not_the_same.comparable is False


def test_the_code_was_withdrawn() -> None:
    second = {code: text for code, text in BASE.items() if code != "XX001"}
    gone = told(second, changes=judged("withdrawn", ["XX001"], [], comparable=False))
    assert kinds(gone) == ["withdrawn"]
    assert trends(gone) == [(2031, 2031, ("XX001",))]
    assert gone.comparable is False


def test_a_year_without_its_list_is_no_trend() -> None:
    catalogue = Catalogue([invented(2031, BASE), invented(2033, BASE)])
    with_gap = history(catalogue, (), "XX001", system="kva", since=date(2031, 1, 1), until=date(2033, 12, 31))
    assert trends(with_gap) == [(2031, 2031, ("XX001",)), (2033, 2033, ("XX001",))]
    assert kinds(with_gap) == ["no-release"]
    assert with_gap.comparable is None


def test_a_code_that_came_and_went_and_came_again() -> None:
    without = {code: text for code, text in BASE.items() if code != "XX001"}
    catalogue = Catalogue([invented(2031, BASE), invented(2032, without), invented(2033, BASE)])
    again = history(catalogue, (), "XX001", system="kva", since=date(2031, 1, 1), until=date(2033, 12, 31))
    assert kinds(again) == ["ended", "appeared"]
    assert trends(again) == [(2031, 2031, ("XX001",)), (2033, 2033, ("XX001",))]


def test_a_text_that_was_not_seen_is_joined_only_when_asked_for() -> None:
    catalogue = Catalogue([invented(2031, BASE), invented(2032, BASE, sure=Certainty.INFERRED)])
    span = {"system": "kva", "since": date(2031, 1, 1), "until": date(2032, 12, 31)}
    assert len(history(catalogue, (), "XX001", **span).segments) == 2
    (joined,) = history(catalogue, (), "XX001", **span, accept_inferred=True).segments
    assert [each.kind for each in joined.inferred] == [BreakKind.TEXT_NOT_SEEN]


def family(**more: Any) -> Family:
    members = [{"code": "XX002", "certainty": "verified"}, {"code": "XX003", "certainty": "verified"} | more]
    entry = {"id": "talks", "system": "kva", "name_sv": "Samtal", "name_en": "Talks", "members": members}
    return read_families({"family": [entry]})["talks"]


def test_a_family_counts_its_codes_on_the_days_when_they_belong_to_it() -> None:
    assert trends(told(BASE, family())) == [(2031, 2032, ("XX002", "XX003"))]
    later = told(BASE, family(since=date(2032, 1, 1)))
    assert trends(later) == [(2031, 2031, ("XX002",)), (2032, 2032, ("XX002", "XX003"))]
    assert kinds(later) == ["appeared"]


def test_one_changed_code_cuts_the_trend_of_its_whole_family() -> None:
    assert len(told({**BASE, "XX003": "Något annat"}, family()).segments) == 2


def test_what_ships_says_that_it_does_not_know() -> None:
    catalogue, span = Catalogue(shipped()), {"system": "kva", "since": date(2020, 1, 1), "until": date(2022, 12, 31)}
    plan = history(catalogue, known_changes(), families()["plan-made"], **span)
    assert plan.comparable is None
    assert [each.codes for each in plan.segments] == [("DV093",), ("AW020",), ("AW020",)]
    coordination = history(catalogue, known_changes(), families()["coordination"], **span, accept_inferred=True)
    assert len(coordination.segments) == 3, "the text changed in a year that is not known: not even when asked for"
    assert (None, "GC001") in [(each.on, *each.before) for each in coordination.breaks]


def test_neither_code_nor_family() -> None:
    with pytest.raises(UnknownSubject):
        told(BASE, "ZZ999")


def test_families_and_changes_that_ship_fit_each_other_and_the_codes() -> None:
    stands = {each.code for store in shipped() for each in store.every()}
    for one in families().values():
        assert {each.code for each in one.members} <= stands
        days = [date(2020, 1, 1) + timedelta(days=index) for index in range(0, 1000, 90)]
        assert any(one.codes_on(day) for day in days)
    for change in known_changes():
        assert {*change.before, *change.after} <= stands
    assert {each.certainty for each in known_changes() if each.kind.value == "replaced-by"} == {Certainty.INFERRED}


WRONG: tuple[dict[str, Any], ...] = (
    {"kind": "vanished"},
    {"from": []},
    {"to": ["A", "B"]},
    {"certainty": "unverified"},
    {"certainty": "sure"},
    {"comparable": "yes"},
    {"source": " "},
    {"on": "2024-01-01"},
    {"kind": "renamed"},
    {"kind": "split"},
)


@pytest.mark.parametrize("more", WRONG, ids=str)
def test_a_judgement_that_cannot_be_used_is_named(more: dict[str, Any]) -> None:
    arguments = {"before": ["XX001"], "after": ["XX009"]}
    renamed = {key.replace("from", "before").replace("to", "after"): value for key, value in more.items()}
    arguments |= {key: renamed.pop(key) for key in ("before", "after") if key in renamed}
    with pytest.raises(WrongJudgement, match="entry 1"):
        judged(renamed.pop("kind", "replaced-by"), arguments["before"], arguments["after"], **renamed)
