"""Learning curves: quality against votes, one panel per topic."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from triage.evaluation.picture import check_picture, cycle_styles, save_picture
from triage.evaluation.protocol import Cell
from triage.evaluation.report import Report, check_metric

_CHARACTERS_PER_INCH = 11
_SAMPLE_CHARACTERS = 10  # as wide are a line's sample in a legend and the gap to the next column


def draw_learning_curves(report: Report, path: Path, metric: str) -> None:
    """Write a PNG or SVG, by suffix; the same report gives the same bytes.

    Raises `InputError` for another suffix, a metric the report lacks, a folder that cannot be written, and where
    matplotlib is not installed.
    """
    check_picture(path)
    import matplotlib as mpl

    figure = plot_learning_curves(report, [metric])
    with mpl.rc_context({"svg.hashsalt": "triage"}):
        save_picture(figure, path)


def plot_learning_curves(report: Report, metrics: Sequence[str]) -> Any:
    """A figure of matplotlib with a row for each metric and a column for each topic; bands are intervals over weeks.

    Raises `InputError` for a metric that the report lacks.
    """
    from matplotlib.figure import Figure

    cells = {metric: _choose_cells(report, metric) for metric in metrics}
    topics = list(dict.fromkeys(cell.topic for each in cells.values() for cell in each))
    # A Figure without pyplot: Agg or SVG by suffix, no display, nothing global left behind.
    figure = Figure(figsize=(6.4 * len(topics), 0.6 + 4.6 * len(metrics)), layout="constrained")
    panels = figure.subplots(len(metrics), len(topics), squeeze=False, sharex="col", sharey="row")
    for row, metric in zip(panels, metrics, strict=True):
        for axes, topic in zip(row, topics, strict=True):
            _draw_topic(axes, report, [cell for cell in cells[metric] if cell.topic == topic])
            axes.set_title(topic)
        row[0].set_ylabel(f"{metric} (0 to 1)")
    for axes in panels[-1]:
        axes.set_xlabel("relevant papers voted on (number, log scale)")
    add_legend(figure, *panels[0][0].get_legend_handles_labels())
    return figure


def add_legend(figure: Any, handles: Sequence[Any], names: Sequence[str]) -> None:
    """Below the figure, in as many columns as its width has room for."""
    room = figure.get_size_inches()[0] * _CHARACTERS_PER_INCH / (max(map(len, names)) + _SAMPLE_CHARACTERS)
    columns = min(len(names), max(1, int(room)))
    figure.legend(handles, names, loc="outside lower center", ncols=columns, frameon=False, handlelength=3.5)


def _choose_cells(report: Report, metric: str) -> list[Cell]:
    wanted = check_metric(report, metric)
    return [cell for cell in report.cells if cell.metric == wanted]


def _draw_topic(axes: Any, report: Report, cells: list[Cell]) -> None:
    styles = cycle_styles()
    for ranker in report.rankers:
        ours = report.is_ours(ranker)
        colour, marker, line = ("black", "o", "-") if ranker == report.ours else next(styles)
        points = sorted((cell for cell in cells if cell.ranker == ranker), key=_votes_used)
        x, means = [_votes_used(cell) for cell in points], [cell.mean for cell in points]
        style = {"color": colour, "marker": marker, "linestyle": line, "linewidth": 3.0 if ours else 1.6}
        axes.plot(x, means, label=ranker, zorder=2 + ours, **style)
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
