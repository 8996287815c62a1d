"""Metrics against numbers worked out by hand and against scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core import metrics

# Six papers in ranked order: grades 3, 0, 2, 1, 0, 3.
_SCORES = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
_GRADES = [3, 0, 2, 1, 0, 3]
_RELEVANT = [True, False, True, False, False, True]


def test_ndcg_by_hand() -> None:
    """Gains 3, 0, 1, 0, 0, 3 against the ideal 3, 3, 1, each divided by log2 of place + 1."""
    found = 3 / math.log2(2) + 1 / math.log2(4) + 3 / math.log2(7)
    ideal = 3 / math.log2(2) + 3 / math.log2(3) + 1 / math.log2(4)
    assert metrics.ndcg(_SCORES, _GRADES, 20) == pytest.approx(found / ideal)


def test_ndcg_cuts_found_and_ideal_at_k() -> None:
    """At 2, the found gain is 3 and the ideal one 3 + 3 / log2(3)."""
    assert metrics.ndcg(_SCORES, _GRADES, 2) == pytest.approx(3 / (3 + 3 / math.log2(3)))


def test_ndcg_takes_other_gains() -> None:
    """With a gain for grade 1 alone, the one such paper stands in place 4."""
    assert metrics.ndcg(_SCORES, _GRADES, 20, {0: 0, 1: 1, 2: 0, 3: 0}) == pytest.approx(1 / math.log2(5))


@settings(max_examples=50)
@given(
    grades=st.lists(st.integers(0, 3), min_size=2, max_size=40).filter(lambda grades: max(grades) > 1),
    k=st.integers(1, 50),
    seed=st.integers(0, 10_000),
)
def test_ndcg_equals_scikit_learn(grades: list[int], k: int, seed: int) -> None:
    """Without ties, any ranking has the nDCG that scikit-learn gives for the same gains."""
    from sklearn.metrics import ndcg_score

    scores = np.random.default_rng(seed).permutation(len(grades)).astype(float)
    gains = [metrics.DEFAULT_GAINS[grade] for grade in grades]
    assert metrics.ndcg(scores, grades, k) == pytest.approx(ndcg_score([gains], [scores], k=k))


@settings(max_examples=50)
@given(relevant=st.lists(st.booleans(), min_size=1, max_size=40).filter(any), seed=st.integers(0, 10_000))
def test_average_precision_equals_scikit_learn(relevant: list[bool], seed: int) -> None:
    """Without ties, any ranking has the average precision that scikit-learn gives."""
    from sklearn.metrics import average_precision_score

    scores = np.random.default_rng(seed).permutation(len(relevant)).astype(float)
    assert metrics.average_precision(scores, relevant) == pytest.approx(average_precision_score(relevant, scores))


def test_precision_recall_and_average_precision_by_hand() -> None:
    """Hits in places 1, 3 and 6."""
    assert metrics.precision(_SCORES, _RELEVANT, 3) == pytest.approx(2 / 3)
    assert metrics.precision(_SCORES, _RELEVANT, 20) == pytest.approx(3 / 20)
    assert metrics.recall(_SCORES, _RELEVANT, 3) == pytest.approx(2 / 3)
    assert metrics.average_precision(_SCORES, _RELEVANT) == pytest.approx((1 / 1 + 2 / 3 + 3 / 6) / 3)


def test_work_saved_by_hand() -> None:
    """All three hits are read after 6 of 10 papers: 40 % unread, less the 5 % recall that may be given up."""
    relevant = [*_RELEVANT, False, False, False, False]
    assert metrics.work_saved(list(range(10, 0, -1)), relevant) == pytest.approx(0.4 - 0.05)


def test_work_saved_asks_for_19_of_20() -> None:
    """95 % of 20 relevant papers are 19: the last one, far down, need not be read."""
    relevant = [True] * 19 + [False] * 80 + [True]
    assert metrics.work_saved(list(range(100, 0, -1)), relevant) == pytest.approx(0.81 - 0.05)


def test_ties_keep_the_order_of_the_input() -> None:
    """Equal scores rank in the order given, so that a ranking can be repeated."""
    assert metrics.rank_order([0.5, 0.9, 0.5, 0.5]).tolist() == [1, 0, 2, 3]


def test_a_score_that_is_no_number_is_refused() -> None:
    """NaN would sort silently somewhere."""
    with pytest.raises(ValueError, match="not finite"):
        metrics.rank_order([0.5, math.nan])


def test_metrics_without_relevant_paper_do_not_exist() -> None:
    """A week without a relevant paper is no week of quality 0 or 1."""
    nothing = [False] * 6
    with pytest.raises(ValueError, match="nDCG"):
        metrics.ndcg(_SCORES, [1] * 6)
    with pytest.raises(ValueError, match="recall"):
        metrics.recall(_SCORES, nothing, 20)
    with pytest.raises(ValueError, match="average precision"):
        metrics.average_precision(_SCORES, nothing)
    with pytest.raises(ValueError, match="work saved"):
        metrics.work_saved(_SCORES, nothing)


def test_calibration_error_by_hand() -> None:
    """Two bins of two: |0.15 - 0| and |0.7 - 0.5|, averaged."""
    found = metrics.expected_calibration_error([0.6, 0.1, 0.8, 0.2], [True, False, False, False], bins=2)
    assert found == pytest.approx((0.15 + 0.2) / 2)


@settings(max_examples=50)
@given(said=st.lists(st.floats(0, 1), min_size=1, max_size=60), seed=st.integers(0, 1_000), bins=st.integers(1, 20))
def test_calibration_error_lies_between_one_bin_and_one(said: list[float], seed: int, bins: int) -> None:
    """More bins never hide an error that the overall mean shows, and no error exceeds 1."""
    seen = np.random.default_rng(seed).random(len(said)) < 0.5
    whole = abs(np.mean(said) - seen.mean())
    assert whole - 1e-9 <= metrics.expected_calibration_error(said, seen, bins) <= 1.0 + 1e-9


def test_brier_score_by_hand() -> None:
    """Squares of 0.2 and 0.5."""
    assert metrics.brier_score([0.8, 0.5], [True, False]) == pytest.approx((0.04 + 0.25) / 2)


@pytest.mark.parametrize("said", [[], [1.2], [-0.1], [math.nan]])
def test_probabilities_are_checked(said: list[float]) -> None:
    """Decision values are not taken for probabilities."""
    with pytest.raises(ValueError, match="probabilities"):
        metrics.brier_score(said, [True] * len(said))


def test_bootstrap_repeats_with_its_seed() -> None:
    """The same seed gives the same interval, another seed another one."""
    weeks = [0.2, 0.9, 0.4, 0.7, 0.65]
    first = metrics.bootstrap_interval(weeks, seed=1)
    assert first == metrics.bootstrap_interval(weeks, seed=1)
    assert first != metrics.bootstrap_interval(weeks, seed=2)


def test_bootstrap_covers_as_theory_says() -> None:
    """For 400 weeks the interval is close to mean +- 1.96 standard errors."""
    weeks = np.random.default_rng(3).normal(0.5, 0.1, 400)
    interval = metrics.bootstrap_interval(weeks, seed=0)
    error = 1.96 * weeks.std() / 20
    assert interval.low == pytest.approx(weeks.mean() - error, abs=0.002)
    assert interval.high == pytest.approx(weeks.mean() + error, abs=0.002)


def test_bootstrap_of_a_pooled_share() -> None:
    """Weeks of 1 and 9 positives resample to 1 of 1, to 1 of 10 (half the time) and to 0 of 9."""
    middle = metrics.bootstrap_interval([1.0, 0.0], seed=0, weights=[1, 9], level=0.4)
    assert (middle.low, middle.high) == pytest.approx((0.1, 0.1))
    assert metrics.bootstrap_interval([1.0, 0.0], seed=0, weights=[1, 9]) == metrics.Interval(0.0, 1.0)


def test_one_week_has_no_interval() -> None:
    """An interval over a single week would look like certainty."""
    with pytest.raises(ValueError, match="two weeks"):
        metrics.bootstrap_interval([0.5], seed=0)
