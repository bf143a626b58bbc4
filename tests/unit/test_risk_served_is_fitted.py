"""What is served from the JSON of a written set is what scikit-learn's own predictions say, to 1e-9."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.served import ByScikitLearn, served_and_fitted
from risk.chapters import CHAPTERS
from risk.columns import LEVELS
from risk.errors import NoModel
from risk.features import Features
from risk.model_set import ModelSet
from risk.packaged import packaged_rows
from risk.score_rows import survival_of_rows
from risk.training.make_set import simulated_rows

KEYS = ("S62", "M791", "M797")  # alone; two that lean on their group, M79, which is served as one
Both = tuple[ModelSet, Mapping[str, ByScikitLearn]]


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with served_and_fitted(simulated_rows(KEYS, 700, 12)) as found:
        yield found


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from((*KEYS, "M79")),
    st.tuples(*(st.sampled_from(levels) for levels in LEVELS.values())),
    st.integers(15, 550),
    st.integers(15, 364),
)
def test_served_equals_fitted(both: Both, key: str, answers: tuple[str, ...], day: int, given_day: int) -> None:
    models, fitted = both
    codes = np.array([[levels.index(said) for levels, said in zip(LEVELS.values(), answers, strict=True)]], np.int8)
    said = fitted[key].survival(codes, (day, given_day, 365))[0]
    curve = models.curve(Features(key, dict(zip(LEVELS, answers, strict=True))))
    assert curve.at(day) == pytest.approx(said[0], abs=1e-9)
    assert curve.still_on_leave(365, given_day) == pytest.approx(said[2] / said[1], abs=1e-9)
    own = codes[:, [tuple(LEVELS).index(name) for name in models.model(key).names]]
    assert survival_of_rows(models.model(key), own, (day,))[0, 0] == pytest.approx(said[0], abs=1e-9)


def test_a_sub_diagnosis_is_compared_through_its_group(both: Both) -> None:
    assert {key: one.group is not None for key, one in both[1].items()} == {
        "S62": False,
        "M791": True,
        "M797": True,
        "M79": False,
    }


@pytest.mark.parametrize(("code", "beginning"), [("F99", "F"), ("M999", "M"), ("S010", "S")])
def test_a_chapter_is_its_counts(both: Both, code: str, beginning: str) -> None:
    with pytest.raises(NoModel):
        both[0].match(code)
    counts = [one for one in packaged_rows("figures/national_2017.csv") if one["icd10"].startswith(beginning)]
    left = dict.fromkeys((30, 90, 180, 365), 0)
    for row in counts:
        left[30] += sum(int(row[name]) for name in ("n_30_89d", "n_90_179d", "n_180_364d", "n_365d_plus"))
        left[90] += sum(int(row[name]) for name in ("n_90_179d", "n_180_364d", "n_365d_plus"))
        left[180] += int(row["n_180_364d"]) + int(row["n_365d_plus"])
        left[365] += int(row["n_365d_plus"])
    curve = CHAPTERS.curve(Features(code, {}))
    for day, still in left.items():
        assert curve.at(day) == pytest.approx(still / sum(int(row["n_total"]) for row in counts), abs=1e-9)
