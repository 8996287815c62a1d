"""`triage calibrate` on two made-up weeks with verdicts of nobody."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fakes.cli_case import Home, Writer, make_record, make_relevant, run_apart
from fakes.verdict_case import JUDGE, keep_verdicts

GR, AE = "generative-recommendation", "agent-evaluation"
_WEEKS = ("2026-W12", "2026-W13")
_EACH = 12  # papers on the topic and off it, per week
_NAMED = ("calibrate", "--topic", GR)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two weeks of 24 papers, the first half of each on the topic."""
    folder = tmp_path_factory.mktemp("weeks")
    records = []
    for week, first in zip(_WEEKS, (1_001, 2_001), strict=True):
        records += [make_relevant(n, week) for n in range(first, first + _EACH)]
        records += [make_record(n, week) for n in range(first + _EACH, first + 2 * _EACH)]
    run_apart(folder / "home", "import", Writer(folder).papers("weeks.jsonl", records))
    return folder / "home" / "triage.db"


@pytest.fixture
def week_home(home: Home, weeks: Path) -> Home:
    """A data folder with those weeks."""
    (home.path / "triage.db").write_bytes(weeks.read_bytes())
    return home


def find_papers(home: Home, *weeks: str) -> dict[str, bool]:
    """Whether each paper of the weeks is on the topic."""
    rows = home.query("SELECT arxiv_id, title LIKE 'Generative%', week FROM papers ORDER BY arxiv_id")
    return {arxiv_id: bool(on_topic) for arxiv_id, on_topic, week in rows if week in (weeks or _WEEKS)}


def vote(home: Home, write: Writer, votes: Mapping[str, bool], topic: str = GR) -> None:
    """A vote on each paper."""
    lines = [f"{arxiv_id},{'relevant' if value else 'irrelevant'}" for arxiv_id, value in votes.items()]
    home.do("vote", "import", write.text("votes.csv", "\n".join(["arxiv_id,vote", *lines, ""])), "--topic", topic)


def prepare(home: Home, write: Writer, *weeks: str) -> None:
    """Votes on everything, and a judge that agrees but for every fifth paper."""
    papers = find_papers(home, *weeks)
    vote(home, write, papers)
    said = {
        each: 3.0 if on_topic != (place % 5 == 0) else -3.0 for place, (each, on_topic) in enumerate(papers.items())
    }
    keep_verdicts(home, GR, said)


def refit(home: Home, *options: str) -> dict[str, Any]:
    """What `triage calibrate` says of the topic."""
    (found,) = home.do(*_NAMED, "--json", *options).json
    record: dict[str, Any] = found
    return record


def without_vectors(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every other table."""
    return home.dump() | {"embeddings": []}


def test_votes_on_judged_papers_are_learned_from_and_kept(week_home: Home, write: Writer) -> None:
    """The report names its labels and errors; what it says is what the store holds, for the judge that was asked."""
    prepare(week_home, write)
    made = refit(week_home)
    assert (made["labels"], made["positives"]) == (48, 24)
    assert made["weeks"] == dict.fromkeys(_WEEKS, 24)
    assert made["key"]["judge"] == JUDGE
    assert made["before"]["name"] == "shipped"
    assert set(made["reliability"]) == {"shipped", "refitted"}
    assert made["after"] != made["before"]
    assert made["is_kept"] is True
    ((judge, labels, positives, error),) = week_home.query("SELECT judge, labels, positives, error FROM calibrations")
    assert (judge, labels, positives) == (JUDGE, 48, 24)
    assert error == made["reliability"]["refitted"]["error_count"]


def test_scores_follow_where_there_is_a_verdict(week_home: Home, write: Writer) -> None:
    """Votes that contradict the judge make its "yes" worth less, never less than nothing; the rest keeps its scores."""
    papers = find_papers(week_home)
    vote(week_home, write, papers)
    unjudged, *judged = find_papers(week_home, "2026-W13")
    judged += find_papers(week_home, "2026-W12")
    keep_verdicts(week_home, GR, {each: -4.0 if papers[each] else 4.0 for each in judged})
    before = read_scores(week_home)
    made = refit(week_home)
    after = read_scores(week_home)
    assert 0 <= made["after"]["judge"] < made["before"]["judge"]
    believed = [each for each in before if each in judged and not papers[each]]
    assert len(believed) == _EACH
    assert all(after[each] < before[each] for each in believed)
    assert after[unjudged] == before[unjudged]


def read_scores(home: Home) -> dict[str, float]:
    """The scores of the later week as they stand on a list of everything, by arXiv id."""
    made = home.shortlist("2026-W13", GR, "--size", "100")
    return {place["arxiv_id"]: place["score"] for place in made["papers"]}


def test_a_dry_run_changes_nothing(week_home: Home, write: Writer) -> None:
    """It says the same as the real run, and only missing vectors are added."""
    prepare(week_home, write)
    before = without_vectors(week_home)
    told = refit(week_home, "--dry-run")
    assert without_vectors(week_home) == before
    assert told["is_kept"] is False
    assert refit(week_home) == told | {"is_kept": True}


def test_the_same_votes_give_the_same_coefficients(week_home: Home, write: Writer) -> None:
    """Running it again changes nothing; another vote does, and then the coefficients in force are measured too."""
    prepare(week_home, write)
    first = refit(week_home)
    before = week_home.dump()
    again = refit(week_home)
    assert again["after"] == again["before"] == first["after"]
    assert again["is_kept"] is False
    assert week_home.dump() == before
    assert "in force already" in " ".join(week_home.do(*_NAMED).out.split())
    vote(week_home, write, {next(iter(find_papers(week_home))): False})
    changed = refit(week_home)
    assert (changed["before"], changed["is_kept"]) == (first["after"], True)
    assert set(changed["reliability"]) == {"shipped", "in force", "refitted"}


def test_one_week_is_held_out_by_fifths(week_home: Home, write: Writer) -> None:
    """24 labels of a single week are enough."""
    prepare(week_home, write, "2026-W13")
    made = refit(week_home)
    assert made["weeks"] == {"2026-W13": 24}
    assert made["reliability"]["refitted"]["papers"] == 24


def test_what_people_see(week_home: Home, write: Writer, tmp_path: Path) -> None:
    """Coefficients before and after, errors beside chance, what moves, and a picture."""
    pytest.importorskip("matplotlib", reason="needs the extra `eval`")
    prepare(week_home, write)
    picture = tmp_path / "reliability.svg"
    result = week_home.do(*_NAMED, "--dry-run", "--plot", picture)
    for words in (GR, "48 votes", "as shipped", "refitted", "0.53", "A dry run", JUDGE):
        assert words in " ".join(result.out.split())
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("votes", "told"),
    [
        ({}, "0 votes"),
        ({"on": 19}, "19 votes"),
        ({"on": 16, "off": 4}, "20 votes on judged papers (16 relevant, 4 not)"),
    ],
    ids=["none", "too few", "too few of a kind"],
)
def test_too_few_labels_change_nothing(week_home: Home, write: Writer, votes: dict[str, int], told: str) -> None:
    """The message counts them and says what to do."""
    papers = find_papers(week_home)
    keep_verdicts(week_home, GR, dict.fromkeys(papers, 1.0))
    on, off = ([each for each, on_topic in papers.items() if on_topic is wanted] for wanted in (True, False))
    chosen = dict.fromkeys(on[: votes.get("on", 0)], True) | dict.fromkeys(off[: votes.get("off", 0)], False)
    if chosen:
        vote(week_home, write, chosen)
    message = week_home.refuse(*_NAMED)
    assert told in message
    assert "triage shortlist" in message


def test_votes_on_papers_that_were_not_judged_do_not_count(week_home: Home, write: Writer) -> None:
    """Nor do those on papers that the judge could not judge."""
    papers = find_papers(week_home)
    vote(week_home, write, papers)
    assert "triage judge" in week_home.refuse(*_NAMED)
    keep_verdicts(week_home, GR, {each: 1.0 if place < 10 else None for place, each in enumerate(papers)})
    assert "10 votes on judged papers" in week_home.refuse(*_NAMED)


def test_a_topic_without_labels_does_not_stop_the_others(week_home: Home, write: Writer) -> None:
    """All topics are asked for, one has labels: that one is refitted, and the other is named."""
    prepare(week_home, write)
    result = week_home.do("calibrate", "--json")
    assert [each["key"]["topic"] for each in result.json] == [GR]
    assert f"{AE}: 0 votes on judged papers" in result.err


def test_only_the_judge_of_most_papers_counts(week_home: Home, write: Writer) -> None:
    """A few verdicts of another way of asking, though newer, take nothing from the ones before."""
    prepare(week_home, write)
    few = dict.fromkeys(list(find_papers(week_home))[:3], 1.0)
    keep_verdicts(week_home, GR, few, form="fill", now=datetime(2026, 4, 21, tzinfo=UTC))
    assert "48 votes on judged papers" in " ".join(week_home.do(*_NAMED, "--dry-run").out.split())


def test_a_clock_that_stands_still_is_told(week_home: Home, write: Writer) -> None:
    """A calibration that would not count is refused rather than lost."""
    prepare(week_home, write)
    week_home.do(*_NAMED, now="2026-05-01T00:00:00Z")
    vote(week_home, write, {next(iter(find_papers(week_home))): False})
    assert "set the clock right" in week_home.run(*_NAMED, now="2026-05-01T00:00:00Z").err
    assert len(week_home.query("SELECT * FROM calibrations")) == 1


def test_a_picture_is_of_one_topic(week_home: Home) -> None:
    """Said before any work is done."""
    assert "--topic" in week_home.refuse("calibrate", "--plot", "a.svg")
    assert ".png or an .svg" in week_home.refuse(*_NAMED, "--plot", "a.jpg")
