"""What `triage evaluate` hands out: the report as plain records (JSON by `msgspec.to_builtins`) and as tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from rich.console import Group
from rich.table import Table
from rich.text import Text

from triage import __version__
from triage.core.fusion import Fusion
from triage.errors import InputError
from triage.evaluation.draw import Plan, VoteCount
from triage.evaluation.judge_effect import REFITTED, Gain, Reliability
from triage.evaluation.judged import JudgedRanker
from triage.evaluation.protocol import Cell
from triage.evaluation.records import Candidates, Task
from triage.evaluation.reliability import Calibration
from triage.store.verdicts import VerdictKey

_HEADLINES = ("nDCG@20", "recall@50 of grade 3", "calibration error", "recall@20", "recall@50", "average precision")
_CELL_WIDTH, _INTERVAL_WIDTH = len("0.91 [0.88-0.94]"), len("[0.88-0.94]")
_NOTHING = "–"  # noqa: RUF001 - an en dash, as in the ranges
_LOWER_IS_BETTER = frozenset({"calibration error", "Brier score"})


class Judged(msgspec.Struct, frozen=True):
    """Who judged a topic, how many papers of each week, and the coefficients that weigh its verdicts."""

    key: VerdictKey
    papers: dict[str, int]
    fusion: Fusion


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Every number with what it needs to be repeated: version, labels, weeks, vectors, votes and seed.

    `rankers` are in the order of the rows, ours first; `papers` counts the ranked papers of each week; `missing` holds,
    by topic and week, the graded papers that the corpus lacks, which no ranker could find. `judged` says, by topic,
    what the row with a judge rests on; `gains` and `reliability` are measured at 0 votes on graded weeks.
    """

    labels: str
    embedder: str
    made: datetime
    plan: Plan
    rankers: tuple[str, ...]
    papers: dict[str, int]
    missing: dict[str, dict[str, tuple[str, ...]]]
    cells: tuple[Cell, ...]
    judged: dict[str, Judged] = {}
    gains: tuple[Gain, ...] = ()
    reliability: tuple[Reliability, ...] = ()
    version: str = __version__

    @property
    def ours(self) -> str:
        """Our ranker: the first row."""
        return self.rankers[0]

    def is_ours(self, ranker: str) -> bool:
        """Whether it is our ranker, with a judge or without."""
        return ranker in {self.ours, JudgedRanker.name}


def missing_papers(tasks: Sequence[Task], weeks: Sequence[Candidates]) -> dict[str, dict[str, tuple[str, ...]]]:
    """By topic and week, the papers of grade 1 and more that are not among the week's papers."""
    held = {week.week: {paper.arxiv_id for paper in week.papers} for week in weeks}
    missing: dict[str, dict[str, tuple[str, ...]]] = {}
    for task in tasks:
        for week, grades in (task.grades or {}).items():
            lacking = sorted(
                arxiv_id for arxiv_id, grade in grades.items() if grade and arxiv_id not in held.get(week, ())
            )
            if week in held and lacking:
                missing.setdefault(task.topic.name, {})[week] = tuple(lacking)
    return missing


def render_table(report: Report, metrics: Sequence[str] = (), *, width: int = 80) -> Group:
    """One table per topic and metric (rows rankers, columns votes) for a screen of that width, and how it was measured.

    Without `metrics` the headline metrics among those measured. Raises `InputError` for a metric that was not.
    """
    wanted = [check_metric(report, metric) for metric in metrics or _headlines(report)]
    topics = dict.fromkeys(cell.topic for cell in report.cells)
    tables = [_table(report, topic, metric, width) for topic in topics for metric in wanted]
    rows = report.reliability
    tables += [_reliability_table(rows, topic) for topic in dict.fromkeys(row.topic for row in rows)]
    return Group(*tables, Text(f"\n{_footer(report)}", style="dim"))


def check_metric(report: Report, metric: str) -> str:
    """The metric itself; raises `InputError` where the report lacks it."""
    measured = {cell.metric for cell in report.cells}
    if metric not in measured:
        raise InputError(f"{metric!r} was not measured. Measured were: {', '.join(sorted(measured))}.")
    return metric


def _headlines(report: Report) -> list[str]:
    measured = {cell.metric for cell in report.cells}
    return [metric for metric in _HEADLINES if metric in measured]


def _table(report: Report, topic: str, metric: str, width: int) -> Table:
    cells = {(cell.ranker, cell.votes): cell for cell in report.cells if (cell.topic, cell.metric) == (topic, metric)}
    weeks = sorted({week for cell in cells.values() for week in cell.by_week})
    direction = ", lower is better" if metric in _LOWER_IS_BETTER else ""
    title = f"\n{topic}: {metric}{direction} ({_count(len(weeks), 'week')})"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    name_width, cell_width = _column_widths(report, width)
    table.add_column("ranker", width=name_width)
    for votes in report.plan.votes:
        table.add_column(_heading(votes, cells), justify="right", width=cell_width)
    for ranker in report.rankers:
        row = [cells.get((ranker, votes)) for votes in report.plan.votes]
        if any(row):
            table.add_row(ranker, *map(_format, row), style="bold" if report.is_ours(ranker) else None)
    return table


def _reliability_table(rows: Sequence[Reliability], topic: str) -> Table:
    """Errors beside what chance alone would show."""
    title = f"\n{topic}: calibration error at 0 votes (and by chance alone), lower is better"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("ranker")
    for name in ("all papers", "judged papers", "Brier of judged", "weeks"):
        table.add_column(name, justify="right")
    for row in rows:
        if row.topic == topic:
            brier = f"{row.judged.brier:.3f}" if row.judged else _NOTHING
            errors = _format_error(row.all_papers), _format_error(row.judged)
            table.add_row(row.ranker, *errors, brier, str(len(row.weeks)))
    return table


def _format_error(measured: Calibration | None) -> str:
    """Of bins of equal count, as in the other tables; three digits, since chance alone is a few thousandths."""
    return f"{measured.error_count:.3f} ({measured.floor_count:.3f})" if measured else _NOTHING


def _column_widths(report: Report, width: int) -> tuple[int, int]:
    """Of names and of cells: intervals go to a line of their own, and names wrap, rather than anything being cut."""
    columns = len(report.plan.votes)
    longest_name = max(map(len, report.rankers))
    longest_word = max(len(word) for ranker in report.rankers for word in ranker.split())
    cell = _CELL_WIDTH if longest_name + columns * (1 + _CELL_WIDTH) <= width else _INTERVAL_WIDTH
    return max(longest_word, min(longest_name, width - columns * (1 + cell))), cell


def _format(cell: Cell | None) -> str:
    """`0.91 [0.88-0.94]`, without the interval for a single week; a dash where the ranker cannot rank yet."""
    if cell is None:
        return _NOTHING
    if cell.low is None or cell.high is None:
        return f"{cell.mean:.2f}"
    return f"{cell.mean:.2f} [{cell.low:.2f}–{cell.high:.2f}]"  # noqa: RUF001


def _heading(votes: VoteCount, cells: Mapping[tuple[str, VoteCount], Cell]) -> str:
    """Says so where the list held fewer votes before a week than asked for."""
    used = {used for (_, count), cell in cells.items() if count == votes for used in cell.votes_used.values()}
    if votes == "all" and used:
        return f"all ({_range(used)})"
    short = votes != "all" and used and min(used) < votes
    return f"{votes} votes ({_range(used)})" if short else f"{votes} votes"


def _range(numbers: set[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}–{high}"  # noqa: RUF001


def _footer(report: Report) -> str:
    weeks = sorted(report.papers)
    plan, papers = report.plan, sum(report.papers.values())
    lines = [
        f"Labels: {report.labels}. Weeks: {', '.join(weeks)}; {papers:,} papers, all ranked.",
        f"Votes: older than the week, {_count(plan.orders, 'order')} averaged, seed {plan.seed}.",
        f"Background: {plan.background:,} random older papers at most.",
        f"[low–high]: 95 % bootstrap over weeks. Vectors: {report.embedder}. Triage {report.version}.",  # noqa: RUF001
    ]
    if any(row.ranker == REFITTED for row in report.reliability):
        lines.append("Refitted: each week with coefficients that the labels of the other weeks taught.")
    lines += [_name_judge(topic, judged) for topic, judged in report.judged.items()]
    if report.gains:
        lines.append("With a judge less without, nDCG@20 at 0 votes [95 % paired bootstrap over the week's papers]:")
    lines += [
        f"  {gain.topic}, {gain.week}: {gain.difference:+.3f} [{gain.low:+.3f} to {gain.high:+.3f}]"
        for gain in report.gains
    ]
    lines += [
        f"Warning: {_count(len(ids), 'judged paper')} of {topic}, {week}, not in the corpus: {', '.join(ids[:5])}"
        + (" and more." if len(ids) > 5 else ".")  # noqa: PLR2004 - five ids fill a line
        for topic, by_week in report.missing.items()
        for week, ids in by_week.items()
    ]
    return "\n".join(lines)


def _name_judge(topic: str, judged: Judged) -> str:
    """Also which weeks it saw nothing of: there its row is that of Triage."""
    papers = ", ".join(
        f"{week} {_count(count, 'paper') if count else 'nothing, so ranked as without'}"
        for week, count in sorted(judged.papers.items())
    )
    return f"Judged, {topic}: {papers}; judge {judged.key.judge} ({judged.key.form}), weighed as {judged.fusion.name}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
