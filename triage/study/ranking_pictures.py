"""Pictures and tables of how good the ranking is."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from triage.core.agreement import wilson_interval
from triage.evaluation.draw import VoteCount
from triage.evaluation.picture import cycle_styles
from triage.evaluation.plot import add_legend, plot_learning_curves
from triage.study.pictures import GREY, INK, Picture, open_figure
from triage.study.ranking_quality import Dot, Measured, Voice
from triage.study.ranking_reach import Reach
from triage.study.tables import Table

_STYLES = ((INK, "o", "-"), *islice(cycle_styles(), 20))
"""Ours, and as many as there will be rankers or topics."""
_CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}


def draw_curves(measured: Measured) -> Picture:
    """Two metrics against the number of votes, a column for each topic."""
    report = measured.report
    first, second = measured.metrics
    best = [f"{topic}: {_name_best(measured, topic, first)}" for topic in measured.topics]
    alt = f"Learning curves, {first} above and {second} below, each from 0 to 1. With all votes, best first. "
    return Picture(plot_learning_curves(report, [first, second]), alt + " ".join(best))


def table_curves(measured: Measured) -> Table:
    """Every ranker's metrics before any vote and with all votes."""
    report, (first, second) = measured.report, measured.metrics
    means = {(cell.topic, cell.ranker, cell.metric, cell.votes): cell.mean for cell in report.cells}
    columns: list[tuple[str, VoteCount]] = [(metric, votes) for metric in (first, second) for votes in (0, "all")]
    rows = tuple(
        (topic, ranker, *(_format(means.get((topic, ranker, metric, votes))) for metric, votes in columns))
        for topic in measured.topics
        for ranker in report.rankers
    )
    names = (f"{metric}, {'no votes' if votes == 0 else 'all votes'}" for metric, votes in columns)
    caption = "0 to 1, higher is better; a dash where a ranker cannot rank without votes."
    return Table(("topic", "ranker", *names), rows, caption, numbers=(2, 3, 4, 5))


def draw_reliability(voices: Sequence[Voice]) -> Picture:
    """A column for each topic: the share seen against the probability said, below it how many papers each bin holds."""
    topics = list(dict.fromkeys(voice.topic for voice in voices))
    figure, panels = open_figure(2, len(topics), width=6.2 * len(topics), height=7.2, sharex=True, sharey="row")
    for column, topic in enumerate(topics):
        upper, lower = panels[0][column], panels[1][column]
        upper.plot([0, 1], [0, 1], color=GREY, linewidth=1, label="as said")
        chosen = [voice for voice in voices if voice.topic == topic]
        for number, (voice, style) in enumerate(zip(chosen, _STYLES, strict=False)):
            _draw_voice(upper, voice, style, shift=0.014 * (number - (len(chosen) - 1) / 2))
            _draw_counts(lower, voice, style, (number, len(chosen)))
        upper.set(title=topic, xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))
        lower.set(xlabel="probability said (0 to 1), in ten equal bins", yscale="log")
    panels[0][0].set_ylabel("share seen to be relevant (0 to 1)")
    panels[1][0].set_ylabel("papers in the bin (log scale)")
    most = max(each.papers for voice in voices for each in voice.bins)
    panels[1][0].set_ylim(0.7, 6 * most)  # with room for the numbers
    add_legend(figure, *_collect_legend(panels[0]))
    told = "; ".join(
        f"{voice.topic}, {voice.name}: calibration error {voice.calibration.error_count:.3f}" for voice in voices
    )
    return Picture(figure, f"Reliability diagram, share seen to be relevant against probability said. {told}.")


def table_reliability(voices: Sequence[Voice]) -> Table:
    """Calibration errors with their intervals, beside what chance alone would show."""
    rows = tuple(
        (
            voice.topic,
            voice.name,
            f"{voice.calibration.papers:,}",
            f"{voice.calibration.relevant:,}",
            f"{voice.calibration.error_count:.3f} ({voice.low:.3f} to {voice.high:.3f})",
            f"{voice.calibration.floor_count:.3f}",
            f"{voice.calibration.brier:.3f}",
        )
        for voice in voices
    )
    columns = ("topic", "probabilities of", "papers", "relevant", "calibration error (95 %)", "by chance", "Brier")
    caption = "Expected calibration error in ten bins of equal count; intervals by resampling papers; lower is better."
    return Table(columns, rows, caption, numbers=(2, 3, 4, 5, 6))


def draw_reach(reaches: Sequence[Reach], size: int) -> Picture:
    """Recall against places read, a panel for each topic; `size` is the list's."""
    topics = list(dict.fromkeys(each.topic for each in reaches))
    styles = dict(zip(dict.fromkeys(each.ranker for each in reaches), _STYLES, strict=False))
    figure, panels = open_figure(1, len(topics), width=max(8.0, 6.2 * len(topics)), height=5.6, sharey=True)
    for axes, topic in zip(panels[0], topics, strict=True):
        chosen = [each for each in reaches if each.topic == topic]
        _mark_promise(axes, chosen[0], size)
        # Ours last, so that it lies on top.
        for each in reversed(chosen):
            colour, marker, line = styles[each.ranker]
            places = range(1, each.found.size + 1)
            style = {"color": colour, "linestyle": line, "linewidth": 2.6 if each is chosen[0] else 1.4}
            mark = {"marker": marker, "markevery": [each.places - 1], "drawstyle": "steps-post"}
            axes.plot(places, each.found, label=each.ranker, **style, **mark)
        axes.set(title=f"{topic}, {chosen[0].week} ({chosen[0].relevant} relevant)", xscale="log", ylim=(0, 1.03))
        axes.set_xlabel("places read (number, log scale)")
        ticks = [tick for tick in (1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if tick <= chosen[0].found.size]
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
    panels[0][0].set_ylabel("recall: relevant papers found (0 to 1)")
    handles, names = _collect_legend(panels[0])
    add_legend(figure, handles[::-1], names[::-1])
    ours = [each for number, each in enumerate(reaches) if each.topic not in {one.topic for one in reaches[:number]}]
    told = "; ".join(f"{each.topic}: {each.places} of {each.found.size} places" for each in ours)
    return Picture(figure, f"Recall by the number of places read. Ours reaches 95 % after: {told}.")


def table_reach(reaches: Sequence[Reach]) -> Table:
    """Places for 95 % of the relevant papers, and work saved."""
    rows = tuple(
        (
            each.topic,
            each.ranker,
            f"{each.places:,} of {each.found.size:,}",
            f"{100 * each.places / each.found.size:.0f} %",
            f"{each.saved:.2f}",
            f"{each.found[min(20, each.found.size) - 1]:.2f}",
        )
        for each in reaches
    )
    columns = ("topic", "ranker", "places for 95 %", "share of the week", "work saved", "recall at 20 places")
    caption = "Work saved over sampling at 95 % recall: the share that need not be read, less the 5 % that are missed."
    return Table(columns, rows, caption, numbers=(2, 3, 4, 5))


def draw_spread(dots: Sequence[Dot], metric: str) -> Picture:
    """A dot for each week and topic, hollow before any vote, with the interval over the week's papers."""
    topics = list(dict.fromkeys(dot.topic for dot in dots))
    weeks = sorted({dot.week for dot in dots})
    figure, panels = open_figure(1, 1, width=max(5.5, 1.5 + 1.4 * len(weeks) * len(topics)), height=4.4)
    axes = panels[0][0]
    for number, topic in enumerate(topics):
        colour, marker, _ = _STYLES[number + 1]
        for is_taught in (False, True):
            chosen = [dot for dot in dots if dot.topic == topic and bool(dot.votes) == is_taught]
            shift = (number - (len(topics) - 1) / 2) * 0.36 + (0.08 if is_taught else -0.08)
            x = [weeks.index(dot.week) + shift for dot in chosen]
            reach = [[dot.value - dot.low for dot in chosen], [dot.high - dot.value for dot in chosen]]
            label = f"{topic}, {'all votes' if is_taught else 'no votes'}"
            fill = {"color": colour, "markerfacecolor": colour if is_taught else "white", "markersize": 8}
            if chosen:
                axes.errorbar(x, [dot.value for dot in chosen], yerr=reach, fmt=marker, capsize=3, label=label, **fill)
    axes.set_xticks(range(len(weeks)), [_name_week(week, dots) for week in weeks])
    axes.set(xlim=(-0.6, len(weeks) - 0.4), ylim=(-0.02, 1.05), xlabel="week (relevant papers of each topic)")
    axes.set_ylabel(f"{metric} of one week (0 to 1)")
    add_legend(figure, *axes.get_legend_handles_labels())
    values = "; ".join(f"{dot.topic} {dot.week} with {dot.votes} votes {dot.value:.2f}" for dot in dots)
    return Picture(figure, f"{metric} by week and topic. {values}.")


def _name_best(measured: Measured, topic: str, metric: str) -> str:
    cells = [cell for cell in measured.report.cells if (cell.topic, cell.metric, cell.votes) == (topic, metric, "all")]
    ordered = sorted(cells, key=lambda cell: -cell.mean)
    return ", ".join(f"{cell.ranker} {cell.mean:.2f}" for cell in ordered) + "."


def _name_week(week: str, dots: Sequence[Dot]) -> str:
    counts = {dot.topic: dot.relevant for dot in dots if dot.week == week}
    return f"{week}\n({', '.join(map(str, counts.values()))})"


def _format(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"  # noqa: RUF001 - none


def _collect_legend(panels: Iterable[Any]) -> tuple[list[Any], list[str]]:
    """Every name once: a judge may have been asked about one of the topics only."""
    handles = {name: handle for axes in panels for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    return list(handles.values()), list(handles)


def _draw_voice(axes: Any, voice: Voice, style: tuple[str, str, Any], shift: float) -> None:
    """Intervals are Wilson's, of the share of each bin."""
    colour, marker, _ = style
    x = [each.said + shift for each in voice.bins]
    seen = [each.seen for each in voice.bins]
    intervals = [wilson_interval(round(each.seen * each.papers), each.papers) for each in voice.bins]
    reach = [
        [max(0.0, share - each.low) for share, each in zip(seen, intervals, strict=True)],
        [max(0.0, each.high - share) for share, each in zip(seen, intervals, strict=True)],
    ]
    axes.errorbar(x, seen, yerr=reach, color=colour, fmt=marker, capsize=2, label=voice.name)


def _draw_counts(axes: Any, voice: Voice, style: tuple[str, str, Any], place: tuple[int, int]) -> None:
    number, total = place
    width = 0.08 / total
    colour, marker, _ = style
    for each in voice.bins:
        x = min(int(each.said * 10), 9) / 10 + 0.01 + width * (number + 0.5)
        axes.vlines(x, 0.7, each.papers, color=colour, linewidth=1.5)
        axes.plot([x], [each.papers], color=colour, marker=marker, markersize=4)
        where = {"xytext": (0, 5), "textcoords": "offset points", "ha": "center", "fontsize": 7, "rotation": 90}
        axes.annotate(f"{each.papers:,}", (x, each.papers), color=colour, va="bottom", **where)


def _mark_promise(axes: Any, ours: Reach, size: int) -> None:
    """The list's end, and where 95 % are reached."""
    axes.axvline(size, color=GREY, linewidth=1, label=f"the list ends ({size})")
    axes.axhline(0.95, color=GREY, linewidth=1, linestyle=":")
    axes.annotate("95 %", (1, 0.95), fontsize=8, va="bottom")
    axes.annotate(
        f"{ours.ranker}: 95 % after {ours.places:,} places\n"
        f"({100 * ours.places / ours.found.size:.0f} % of the week), work saved {ours.saved:.2f}",
        (ours.places, ours.found[ours.places - 1]),
        xytext=(0.02, 0.8),
        textcoords="axes fraction",
        fontsize=9,
        fontweight="bold",
        bbox=_CLEAR,
        arrowprops={"arrowstyle": "->"},
    )
