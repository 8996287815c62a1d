"""Pictures and tables of the audit of a judge."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage.core.agreement import Measure
from triage.evaluation.plot import add_legend
from triage.study.judge_agreement import UNSURE, Disagreement, compare, count_matrix, find_best, sweep_lines
from triage.study.judge_audit import JudgeStudy, Repeats
from triage.study.pictures import GREY, INK, PALETTE, Picture, open_figure
from triage.study.tables import Table, link_paper

_SAID = ("yes", "uncertain", "no")
_LINES = np.linspace(-4, 4, 33)
_DARK = 0.55  # of a row, from which on ink is white


def draw_repeats(repeats: Repeats) -> Picture:
    """A line for each paper: its log odds each time that it was asked about, and their range."""
    answers = sorted(repeats.answers.items(), key=lambda answer: float(np.mean(answer[1])))
    figure, panels = open_figure(1, 1, width=7.5, height=1.6 + 0.28 * len(answers))
    axes = panels[0][0]
    for row, (_, said) in enumerate(answers):
        axes.hlines(row, min(said), max(said), color=GREY, linewidth=3)
        # Equal answers hide each other: they are counted.
        places, counts = np.unique(np.round(said, 6), return_counts=True)
        axes.plot(places, [row] * len(places), "o", color=PALETTE[0], label="an answer" if row == 0 else None)
        for place, count in zip(places, counts, strict=True):
            if count > 1:
                axes.annotate(f"{count} times", (place, row), xytext=(5, 3), textcoords="offset points", fontsize=8)
    axes.axvline(0, color=INK, linewidth=1, linestyle="--", label="as likely as not")
    axes.set_yticks(range(len(answers)), [arxiv_id for arxiv_id, _ in answers], fontsize=8)
    axes.set_xlabel("what the judge said: log odds of relevance (natural log)")
    axes.set_ylabel("paper (arXiv id), by its mean")
    add_legend(figure, *axes.get_legend_handles_labels())
    found = repeats.consistency
    alike = "" if found.identical is None else f" {100 * found.identical:.0f} % of {found.pairs} pairs are identical."
    return Picture(figure, f"Log odds that the judge gave when asked about {len(answers)} papers again.{alike}")


def table_repeats(repeats: Repeats) -> Table:
    """The same as `triage audit judge` prints."""
    found = repeats.consistency
    times = max(map(len, repeats.answers.values()))
    rows = [
        ("papers, each asked about", f"{len(repeats.answers)}, {times} times"),
        ("pairs of answers", f"{found.pairs}"),
    ]
    if found.identical is not None and found.mean_difference is not None and found.max_difference is not None:
        rows += [
            ("identical, grades too", f"{100 * found.identical:.0f} %"),
            ("difference in log odds, mean", f"{found.mean_difference:.2f}"),
            ("difference in log odds, largest", f"{found.max_difference:.2f}"),
        ]
    if found.rank_correlation is not None:
        rows.append(("rank correlation of two rounds", f"{found.rank_correlation:.2f}"))
    return Table(("measured", "value"), tuple(rows), numbers=(1,))


def table_agreement(study: JudgeStudy) -> Table:
    """Observed agreement, kappa and AC1 of judge and readers, with 95 % intervals."""
    with_uncertain, without = compare(study.cases)
    certain = [case for case in study.cases if case.said() and case.label]
    rows = tuple(
        (
            name,
            f"{found.papers}",
            f"{sum(case.label > 0 for case in cases)}",
            f"{sum(case.said() > 0 for case in cases)}",
            *map(_tell, (found.observed, found.kappa, found.ac1)),
        )
        for name, found, cases in (
            ("yes, uncertain, no", with_uncertain, study.cases),
            ("yes, no (uncertain ones left out)", without, certain),
        )
    )
    columns = ("answers", "papers", "labelled yes", "judged yes", "same answer", "kappa", "AC1")
    caption = "Kappa and AC1: 1 is perfect, 0 is chance. Brackets: 95 % intervals by resampling papers."
    return Table(columns, rows, caption, numbers=(1, 2, 3, 4, 5, 6))


def draw_matrix(study: JudgeStudy) -> Picture:
    """Every paper in one of the cells: the number of papers and the share of their row."""
    names, counts = count_matrix(study.cases)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    figure, panels = open_figure(1, 1, width=6.2, height=1.8 + 0.75 * len(names))
    axes = panels[0][0]
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(*counts.shape):
        text = f"{counts[row, column]}\n{100 * shares[row, column]:.0f} %"
        colour = "white" if shares[row, column] > _DARK else INK
        axes.annotate(text, (column, row), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(_SAID)), [f"judge: {said}" for said in _SAID])
    axes.set_yticks(range(len(names)), [f"{name}\n({totals[row, 0]})" for row, name in enumerate(names)])
    axes.set_ylabel(f"{study.labels} say (papers)")
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, label="share of the row (0 to 1)")
    told = "; ".join(f"{name}: {_tell_row(counts[row])}" for row, name in enumerate(names))
    return Picture(figure, f"Confusion matrix of {study.labels} and judge, papers in each cell. {told}.")


def _tell_row(counts: NDArray[np.int64]) -> str:
    return ", ".join(f"{said} {count}" for said, count in zip(_SAID, counts.tolist(), strict=True))


def draw_lines(study: JudgeStudy) -> Picture:
    """What another threshold would change: kappa, recall and precision against the line, in log odds."""
    found = sweep_lines(study.cases, _LINES.tolist())
    figure, panels = open_figure(1, 1, width=7.5, height=4.6)
    axes = panels[0][0]
    series: dict[str, list[float | None]] = {
        "kappa": [each.kappa for each in found],
        "recall: relevant papers that pass": [each.recall for each in found],
        "precision: passing papers that are relevant": [each.precision for each in found],
    }
    styles = ((INK, "o", "-"), (PALETTE[0], "s", "--"), (PALETTE[1], "^", "-."))
    for (name, values), (colour, marker, line) in zip(series.items(), styles, strict=True):
        shown = [np.nan if value is None else value for value in values]
        axes.plot(_LINES, shown, color=colour, marker=marker, markevery=4, linestyle=line, label=name)
    axes.axvspan(-UNSURE, UNSURE, color=GREY, alpha=0.25, linewidth=0, label="taken for uncertain")
    axes.axvline(0, color=INK, linewidth=1, linestyle=":")
    axes.set(xlabel="line: log odds from which on the judge's word counts as yes (natural log)")
    axes.set_ylabel("kappa, recall, precision (up to 1)")
    lowest = min(0.0, *(each.kappa for each in found if each.kappa is not None))
    axes.set_ylim(lowest - 0.02, 1.03)
    add_legend(figure, *axes.get_legend_handles_labels())
    best = find_best(found)
    return Picture(figure, f"Kappa, recall and precision by threshold. Kappa is highest at {best.line:+.2f} log odds.")


def table_lines(study: JudgeStudy) -> Table:
    """A few lines, and the one with the highest kappa."""
    found = sweep_lines(study.cases, _LINES.tolist())
    best = find_best(found)
    shown = sweep_lines(study.cases, sorted({-2.0, -1.0, 0.0, 1.0, 2.0, best.line}))
    rows = tuple(
        (
            f"{each.line:+.2f}{' (best kappa)' if each.line == best.line else ''}",
            f"{1 / (1 + np.exp(-each.line)):.2f}",
            f"{each.passed}",
            f"{each.recall:.2f}",
            "–" if each.precision is None else f"{each.precision:.2f}",  # noqa: RUF001 - none
            "–" if each.kappa is None else f"{each.kappa:.2f}",  # noqa: RUF001 - none
        )
        for each in shown
    )
    columns = ("line (log odds)", "as probability", "papers that pass", "recall", "precision", "kappa")
    caption = (
        "Of the papers that readers are certain about. The best line was chosen on these very papers: it flatters."
    )
    return Table(columns, rows, caption, numbers=(0, 1, 2, 3, 4, 5))


def table_disagreements(found: Sequence[Disagreement], most: int = 12) -> Table:
    """A row for each paper on which judge and readers part, opposite answers first, and why."""
    words = {1: "yes", 0: "uncertain", -1: "no"}
    rows = tuple(
        (
            link_paper(each.case.paper.arxiv_id),
            each.case.paper.title,
            words[each.case.label] if each.case.votes or each.case.grade is None else f"grade {each.case.grade}",
            f"{words[each.case.said()]} ({each.case.verdict.relevance:+.1f})",
            each.cause,
            "; ".join(each.why),
        )
        for each in found[:most]
    )
    columns = ("paper", "title", "label", "judge (log odds)", "who is backed", "why")
    return Table(columns, rows, f"{len(rows)} of {len(found)} papers on which judge and readers part.")


def table_causes(found: Sequence[Disagreement]) -> Table:
    """How many disagreements there are of each cause, and how many of them are opposite answers."""
    causes = ("the rubric backs the judge", "the rubric backs the label", "ambiguous")
    rows = tuple(
        (
            cause,
            str(sum(each.cause == cause for each in found)),
            str(sum(each.cause == cause and each.case.said() * each.case.label < 0 for each in found)),
        )
        for cause in causes
    )
    return Table(("disagreements", "papers", "of them yes against no"), rows, numbers=(1, 2))


def _tell(measure: Measure | None) -> str:
    if measure is None:
        return "–"  # noqa: RUF001 - none
    interval = "" if measure.low is None else f" [{measure.low:.2f} to {measure.high:.2f}]"
    return f"{measure.value:.2f}{interval}"
