"""Settings that are wrong: a clear sentence, exit code 2 (1 where a store is damaged), and nothing changed."""

from pathlib import Path

import pytest
from fakes.cli_case import ROOT, SAMPLE_WEEK, Home, Writer

_RUBRIC = (ROOT / "tests" / "unit" / "small_rubric.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("version: 1\n", "", "version"),
        ("version: 1\n", "version: 99\n", "version"),
        ("version: 1\n", "version: 1\nverison: 1\n", "verison"),
        ("size: 20", "size: 0", "size"),
        ("categories: [cs.IR,", "categories: [computing,", "computing"),
        ("name: second-topic", "name: Second Topic", "name"),
        ("name: second-topic", "name: first-topic", "first-topic"),
        ("cues: [other cue]", "cues: []", "cues"),
        ("weight: 2.5", "weight: heavy", "weight"),
        ("2410.10120", "banana", "banana"),
        ("definition: What it is.", "definition: ''", "definition"),
        ("4: e", "5: e", "anchors"),
    ],
)
def test_rubrics_that_are_wrong(sample_home: Home, write: Writer, good: str, bad: str, message: str) -> None:
    """File, line and field are named, the same by a check and by a run."""
    assert _RUBRIC.count(good) == 1
    path = write.text("mine.yaml", _RUBRIC.replace(good, bad))
    err = sample_home.refuse("run", "--week", SAMPLE_WEEK, rubric=str(path))
    assert err.startswith(f"triage: {path}:")
    assert message in err
    assert sample_home.refuse("rubric", "check", path) == err


def test_the_rubric_that_those_are_made_from_is_good(sample_home: Home, write: Writer) -> None:
    """Their mistakes are the only ones, and its topics are the ones that a run works on."""
    path = str(write.text("mine.yaml", _RUBRIC))
    sample_home.do("rubric", "check", path)
    steps = sample_home.do("run", "--week", SAMPLE_WEEK, "--json", rubric=path).json["steps"]
    assert {step["note"].split(":")[0] for step in steps if step["step"] == "score"} == {"first-topic", "second-topic"}


@pytest.mark.parametrize(
    "text", ["topics: [", "\t", "", "- a list", "a: &a [*a]", "\x00", "version: !!python/object:os"]
)
def test_rubrics_that_are_no_yaml(sample_home: Home, write: Writer, text: str) -> None:
    """Broken, empty, another shape, or dangerous."""
    path = write.text("mine.yaml", text)
    assert str(path) in sample_home.refuse("run", "--week", SAMPLE_WEEK, rubric=str(path))


def test_rubrics_that_cannot_be_read(sample_home: Home, tmp_path: Path) -> None:
    """Missing, a folder, or no UTF-8."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("title: Empfehlung für alle".encode("latin-1"))
    for path in (tmp_path / "missing.yaml", tmp_path, latin):
        assert str(path) in sample_home.refuse("shortlist", "--week", SAMPLE_WEEK, rubric=str(path))


def test_a_file_in_the_place_of_the_data_folder(home: Home, write: Writer) -> None:
    """Named, with what to set; also when it is further up."""
    path = write.text("occupied", "")
    for folder in (path, path / "below"):
        err = home.refuse("tag", home=str(folder))
        assert f"The data folder {folder} cannot be written" in err
        assert "TRIAGE_HOME" in err


def test_a_database_newer_than_the_program(sample_home: Home) -> None:
    """Refused and left alone."""
    sample_home.execute("UPDATE alembic_version SET version_num = '9999'")
    err = sample_home.refuse("shortlist", "--week", SAMPLE_WEEK)
    assert "newer than this program" in err
    assert "9999" in err


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database(home: Home, content: bytes) -> None:
    """A failure of the store, which is no bad input: exit code 1, and the file stays."""
    file = home.path / "triage.db"
    file.write_bytes(content)
    result = home.run("tag")
    assert result.code == 1
    assert "triage.db failed" in result.err
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threads", "-1"),
        ("threads", "many"),
        ("log_level", "loud"),
        ("database_url", "nonsense"),
        ("database_url", "nosuchdatabase://x"),
        ("home", "~nosuchuser/triage"),
    ],
)
def test_variables_that_are_wrong(sample_home: Home, name: str, value: str) -> None:
    """The variable is named."""
    assert f"TRIAGE_{name.upper()}" in sample_home.refuse("tag", **{name: value})


@pytest.mark.parametrize("arguments", [(), ("--help",), ("vote", "--help"), ("evaluate", "-h"), ("--version",)])
def test_help_answers_without_a_data_folder(home: Home, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Nothing is made; asking for help is no failure."""
    folder = tmp_path / "elsewhere"
    result = home.run(*arguments, home=str(folder))
    assert result.code == (0 if arguments else 2)
    assert "triage" in result.out + result.err
    assert not folder.exists()
