"""Bad input: a clear sentence on standard error, exit code 2, and not one row changed."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.cli_case import SAMPLE_WEEK, Home, Writer, make_record

GR = "generative-recommendation"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.parent.exists(), "does not exist"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"{broken\n"), "first line is no JSON object"),
        (lambda path: path.write_bytes(b"plain text"), "Its name ends in .gz, but it is no gzip file"),
        (lambda path: path.write_bytes(gzip.compress(b'{"id": 1}\n' * 999)[:-9]), "is damaged after line"),
        (lambda path: path.write_bytes(b"PK\x03\x04"), "is a zip archive"),
    ],
)
def test_files_that_are_no_metadata(home: Home, tmp_path: Path, make: Callable[[Path], None], message: str) -> None:
    """Every kind of wrong file is told apart by name."""
    path = tmp_path / "papers.jsonl.gz"
    make(path)
    err = home.refuse("import", path)
    assert err.startswith("triage: ")
    assert message in err
    assert str(path) in err


def test_one_bad_file_among_good_ones(home: Home, write: Writer, tmp_path: Path) -> None:
    """Nothing of the good file is imported either."""
    home.refuse("import", write.papers("good.jsonl", [make_record(1)]), tmp_path / "missing")


@pytest.mark.parametrize(
    ("command", "week"),
    [
        ("run", "2026-W60"),
        ("shortlist", "foo"),
        ("embed", "2026-W00"),
        ("score", "0001-W01"),
        ("harvest", "2026"),
        ("run", ""),
        ("shortlist", "2025-W53"),
    ],
)
def test_texts_that_are_no_week(home: Home, command: str, week: str) -> None:
    """The message says what a week looks like, or from when on there are weeks."""
    err = home.refuse(command, "--week", week)
    assert "--week" in err
    assert "2026-W17" in err or "has no week" in err or "1991" in err


@pytest.mark.parametrize("command", ["embed", "score", "shortlist"])
def test_a_week_without_papers(sample_home: Home, command: str) -> None:
    """Says how papers come in."""
    err = sample_home.refuse(command, "--week", "2026-W01")
    assert "no papers of 2026-W01" in err
    assert "triage import" in err


def test_a_run_of_a_week_without_papers_and_without_contact(sample_home: Home) -> None:
    """Says both ways: import a file, or tell arXiv whom to write to."""
    err = sample_home.refuse("run", "--week", "2026-W01")
    assert "no papers of 2026-W01" in err
    assert "triage import" in err
    assert "TRIAGE_CONTACT" in err


@pytest.mark.parametrize("command", ["run", "harvest"])
def test_a_week_in_the_future(sample_home: Home, command: str) -> None:
    """Nothing can have been listed yet."""
    assert "lies in the future" in sample_home.refuse(command, "--week", "2099-W01", contact="me@example.org")


@pytest.mark.parametrize(
    "arguments",
    [
        ("shortlist", "--week", SAMPLE_WEEK),
        ("run", "--week", SAMPLE_WEEK),
        ("score", "--week", SAMPLE_WEEK),
        ("evaluate",),
        ("vote", "--relevant", "2605.90001"),
    ],
)
def test_an_unknown_topic(sample_home: Home, arguments: tuple[str, ...]) -> None:
    """Names the closest topic and all of them, before any work is done."""
    err = sample_home.refuse(*arguments, "--topic", "generative-recomendation")
    assert "did you mean generative-recommendation?" in err
    assert "agent-evaluation" in err


@pytest.mark.parametrize("arguments", [("vote", "--topic", GR, "--relevant"), ("tag", "--add", "x")])
def test_unknown_and_malformed_ids(sample_home: Home, arguments: tuple[str, ...]) -> None:
    """Named, and the good ids beside them get nothing."""
    assert "no paper 2604.99999" in sample_home.refuse(*arguments, "2605.90001", "2604.99999")
    for text in ("2605.9000", "banana", "2613.00001", "../etc"):
        assert repr(text) in sample_home.refuse(*arguments, "2605.90001", text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("vote", "2605.90001", "--topic", GR),
        ("vote", "2605.90001", "--relevant"),
        ("vote", "--topic", GR, "--relevant"),
        ("tag", "2605.90001"),
        ("tag", "--add", "x"),
        ("tag", "2605.90001", "--add", ""),
        ("tag", "2605.90001", "--add", "x" * 65),
        ("tag", "2605.90001", "--add", "a\tb"),
        ("shortlist", "--week", SAMPLE_WEEK, "--size", "0"),
        ("shortlist", "--week", SAMPLE_WEEK, "--size", "many"),
        ("shortlist",),
        ("import",),
        ("harvest",),
        ("harvest", "--week", SAMPLE_WEEK, "--since", "2026-05-01"),
        ("harvest", "--since", "yesterday"),
        ("rubric", "check", "missing.yaml"),
        ("frobnicate",),
        ("run", "--week", SAMPLE_WEEK, "--frobnicate"),
    ],
)
def test_options_that_are_wrong_or_missing(sample_home: Home, arguments: tuple[str, ...]) -> None:
    """Each is refused with a sentence."""
    assert sample_home.refuse(*arguments).strip()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,topic\n2604.00001,x\n", "header with the column arxiv_id"),
        ("2604.00001\n", "header with the column arxiv_id"),
        ("", "header with the column arxiv_id"),
        ("arxiv_id\n", "only a header"),
        ("arxiv_id,vote\n2604.00001,perhaps\n", ":2: vote 'perhaps'"),
        ("arxiv_id\n2604.00001\nbanana\n", ":3: 'banana' is no arXiv id"),
        ("arxiv_id,vote\n2604.00001,relevant\n2604.00001,irrelevant\n", "voted relevant and not relevant"),
        ("arxiv_id,topic,vote\n2604.00001,a,1\n2604.00001,b,0\n", "voted relevant and not relevant"),
        ("arxiv_id,topic\n2604.00001,agent_evaluation\n", "every row speaks of another topic"),
        ('arxiv_id,vote\n"2604.00001,x\n', "not a CSV row"),
    ],
)
def test_lists_of_votes_that_are_wrong(home: Home, write: Writer, text: str, message: str) -> None:
    """The message names the file, the line and what was expected; not one vote is kept."""
    path = write.text("votes.csv", text)
    err = home.refuse("vote", "import", path, "--topic", GR)
    assert message in err
    assert str(path) in err


def test_lists_of_votes_that_cannot_be_read(home: Home, tmp_path: Path) -> None:
    """Missing, a folder, or no text."""
    packed = tmp_path / "votes.csv.gz"
    packed.write_bytes(gzip.compress(b"arxiv_id\n2604.00001\n"))
    for path in (tmp_path / "missing.csv", tmp_path, packed):
        assert str(path) in home.refuse("vote", "import", path, "--topic", GR)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to measure against"),
        (("--votes", "few"), "--votes"),
        (("--votes", ""), "--votes"),
        (("--votes", "-5"), "--votes"),
        (("--plot", "curves.doc"), ".png or an .svg"),
        (("--weeks", "2026-W10:banana"), "--weeks"),
        (("--weeks", "2026-W20:2026-W10"), "--weeks"),
        (("--orders", "0"), "--orders"),
        (("--judgements", "missing/2026-W13.jsonl"), "2026-W13.jsonl"),
        (("--judgements", "week.jsonl"), "named after its week"),
        (("--labels", "missing.csv"), "missing.csv"),
        (("--metric", "beauty"), "beauty"),
    ],
)
def test_evaluations_that_cannot_be(sample_home: Home, arguments: tuple[str, ...], message: str) -> None:
    """Refused at once, before anything is embedded."""
    assert message in sample_home.refuse("evaluate", *arguments)


def test_labels_of_no_topic(sample_home: Home, write: Writer) -> None:
    """A file that names no topic of the rubric measures nothing, and says so."""
    path = write.text("mine.csv", "arxiv_id\n2605.90001\n")
    assert str(path) in sample_home.refuse("evaluate", "--labels", path)
