"""Learning curves: quality against votes, one panel per topic."""

import math
from itertools import cycle
from pathlib import Path
from typing import Any

from triage.evaluation.picture import MARKERS, PALETTE, check_picture, save_picture
from triage.evaluation.protocol import Cell
from triage.evaluation.report import Report, check_metric


def draw_learning_curves(report: Report, path: Path, metric: str) -> None:
    """Write a PNG or SVG, by suffix; the same report gives the same bytes.

    Raises `InputError` for another suffix, a metric the report lacks, a folder that cannot be written, and where
    matplotlib is not installed.
    """
    check_picture(path)
    import matplotlib as mpl
    from matplotlib.figure import Figure

    cells = [cell for cell in report.cells if cell.metric == check_metric(report, metric)]
    topics = list(dict.fromkeys(cell.topic for cell in cells))
    # A Figure without pyplot: Agg or SVG by suffix, no display, nothing global left behind.
    figure = Figure(figsize=(6.4 * len(topics), 5.2), layout="constrained")
    for axes, topic in zip(figure.subplots(1, len(topics), squeeze=False, sharey=True)[0], topics, strict=True):
        _draw_topic(axes, report, [cell for cell in cells if cell.topic == topic])
        axes.set(title=topic, xlabel="relevant papers voted on (number, log scale)", ylabel=f"{metric} (0 to 1)")
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(4, len(names)), frameon=False)
    with mpl.rc_context({"svg.hashsalt": "triage"}):
        save_picture(figure, path)


def _draw_topic(axes: Any, report: Report, cells: list[Cell]) -> None:
    styles = zip(cycle(PALETTE), cycle(MARKERS), strict=False)
    for ranker in report.rankers:
        ours = report.is_ours(ranker)
        colour, marker = ("black", "o") if ranker == report.ours else next(styles)
        points = sorted((cell for cell in cells if cell.ranker == ranker), key=_votes_used)
        x, line = [_votes_used(cell) for cell in points], [cell.mean for cell in points]
        axes.plot(x, line, color=colour, marker=marker, label=ranker, linewidth=3.0 if ours else 1.4, zorder=2 + ours)
        banded = [(_votes_used(cell), cell.low, cell.high) for cell in points if cell.low is not None]
        if banded:
            axes.fill_between(*zip(*banded, strict=True), color=colour, alpha=0.18 if ours else 0.07, linewidth=0)
    axes.set_xscale("symlog", linthresh=5, linscale=0.5)
    ticks = sorted({round(_votes_used(cell)) for cell in cells})
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_ylim(-0.02, 1.02)  # curves at 0 and 1 stay whole
    axes.grid(visible=True, alpha=0.3)


def _votes_used(cell: Cell) -> float:
    """Mean over weeks: where "all" stands on the axis."""
    return math.fsum(cell.votes_used.values()) / len(cell.votes_used)
