"""Said against seen: bins worked out by hand, held-out weeks, and the picture."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.fusion import SHIPPED, Fusion, fit_fusion
from triage.core.metrics import expected_calibration_error
from triage.errors import InputError
from triage.evaluation.reliability import (
    Bin,
    Binning,
    JudgedWeek,
    bin_papers,
    calibration_error,
    draw_reliability,
    leave_one_week_out,
    measure_calibration,
)

SAID = np.array([0.9, 0.1, 0.2, 0.8, 0.25, 0.15])
SEEN = np.array([True, False, True, False, False, False])
TRUTH = Fusion(-0.5, 0.8, 0.6, "truth")


def _make_week(seed: int, papers: int = 600, judged: int = 200) -> JudgedWeek:
    """The best `judged` papers by logit have a verdict; labels follow the truth, or the logit where there is none."""
    random = np.random.default_rng(seed)
    cheap = np.sort(random.normal(-2, 2, papers))[::-1].copy()
    relevance = np.clip(cheap / 2 + random.normal(0, 2, papers), -5, 5)
    relevance[judged:] = np.nan
    odds = np.where(np.isnan(relevance), cheap, TRUTH.combine(cheap, relevance))
    return JudgedWeek(cheap, relevance, random.random(papers) < 1 / (1 + np.exp(-odds)))


def test_bins_of_equal_count_by_hand() -> None:
    """Three bins of two: 0.1 and 0.15, 0.2 and 0.25, 0.8 and 0.9, in which none, one and one are relevant."""
    bins = bin_papers(SAID, SEEN, "count", 3)
    assert [each.papers for each in bins] == [2, 2, 2]
    assert [each.said for each in bins] == pytest.approx([0.125, 0.225, 0.85])
    assert [each.seen for each in bins] == [0.0, 0.5, 0.5]
    assert calibration_error(bins) == pytest.approx((0.125 + 0.275 + 0.35) / 3)


def test_bins_of_equal_width_by_hand() -> None:
    """Four papers below 0.5, one of them relevant, and two above; the empty bins of a finer division are left out."""
    low, high = bin_papers(SAID, SEEN, "width", 2)
    assert (low.papers, low.seen, high.papers, high.seen) == (4, 0.25, 2, 0.5)
    assert calibration_error((low, high)) == pytest.approx((4 * (0.25 - 0.175) + 2 * (0.85 - 0.5)) / 6)
    assert [each.papers for each in bin_papers(SAID, SEEN, "width", 10)] == [2, 2, 1, 1]


def test_a_border_falls_into_the_upper_bin_and_1_into_the_last() -> None:
    """Of ten bins, 0.3 opens the fourth."""
    said = np.array([0.0, 0.29, 0.3, 1.0])
    assert [each.said for each in bin_papers(said, np.ones(4, dtype=bool), "width")] == [0.0, 0.29, 0.3, 1.0]


@settings(max_examples=60)
@given(
    said=st.lists(st.floats(0, 1), min_size=1, max_size=60),
    seed=st.integers(0, 1_000),
    by=st.sampled_from(["count", "width"]),
    bins=st.integers(1, 12),
)
def test_bins_hold_every_paper_once_and_rise(said: list[float], seed: int, by: Binning, bins: int) -> None:
    """Counts, sums of probabilities and relevant papers are those of the whole; bins are in order."""
    probabilities = np.array(said)
    labels = np.random.default_rng(seed).random(len(said)) < 0.5
    found = bin_papers(probabilities, labels, by, bins)
    assert len(found) <= bins
    assert sum(each.papers for each in found) == len(said)
    assert math.fsum(each.papers * each.said for each in found) == pytest.approx(math.fsum(said))
    assert math.fsum(each.papers * each.seen for each in found) == pytest.approx(int(labels.sum()))
    assert [each.said for each in found] == pytest.approx(sorted(each.said for each in found))


@settings(max_examples=40)
@given(said=st.lists(st.floats(0, 1), min_size=1, max_size=60), seed=st.integers(0, 1_000))
def test_the_error_is_the_one_that_evaluate_prints(said: list[float], seed: int) -> None:
    """Over bins of equal count, so that table and picture tell the same."""
    labels = np.random.default_rng(seed).random(len(said)) < 0.5
    error = calibration_error(bin_papers(np.array(said), labels))
    assert error == pytest.approx(expected_calibration_error(said, labels))


def test_calibration_of_six_papers_by_hand() -> None:
    """Ten bins of equal count hold one paper each, so that the error is the mean distance of each."""
    found = measure_calibration(SAID, SEEN)
    assert (found.papers, found.relevant) == (6, 2)
    assert found.error_count == pytest.approx((0.1 + 0.1 + 0.8 + 0.8 + 0.25 + 0.15) / 6)
    assert found.error_width == pytest.approx((2 * abs(0.125 - 0.0) + 2 * abs(0.225 - 0.5) + 0.8 + 0.1) / 6)
    assert found.brier == pytest.approx((0.01 + 0.01 + 0.64 + 0.64 + 0.0625 + 0.0225) / 6)
    with pytest.raises(ValueError, match="probabilities are wanted"):
        measure_calibration(np.zeros(0), np.zeros(0, dtype=bool))


def test_the_floor_is_what_chance_alone_would_show() -> None:
    """No error where all is certain; by hand 2 p (1 - p) for one paper; perfect probabilities stay near theirs."""
    certain = measure_calibration(np.array([0.0, 1.0]), np.array([False, True]))
    assert (certain.floor_count, certain.floor_width) == (0.0, 0.0)
    one = measure_calibration(np.array([0.25]), np.array([False]))
    assert one.floor_count == pytest.approx(2 * 0.25 * 0.75, abs=0.1)
    random = np.random.default_rng(0)
    said = random.random(100)
    labels = random.random(100) < said
    found = measure_calibration(said, labels)
    assert found == measure_calibration(said, labels)
    assert 0.04 < found.floor_count < 0.16
    assert found.error_count < 2 * found.floor_count


def test_a_held_out_week_does_not_teach() -> None:
    """Its coefficients are those fitted to the judged papers of the other weeks, whatever its own labels say."""
    weeks = {f"2026-W{number}": _make_week(number, papers=60, judged=30) for number in (11, 12, 13)}
    shipped = SHIPPED["yes-no"]
    held = leave_one_week_out(weeks, shipped)["2026-W13"]
    others = [weeks["2026-W11"], weeks["2026-W12"]]
    wanted = fit_fusion(
        np.concatenate([week.cheap[:30] for week in others]),
        np.concatenate([week.relevance[:30] for week in others]),
        np.concatenate([week.relevant[:30] for week in others]),
        shipped,
    )
    assert held.fusion == wanted
    assert (held.judged.papers, held.all_papers.papers) == (30, 60)
    contrary = weeks | {"2026-W13": JudgedWeek(held.week.cheap, held.week.relevance, ~held.week.relevant)}
    assert leave_one_week_out(contrary, shipped)["2026-W13"].said.tolist() == held.said.tolist()


def test_coefficients_of_other_weeks_are_reliable_where_weeks_are_alike() -> None:
    """Four weeks of one truth: each held-out error is near what chance alone would show, wherever the fit began."""
    weeks = {f"2026-W{number}": _make_week(number) for number in range(11, 15)}
    for held in leave_one_week_out(weeks, Fusion(1.0, 0.5, 0.1, "far off")).values():
        assert held.judged.error_count < 2 * held.judged.floor_count
        assert held.all_papers.error_count < 0.05
        assert held.said[-1] == pytest.approx(1 / (1 + math.exp(-held.week.cheap[-1])))


def test_weeks_that_cannot_be_measured_are_refused() -> None:
    """A single week leaves nothing to learn from, a week without a verdict nothing to measure."""
    week = _make_week(1, papers=20, judged=10)
    with pytest.raises(ValueError, match="two weeks at least"):
        leave_one_week_out({"2026-W11": week}, TRUTH)
    unjudged = JudgedWeek(week.cheap, np.full(20, np.nan), week.relevant)
    with pytest.raises(ValueError, match="probabilities are wanted"):
        leave_one_week_out({"2026-W11": week, "2026-W12": unjudged}, TRUTH)


@pytest.mark.parametrize("name", ["reliability.png", "reliability.svg"])
def test_picture_is_drawn_and_repeats(tmp_path: Path, name: str) -> None:
    """Both formats, the same bytes for the same bins."""
    pytest.importorskip("matplotlib", reason="needs the extra `eval`")
    series = {"held out": bin_papers(SAID, SEEN, "count", 3), "shipped": bin_papers(SAID, SEEN, "width", 3)}
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        draw_reliability(series, tmp_path / folder / name)
    drawn = (tmp_path / "one" / name).read_bytes()
    assert drawn == (tmp_path / "two" / name).read_bytes()
    assert drawn.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")


def test_picture_names_axes_series_and_counts(tmp_path: Path) -> None:
    """Everything a reader needs stands in it as text."""
    mpl = pytest.importorskip("matplotlib", reason="needs the extra `eval`")
    with mpl.rc_context({"svg.fonttype": "none"}):
        draw_reliability({"held out": (Bin(417, 0.2, 0.25), Bin(83, 0.8, 0.75))}, tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text()
    for text in ("probability said", "share seen", "papers (log scale)", "held out", "as said", ">417<", ">83<"):
        assert text in drawn


def test_picture_mistakes_are_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another format, a folder that is not there, a missing extra."""
    bins = {"held out": (Bin(1, 0.5, 1.0),)}
    with pytest.raises(InputError, match=r"\.png or an \.svg"):
        draw_reliability(bins, tmp_path / "a.jpg")
    with pytest.raises(InputError, match="cannot be written"):
        draw_reliability(bins, tmp_path / "none" / "a.svg")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"pip install '\.\[eval\]'"):
        draw_reliability(bins, tmp_path / "a.png")
