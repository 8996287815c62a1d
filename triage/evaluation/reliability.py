"""Reliability: do papers said to be relevant with probability p turn out relevant p of the time?

Coefficients are fitted on all weeks but one and measured on that one. An error has a floor: a few dozen papers in ten
bins miss their probabilities by chance alone, so every error is given beside the one that perfect probabilities of the
same papers would show.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.fusion import Fusion, fit_fusion, fuse_week
from triage.core.metrics import brier_score
from triage.evaluation.ours import to_probabilities
from triage.evaluation.picture import MARKERS, PALETTE, check_picture, save_picture

Binning = Literal["count", "width"]

BINS = 10
_ROUNDS = 200  # of labels drawn at random, for the floor


class Bin(msgspec.Struct, frozen=True):
    """Papers of like probability: how many, the mean probability said, and the share seen to be relevant."""

    papers: int
    said: float
    seen: float


class Calibration(msgspec.Struct, frozen=True):
    """How far probabilities are off: expected calibration error over bins of equal count and of equal width, and Brier.

    `floor_count` and `floor_width` are the means of the same errors where labels are drawn from the probabilities.
    """

    papers: int
    relevant: int
    error_count: float
    error_width: float
    floor_count: float
    floor_width: float
    brier: float


class JudgedWeek(msgspec.Struct, frozen=True, eq=False):
    """One week of one topic, or of several one after another, all arrays `(n,)`.

    `cheap` are log odds of prior and taste, `relevance` a judge's, NaN where it was not asked; `relevant` the labels.
    """

    cheap: NDArray[np.float64]
    relevance: NDArray[np.float64]
    relevant: NDArray[np.bool_]

    @property
    def is_judged(self) -> NDArray[np.bool_]:
        """Which papers have a verdict."""
        return ~np.isnan(self.relevance)


class HeldOut(msgspec.Struct, frozen=True, eq=False):
    """A week measured with the coefficients of the others; `said` are the probabilities of all its papers, `(n,)`."""

    week: JudgedWeek
    fusion: Fusion
    said: NDArray[np.float64]
    judged: Calibration
    all_papers: Calibration


def bin_papers(
    said: NDArray[np.float64], relevant: NDArray[np.bool_], by: Binning = "count", bins: int = BINS
) -> tuple[Bin, ...]:
    """Bins from low to high, empty ones left out; those of equal width divide 0 to 1, a border falls into the upper."""
    order = np.argsort(said, kind="stable")
    borders = np.searchsorted(said[order], np.arange(1, bins) / bins)
    parts = np.array_split(order, bins if by == "count" else borders)
    return tuple(Bin(part.size, float(said[part].mean()), float(relevant[part].mean())) for part in parts if part.size)


def calibration_error(bins: Sequence[Bin]) -> float:
    """Mean over papers of the distance between said and seen (Nguyen and O'Connor 2015; Guo et al. 2017)."""
    return sum(each.papers * abs(each.said - each.seen) for each in bins) / sum(each.papers for each in bins)


def measure_calibration(said: NDArray[np.float64], relevant: NDArray[np.bool_], seed: int = 0) -> Calibration:
    """All numbers of one set of papers; the same seed gives the same floors. Raises `ValueError` without papers."""
    brier = brier_score(said, relevant)
    drawn = np.random.default_rng(seed).random((_ROUNDS, said.size)) < said
    return Calibration(
        papers=said.size,
        relevant=int(relevant.sum()),
        error_count=calibration_error(bin_papers(said, relevant, "count")),
        error_width=calibration_error(bin_papers(said, relevant, "width")),
        floor_count=float(np.mean([calibration_error(bin_papers(said, labels, "count")) for labels in drawn])),
        floor_width=float(np.mean([calibration_error(bin_papers(said, labels, "width")) for labels in drawn])),
        brier=brier,
    )


def leave_one_week_out(weeks: Mapping[str, JudgedWeek], shipped: Fusion) -> dict[str, HeldOut]:
    """Fit on the judged papers of all other weeks, and measure each week with what it did not teach.

    `shipped` is what the fit is pulled towards: coefficients that were chosen on these weeks would flatter it.
    Raises `ValueError` for a single week, and for one without a judged paper.
    """
    if len(weeks) < 2:  # noqa: PLR2004 - one to measure and one to learn from
        raise ValueError("to leave one week out takes two weeks at least")
    return {
        name: _measure_held_out(week, [other for key, other in weeks.items() if key != name], shipped)
        for name, week in weeks.items()
    }


def draw_reliability(series: Mapping[str, Sequence[Bin]], path: Path) -> None:
    """Write a PNG or SVG, by suffix: the share seen against the probability said, the papers of each bin below.

    The same bins give the same bytes. Raises `InputError` where `plot.check_picture` does.
    """
    check_picture(path)
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 8.0), layout="constrained")
    curves, counts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    curves.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=1, label="as said")
    for (label, bins), colour, marker in zip(series.items(), cycle(PALETTE), cycle(MARKERS), strict=False):
        _draw_series((curves, counts), label, bins, colour, marker)
    curves.set(ylabel="share seen to be relevant (0 to 1)", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    counts.set(xlabel="probability said (0 to 1), mean of the bin", ylabel="papers (log scale)", yscale="log")
    most = max(each.papers for bins in series.values() for each in bins)
    counts.set_ylim(0.7, 4 * most)  # from one paper on, with room for the numbers
    for axes in (curves, counts):
        axes.grid(visible=True, alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    with mpl.rc_context({"svg.hashsalt": "triage"}):
        save_picture(figure, path)


def _measure_held_out(week: JudgedWeek, others: Sequence[JudgedWeek], shipped: Fusion) -> HeldOut:
    cheap = np.concatenate([other.cheap[other.is_judged] for other in others])
    relevance = np.concatenate([other.relevance[other.is_judged] for other in others])
    relevant = np.concatenate([other.relevant[other.is_judged] for other in others])
    fusion = fit_fusion(cheap, relevance, relevant, shipped)
    said = to_probabilities(fuse_week(week.cheap, week.relevance, fusion))
    judged = measure_calibration(said[week.is_judged], week.relevant[week.is_judged])
    return HeldOut(week, fusion, said, judged, measure_calibration(said, week.relevant))


def _draw_series(panels: tuple[Any, Any], label: str, bins: Sequence[Bin], colour: str, marker: str) -> None:
    """Told apart by marker as well as by colour."""
    curves, counts = panels
    said = [each.said for each in bins]
    curves.plot(said, [each.seen for each in bins], color=colour, marker=marker, label=label)
    counts.plot(said, [each.papers for each in bins], color=colour, marker=marker, linestyle="none")
    for each in bins:
        place = {"xytext": (0, 5), "textcoords": "offset points", "ha": "center"}
        counts.annotate(str(each.papers), (each.said, each.papers), color=colour, fontsize=7, **place)
