"""`triage evaluate` on made-up weeks that are large enough to be weeks."""

import json
from pathlib import Path
from typing import Any

import pytest
from fakes.cli_case import Home, Writer, make_record, make_relevant, run_apart
from fakes.verdict_case import JUDGE, keep_verdicts

from triage.core.fusion import SHIPPED

GR, AE = "generative-recommendation", "agent-evaluation"
_WEEKS = ("2026-W12", "2026-W13")
_QUICK = ("--topic", GR, "--orders", "1", "--votes", "0,5")


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two weeks of 210 papers, the first ten of each on the topic, and 30 older ones on it."""
    folder = tmp_path_factory.mktemp("weeks")
    records = [make_relevant(n, "2026-W05") for n in range(1, 31)]
    records += [make_record(n, "2026-W05") for n in range(31, 81)]
    for week, first in zip(_WEEKS, (1_001, 2_001), strict=True):
        records += [make_relevant(n, week) for n in range(first, first + 10)]
        records += [make_record(n, week) for n in range(first + 10, first + 210)]
    run_apart(folder / "home", "import", Writer(folder).papers("weeks.jsonl", records))
    return folder / "home" / "triage.db"


@pytest.fixture
def week_home(home: Home, weeks: Path) -> Home:
    """A data folder with those weeks."""
    (home.path / "triage.db").write_bytes(weeks.read_bytes())
    return home


def find_relevant(home: Home) -> dict[str, list[str]]:
    """Ids of the papers on the topic, by week."""
    found: dict[str, list[str]] = {}
    query = "SELECT week, arxiv_id FROM papers WHERE title LIKE 'Generative%' ORDER BY arxiv_id"
    for week, arxiv_id in home.query(query):
        found.setdefault(week, []).append(arxiv_id)
    return found


def write_votes(home: Home, write: Writer, topic: str = GR) -> Path:
    """A list with every paper on the topic."""
    ids = [arxiv_id for group in find_relevant(home).values() for arxiv_id in group]
    return write.text("labels.csv", "\n".join(["arxiv_id,topic", *(f"{arxiv_id},{topic}" for arxiv_id in ids), ""]))


def write_judgements(home: Home, write: Writer, week: str) -> Path:
    """Grades of the week's papers on the topic."""
    ids = find_relevant(home)[week]
    lines = [
        json.dumps({"id": arxiv_id, "topic": "gr", "grade": 3 - place % 2, "reason": "made up"})
        for place, arxiv_id in enumerate(ids)
    ]
    return write.text(f"{week}.jsonl", "\n".join([*lines, ""]))


def find_cell(report: dict[str, Any], metric: str, votes: int | str = 0, ranker: str = "Triage") -> dict[str, Any]:
    """The one cell of a table."""
    wanted = {"metric": metric, "votes": votes, "ranker": ranker, "topic": GR}
    (cell,) = [cell for cell in report["cells"] if wanted.items() <= cell.items()]
    found: dict[str, Any] = cell
    return found


def test_lists_from_the_votes_in_the_store(week_home: Home, write: Writer) -> None:
    """Both weeks are measured for all rankers, ours finds every paper, and only vectors are added."""
    week_home.do("vote", "import", write_votes(week_home, write), "--topic", GR)
    before = week_home.dump() | {"embeddings": []}
    report = week_home.do("evaluate", *_QUICK, "--json").json
    assert report["papers"] == dict.fromkeys(_WEEKS, 210)
    assert report["rankers"][0] == "Triage"
    assert len(report["rankers"]) >= 6
    cell = find_cell(report, "recall@20")
    assert cell["mean"] == 1.0
    assert cell["by_week"] == dict.fromkeys(_WEEKS, 1.0)
    assert find_cell(report, "recall@50", 5)["votes_used"] == dict.fromkeys(_WEEKS, 5)
    assert week_home.dump() | {"embeddings": []} == before


def test_lists_from_a_file(week_home: Home, write: Writer) -> None:
    """Labels need not be votes; underscores in the topic are read as hyphens."""
    path = write_votes(week_home, write, "generative_recommendation")
    report = week_home.do("evaluate", "--labels", path, "--ours-only", *_QUICK, "--json").json
    assert find_cell(report, "recall@20")["mean"] == 1.0
    assert report["rankers"] == ["Triage"]
    assert week_home.query("SELECT * FROM votes") == []


def test_graded_judgements(week_home: Home, write: Writer) -> None:
    """nDCG, calibration and recall of grade 3, with votes from the store to learn from."""
    week_home.do("vote", "import", write_votes(week_home, write), "--topic", GR)
    files = [str(write_judgements(week_home, write, week)) for week in _WEEKS]
    options = [part for file in files for part in ("--judgements", file)]
    report = week_home.do("evaluate", *options, *_QUICK, "--ours-only", "--json").json
    assert find_cell(report, "nDCG@20")["mean"] > 0.8
    assert find_cell(report, "nDCG@20", 5)["votes_used"] == dict.fromkeys(_WEEKS, 5)
    assert 0 <= find_cell(report, "calibration error")["mean"] <= 1
    assert find_cell(report, "recall@50 of grade 3")["mean"] == 1.0
    assert report["missing"] == {}


def test_the_same_evaluation_twice(week_home: Home, write: Writer) -> None:
    """Seeds are fixed: every number again."""
    path = write_votes(week_home, write)
    first, second = (
        week_home.do("evaluate", "--labels", path, "--ours-only", *_QUICK, "--json").json["cells"] for _ in range(2)
    )
    assert first == second


def test_a_table_and_a_picture(week_home: Home, write: Writer, tmp_path: Path) -> None:
    """People see the main metrics, with how they were measured; the curve is an SVG."""
    pytest.importorskip("matplotlib")
    path, picture = write_votes(week_home, write), tmp_path / "curves.svg"
    result = week_home.do("evaluate", "--labels", path, "--ours-only", *_QUICK, "--plot", picture)
    for words in (f"{GR}: recall@20", "Triage", "labels.csv", "seed 0", "all ranked"):
        assert words in result.out
    assert str(picture) in result.err
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


def test_weeks_may_be_chosen(week_home: Home, write: Writer) -> None:
    """One week, and the labels of the other are votes of the past."""
    path = write_votes(week_home, write)
    options = ("--weeks", "2026-W13", "--orders", "1", "--votes", "all", "--topic", GR, "--ours-only", "--json")
    report = week_home.do("evaluate", "--labels", path, *options).json
    assert report["papers"] == {"2026-W13": 210}
    assert find_cell(report, "recall@20", "all")["votes_used"] == {"2026-W13": 40}


def test_judged_weeks_that_are_absent_are_named(week_home: Home, write: Writer) -> None:
    """The rest is measured, and nobody is left to believe that all of it was."""
    held = write_judgements(week_home, write, "2026-W13")
    absent = write.text("2026-W01.jsonl", held.read_text())
    result = week_home.do("evaluate", "--judgements", held, "--judgements", absent, *_QUICK, "--ours-only", "--json")
    assert "2026-W01" in result.err
    assert set(result.json["papers"]) == {"2026-W13"}


def test_judged_papers_that_are_absent_are_named(week_home: Home, write: Writer) -> None:
    """A relevant paper that no ranker could find stands in the report."""
    path = write_judgements(week_home, write, "2026-W13")
    path.write_text(path.read_text() + '{"id": "2603.99999", "topic": "gr", "grade": 3}\n')
    report = week_home.do("evaluate", "--judgements", path, *_QUICK, "--ours-only", "--json").json
    assert report["missing"] == {GR: {"2026-W13": ["2603.99999"]}}
    assert "2603.99999" in week_home.do("evaluate", "--judgements", path, *_QUICK, "--ours-only").out


def test_a_topic_without_labels_does_not_stop_the_others(week_home: Home, write: Writer) -> None:
    """All topics are asked for, one has labels: that one is measured, and the other is named."""
    path = write_votes(week_home, write)
    result = week_home.do("evaluate", "--labels", path, "--orders", "1", "--votes", "0", "--ours-only", "--json")
    assert {cell["topic"] for cell in result.json["cells"]} == {GR}
    assert AE in result.err


def test_small_weeks_are_no_weeks(week_home: Home, write: Writer) -> None:
    """A label in a week of 80 papers measures nothing."""
    (first, *_) = find_relevant(week_home)["2026-W05"]
    path = write.text("old.csv", f"arxiv_id,topic\n{first},{GR}\n")
    assert "no week of at least 200 papers" in week_home.refuse("evaluate", "--labels", path, "--topic", GR)


def judge_week(home: Home, week: str, topic: str = GR) -> None:
    """Verdicts on the papers on the topic, surer for those that are graded 3, and a few others."""
    papers = find_relevant(home)[week]
    others = home.query("SELECT arxiv_id FROM papers WHERE week = ? AND title NOT LIKE 'Generative%' LIMIT 20", week)
    said = {arxiv_id: 3.0 - 2 * (place % 2) for place, arxiv_id in enumerate(papers)}
    keep_verdicts(home, topic, said | {arxiv_id: -3.0 for (arxiv_id,) in others})


def name_judgements(home: Home, write: Writer) -> list[str]:
    """The options that name graded judgements of both weeks."""
    return [part for week in _WEEKS for part in ("--judgements", str(write_judgements(home, write, week)))]


def test_verdicts_get_a_row_of_their_own(week_home: Home, write: Writer) -> None:
    """Beside ours, on the same papers; a week without a verdict is ranked as without, and named; nothing is stored."""
    judge_week(week_home, "2026-W13")
    before = week_home.dump() | {"embeddings": []}
    report = week_home.do("evaluate", *name_judgements(week_home, write), *_QUICK, "--ours-only", "--json").json
    assert report["rankers"] == ["Triage", "Triage + judge"]
    plain, judged = find_cell(report, "nDCG@20"), find_cell(report, "nDCG@20", ranker="Triage + judge")
    assert judged["by_week"]["2026-W12"] == plain["by_week"]["2026-W12"]
    assert judged["by_week"]["2026-W13"] > plain["by_week"]["2026-W13"]
    assert find_cell(report, "Brier score", ranker="Triage + judge")["mean"] != find_cell(report, "Brier score")["mean"]
    assert report["judged"][GR]["papers"] == {"2026-W12": 0, "2026-W13": 30}
    assert week_home.dump() | {"embeddings": []} == before


def test_the_gain_of_a_judge_has_an_interval_over_papers(week_home: Home, write: Writer) -> None:
    """Of each judged week: the difference of the cells, within an interval that repeats."""
    judge_week(week_home, "2026-W13")
    options = ("evaluate", *name_judgements(week_home, write), *_QUICK, "--ours-only")
    first, second = (week_home.do(*options, "--json").json for _ in range(2))
    (gain,) = first["gains"]
    assert (gain["topic"], gain["week"], gain["judged"]) == (GR, "2026-W13", 30)
    cells = {ranker: find_cell(first, "nDCG@20", ranker=ranker) for ranker in first["rankers"]}
    assert gain["without"] == cells["Triage"]["by_week"]["2026-W13"]
    assert gain["judge"] == cells["Triage + judge"]["by_week"]["2026-W13"]
    assert gain["low"] <= gain["judge"] - gain["without"] <= gain["high"]
    assert second["gains"] == first["gains"]
    shown = " ".join(week_home.do(*options).out.split())
    for words in (
        "2026-W12 nothing, so ranked as without, 2026-W13 30 papers",
        JUDGE,
        "weighed as shipped",
        "W13: +0.",
    ):
        assert words in shown


def test_lists_are_measured_with_a_judge_too(week_home: Home, write: Writer) -> None:
    """Votes are the truth then; a topic that was not judged has no such row."""
    path = write_votes(week_home, write)
    path.write_text(path.read_text() + "".join(f"{each},{AE}\n" for each in find_relevant(week_home)["2026-W13"][:3]))
    judge_week(week_home, "2026-W13")
    report = week_home.do("evaluate", "--labels", path, "--ours-only", "--votes", "0", "--orders", "1", "--json").json
    rows = {(cell["topic"], cell["ranker"]) for cell in report["cells"]}
    assert rows == {(GR, "Triage"), (GR, "Triage + judge"), (AE, "Triage")}
    assert list(report["judged"]) == [GR]
    assert report["gains"] == report["reliability"] == []


def test_coefficients_that_saw_the_labels_are_not_measured_on_them(week_home: Home, write: Writer) -> None:
    """After `triage calibrate` the row is still weighed as shipped."""
    for week in _WEEKS:
        judge_week(week_home, week)
    relevant = [arxiv_id for week in _WEEKS for arxiv_id in find_relevant(week_home)[week]]
    others = [
        arxiv_id
        for (arxiv_id,) in week_home.query("SELECT p.arxiv_id FROM papers p JOIN verdicts v ON v.paper_id = p.id")
    ]
    rows = [f"{each},{'relevant' if each in relevant else 'irrelevant'}" for each in others]
    week_home.do("vote", "import", write.text("v.csv", "\n".join(["arxiv_id,vote", *rows, ""])), "--topic", GR)
    options = ("evaluate", *name_judgements(week_home, write), *_QUICK, "--ours-only", "--json")
    before = week_home.do(*options).json
    assert week_home.do("calibrate", "--topic", GR, "--json").json[0]["is_kept"]
    after = week_home.do(*options).json
    assert after["cells"] == before["cells"]
    assert after["judged"][GR]["fusion"]["intercept"] == SHIPPED["yes-no"].intercept


def test_reliability_is_measured_and_drawn(week_home: Home, write: Writer, tmp_path: Path) -> None:
    """All papers and judged ones, errors beside chance, and coefficients of the other week for the held-out one."""
    pytest.importorskip("matplotlib")
    for week in _WEEKS:
        judge_week(week_home, week)
    picture = tmp_path / "reliability.svg"
    options = ["evaluate", *name_judgements(week_home, write), *_QUICK, "--ours-only", "--reliability", str(picture)]
    report = week_home.do(*options, "--json").json
    measured = {row["ranker"]: row for row in report["reliability"]}
    assert list(measured) == ["Triage", "Triage + judge", "Triage + judge, refitted"]
    for row in measured.values():
        assert (row["all_papers"]["papers"], row["judged"]["papers"]) == (420, 60)
        assert row["weeks"] == list(_WEEKS)
        assert 0 <= row["judged"]["floor_count"] <= 1
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
    result = week_home.do(*options)
    assert f"{GR}: calibration error at 0 votes" in result.out
    assert "Refitted: each week with coefficients" in result.out
    assert str(picture) in result.err


def test_reliability_needs_grades(week_home: Home, write: Writer) -> None:
    """A list does not say which papers are not relevant; said before any work is done."""
    pytest.importorskip("matplotlib")
    path = write_votes(week_home, write)
    assert "--judgements" in week_home.refuse("evaluate", "--labels", path, "--reliability", "a.svg")
