"""Reports that survive JSON, tables and pictures that can be read."""

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from fakes.evaluation_case import (
    NEXT_WEEK,
    PLAN,
    WEEK,
    FakeRanker,
    evaluate_small,
    grade_week,
    make_task,
    make_week,
)
from rich.console import Console

from triage.core import metrics
from triage.errors import InputError
from triage.evaluation.baselines import RandomOrder, ZoteroArxivDaily
from triage.evaluation.draw import Plan
from triage.evaluation.plot import draw_learning_curves
from triage.evaluation.records import Ranker
from triage.evaluation.report import Report, missing_papers, render_table


def _report(*rankers: Ranker, weeks: tuple[str, ...] = (WEEK, NEXT_WEEK)) -> Report:
    held = tuple(make_week(week, first=50_000 + 100 * number) for number, week in enumerate(weeks))
    task = make_task(grades={key: value for week in held for key, value in grade_week(week).items()})
    return Report(
        labels="made up",
        embedder="random",
        made=datetime(2026, 4, 1, tzinfo=UTC),
        plan=PLAN,
        rankers=tuple(ranker.name for ranker in rankers),
        papers={week.week: len(week) for week in held},
        missing=missing_papers([task], held),
        cells=evaluate_small(task, *rankers, weeks=held),
    )


def test_report_survives_json() -> None:
    """What --json prints is read back equal, and its intervals come from the weeks it lists."""
    report = _report(FakeRanker(), RandomOrder(0))
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
    assert msgspec.to_builtins(report)["plan"] == {"votes": (0, 5, 20, "all"), "orders": 3, "background": 20, "seed": 0}
    cell = next(cell for cell in report.cells if (cell.ranker, cell.metric) == ("random order", "nDCG@20"))
    interval = metrics.bootstrap_interval(list(cell.by_week.values()), seed=0)
    assert (cell.low, cell.high) == (interval.low, interval.high)
    assert cell.mean == pytest.approx(sum(cell.by_week.values()) / 2)


def test_table_shows_rankers_votes_and_intervals() -> None:
    """Rows in our order, a dash for what cannot be, the interval in brackets, and how it was measured."""
    shown = _show(_report(FakeRanker(), ZoteroArxivDaily("random")), "precision@20")
    assert "agent-evaluation: precision@20 (2 weeks)" in shown
    assert "0.40 [0.40–0.40]" in shown  # noqa: RUF001 - the en dash of a range
    assert shown.index("triage") < shown.index("zotero-arxiv-daily (random)")
    zotero = next(line for line in shown.splitlines() if "zotero" in line)
    assert zotero.split()[2] == "–"  # noqa: RUF001 - the dash of an empty cell
    assert "all (30)" in shown
    assert "Labels: made up" in shown


@pytest.mark.parametrize("width", [80, 140])
def test_nothing_is_cut(width: int) -> None:
    """Both widths hold every interval of the default plan and every word of the names."""
    report = _report(FakeRanker(), ZoteroArxivDaily("all-MiniLM-L6-v2, int8"))
    shown = _show(msgspec.structs.replace(report, plan=Plan()), "precision@20", width=width)
    assert shown.count("[0.40–0.40]") == 4 + 3  # noqa: RUF001 - nothing was measured at 100
    assert max(map(len, shown.splitlines())) <= width
    for word in ("zotero-arxiv-daily", "(all-MiniLM-L6-v2,", "all (30)", "100 votes"):
        assert word in shown


def test_one_week_shows_no_interval() -> None:
    """A single week cannot say how sure it is."""
    assert "[" not in _show(_report(FakeRanker(), weeks=(WEEK,)), "precision@20").split("Labels")[0]


def test_default_tables_hold_the_headlines() -> None:
    """Without a choice: nDCG, recall and, lower being better, the calibration error."""
    shown = _show(_report(FakeRanker()))
    assert "nDCG@20" in shown
    assert "recall@50 of grade 3" in shown
    assert "calibration error, lower is better" in shown
    assert "Brier" not in shown


def test_judged_papers_that_the_corpus_lacks_are_told() -> None:
    """Fewer papers make a better score: the report warns, and ignores weeks it did not rank."""
    week = make_week()
    grades = {WEEK: {"2603.99999": 2, "2603.99998": 0} | grade_week(week)[WEEK], "2026-W01": {"2603.99997": 3}}
    missing = missing_papers([make_task(grades=grades)], [week])
    assert missing == {"agent-evaluation": {WEEK: ("2603.99999",)}}
    shown = _show(msgspec.structs.replace(_report(FakeRanker()), missing=missing))
    assert "Warning: 1 judged paper of agent-evaluation, 2026-W13, not in the corpus: 2603.99999." in shown


@pytest.mark.parametrize("name", ["curves.png", "curves.svg"])
def test_picture_is_drawn_and_repeats(tmp_path: Path, name: str) -> None:
    """Both formats, the same bytes for the same report."""
    pytest.importorskip("matplotlib", reason="needs the extra `eval`")
    report = _report(FakeRanker(), RandomOrder(0), ZoteroArxivDaily("random"))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        draw_learning_curves(report, tmp_path / folder / name, "nDCG@20")
    drawn = (tmp_path / "one" / name).read_bytes()
    assert drawn == (tmp_path / "two" / name).read_bytes()
    assert drawn.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")


def test_picture_of_a_single_short_week(tmp_path: Path) -> None:
    """Neither a missing interval nor two equal vote counts stop the picture."""
    pytest.importorskip("matplotlib", reason="needs the extra `eval`")
    week = make_week()
    report = _report(FakeRanker(), weeks=(WEEK,))
    cells = evaluate_small(make_task(7, grade_week(week)), FakeRanker())
    draw_learning_curves(msgspec.structs.replace(report, cells=cells), tmp_path / "a.svg", "nDCG@20")
    assert (tmp_path / "a.svg").stat().st_size > 0


def test_picture_mistakes_are_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another format, an unknown metric, a folder that is not there, a missing extra."""
    report = _report(FakeRanker())
    with pytest.raises(InputError, match=r"\.png or an \.svg"):
        draw_learning_curves(report, tmp_path / "a.jpg", "nDCG@20")
    with pytest.raises(InputError, match=r"'nDCG' was not measured\. Measured were: .*nDCG@20"):
        draw_learning_curves(report, tmp_path / "a.png", "nDCG")
    with pytest.raises(InputError, match="cannot be written"):
        draw_learning_curves(report, tmp_path / "none" / "a.svg", "nDCG@20")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"pip install '\.\[eval\]'"):
        draw_learning_curves(report, tmp_path / "a.png", "nDCG@20")


def _show(report: Report, *wanted: str, width: int = 140) -> str:
    page = io.StringIO()
    Console(width=width, file=page).print(render_table(report, wanted, width=width))
    return page.getvalue()
