"""One log odds out of two voices, and coefficients that few labels cannot swing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from triage.core.fusion import SHIPPED, Fusion, fit_fusion, fuse_week, judge_share
from triage.core.prior import INTERCEPT, sum_logit
from triage.core.verdict import CERTAIN

HALF = Fusion(-1.0, 0.5, 0.25, "by hand")
OTHER = Fusion(0.5, 0.4, 1.0, "another truth")
ODDS = st.floats(-12, 12)
RELEVANCE = st.floats(-CERTAIN, CERTAIN)
SHIPPED_ONES = st.sampled_from(list(SHIPPED.values()))


def _draw(truth: Fusion, count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Logits, relevances that go along with them, and labels that follow the truth."""
    random = np.random.default_rng(seed)
    cheap = random.normal(-1, 2, count)
    relevance = np.clip(cheap / 2 + random.normal(0, 2, count), -CERTAIN, CERTAIN)
    return cheap, relevance, random.random(count) < 1 / (1 + np.exp(-truth.combine(cheap, relevance)))


def _way(fitted: Fusion, start: Fusion, truth: Fusion) -> float:
    """How far a fit went from the start (0) to the truth (1), over intercept and slopes."""
    went = (fitted.intercept - start.intercept, fitted.cheap - start.cheap, fitted.judge - start.judge)
    whole = (truth.intercept - start.intercept, truth.cheap - start.cheap, truth.judge - start.judge)
    return float(np.mean(np.array(went) / whole))


def test_fused_by_hand() -> None:
    """-1 + 0.5 * 2 + 0.25 * 4 = 1, of which the judge's part is 1 - 2."""
    assert HALF.combine(2.0, 4.0) == pytest.approx(1.0)
    assert judge_share(2.0, 4.0, HALF) == pytest.approx(-1.0)


@given(cheap=ODDS, relevance=RELEVANCE, fusion=SHIPPED_ONES)
def test_the_judge_part_beside_the_others_adds_up(cheap: float, relevance: float, fusion: Fusion) -> None:
    """Parts of the cheap score, the part "judge" and the intercept sum to the fused log odds."""
    parts = {"meaning": cheap - INTERCEPT, "judge": judge_share(cheap, relevance, fusion)}
    assert sum_logit(parts) == pytest.approx(fusion.combine(cheap, relevance), abs=1e-9)


@given(cheap=ODDS, relevance=RELEVANCE, more=st.floats(0, 3), fusion=SHIPPED_ONES)
def test_neither_voice_lowers_a_score_by_speaking_for_the_paper(
    cheap: float, relevance: float, more: float, fusion: Fusion
) -> None:
    """A higher logit or a surer judge never gives lower log odds."""
    assert fusion.combine(cheap + more, relevance) >= fusion.combine(cheap, relevance)
    assert fusion.combine(cheap, relevance + more) >= fusion.combine(cheap, relevance)


def test_a_week_keeps_the_logits_of_what_was_not_judged() -> None:
    """Of three papers the second was not judged."""
    fused = fuse_week(np.array([2.0, 2.0, -2.0]), np.array([4.0, np.nan, 0.0]), HALF)
    assert fused.tolist() == pytest.approx([1.0, 2.0, -2.0])


@pytest.mark.parametrize("numbers", [(0.0, -0.1, 1.0), (0.0, 1.0, -0.1), (math.nan, 1.0, 1.0), (0.0, math.inf, 1.0)])
def test_impossible_coefficients_are_refused(numbers: tuple[float, float, float]) -> None:
    """A slope below 0 turns a voice against itself; NaN and infinity rank nothing."""
    with pytest.raises(ValueError, match="is no fusion"):
        Fusion(*numbers, "broken")


def test_the_digest_names_the_numbers_alone() -> None:
    """Where they come from does not change a score; the smallest change of a number may."""
    assert Fusion(0.0, 1.0, 1.0, "a").digest == Fusion(0.0, 1.0, 1.0, "b").digest
    assert Fusion(0.0, 1.0, 1.0, "a").digest != Fusion(0.0, 1.0, math.nextafter(1.0, 2.0), "a").digest
    assert len(HALF.digest) == 12


def test_without_labels_the_shipped_coefficients_come_back() -> None:
    """Nothing speaks against them."""
    fitted = fit_fusion(*_draw(OTHER, 0, seed=0), SHIPPED["yes-no"])
    assert fitted.digest == SHIPPED["yes-no"].digest
    assert fitted.name == "fitted to 0 labels"


def test_few_labels_do_not_swing_it_and_many_decide() -> None:
    """Labels that follow other coefficients: 20 go less than half the way there, 2,000 nearly all of it."""
    shipped = SHIPPED["yes-no"]
    few = [_way(fit_fusion(*_draw(OTHER, 20, seed), shipped), shipped, OTHER) for seed in range(10)]
    assert 0.1 < np.mean(few) < 0.5
    assert _way(fit_fusion(*_draw(OTHER, 2_000, seed=1), shipped), shipped, OTHER) == pytest.approx(1.0, abs=0.15)


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 300), seed=st.integers(0, 1_000), shipped=SHIPPED_ONES)
def test_no_label_turns_a_voice_against_itself(count: int, seed: int, shipped: Fusion) -> None:
    """Where every label contradicts both voices, slopes sink to 0 and no further; two labels may raise one."""
    cheap, relevance, _ = _draw(shipped, count, seed)
    fitted = fit_fusion(cheap, relevance, shipped.combine(cheap, relevance) < 0, shipped)
    assert 0 <= fitted.cheap <= shipped.cheap + 0.2
    assert 0 <= fitted.judge <= shipped.judge + 0.2


def test_a_fit_is_where_the_pulled_likelihood_is_flat() -> None:
    """By hand: of one paper with both voices at 0 only the intercept moves, to (1 - p) / 4 above a shipped 0."""
    fitted = fit_fusion(np.zeros(1), np.zeros(1), np.ones(1, dtype=bool), Fusion(0.0, 1.0, 1.0, "start"))
    assert (fitted.cheap, fitted.judge) == pytest.approx((1.0, 1.0))
    assert fitted.intercept == pytest.approx(0.25 * (1 - 1 / (1 + math.exp(-fitted.intercept))), abs=1e-6)


def test_a_weight_counts_like_as_many_labels() -> None:
    """Each label with weight 3 gives what each label three times gives."""
    cheap, relevance, labels = _draw(OTHER, 30, seed=4)
    weighed = fit_fusion(cheap, relevance, labels, HALF, np.full(30, 3.0))
    repeated = fit_fusion(np.tile(cheap, 3), np.tile(relevance, 3), np.tile(labels, 3), HALF)
    assert (weighed.intercept, weighed.cheap, weighed.judge) == pytest.approx(
        (repeated.intercept, repeated.cheap, repeated.judge), abs=1e-4
    )


def test_a_nearly_free_fit_is_that_of_scikit_learn() -> None:
    """With weights so great that the pull vanishes, the regression is the ordinary one."""
    from sklearn.linear_model import LogisticRegression

    cheap, relevance, labels = _draw(OTHER, 400, seed=5)
    fitted = fit_fusion(cheap, relevance, labels, HALF, np.full(400, 1e4))
    free = LogisticRegression(C=np.inf, tol=1e-8).fit(np.column_stack([cheap, relevance]), labels)
    assert (fitted.intercept, fitted.cheap, fitted.judge) == pytest.approx((*free.intercept_, *free.coef_[0]), abs=1e-3)
