"""`triage export` and `triage feed`: what the API hands out, as files."""

import json
from pathlib import Path

import feedparser
import pytest
from bibtexparser.entrypoint import parse_string
from fakes.cli_case import SAMPLE_WEEK, Home

TOPIC = "agent-evaluation"


@pytest.fixture
def listed_home(sample_home: Home) -> Home:
    """The bundled week with its shortlist made."""
    sample_home.shortlist(SAMPLE_WEEK, TOPIC)
    return sample_home


def run_export(home: Home, form: str, *options: str | Path) -> str:
    return home.do("export", "--topic", TOPIC, "--week", SAMPLE_WEEK, "--format", form, *options).out


def test_json_is_what_the_shortlist_command_prints(listed_home: Home) -> None:
    """One list, one form: to the byte."""
    printed = listed_home.do("shortlist", "--topic", TOPIC, "--week", SAMPLE_WEEK, "--json").out
    assert run_export(listed_home, "json") == printed


def test_formats_hold_the_papers_in_order(listed_home: Home) -> None:
    """Every format has the ranked papers in the order of the list."""
    papers = json.loads(run_export(listed_home, "json"))["papers"]
    entries = parse_string(run_export(listed_home, "bib")).entries
    items = json.loads(run_export(listed_home, "csl"))
    wanted = [f"arxiv-{paper['arxiv_id']}" for paper in papers]
    assert [entry.key for entry in entries][: len(wanted)] == wanted
    assert [item["id"] for item in items][: len(wanted)] == wanted
    for form, start in (("md", "---\ntitle: "), ("ris", "TY  - UNPB"), ("csv", '"topic","week"')):
        assert run_export(listed_home, form).startswith(start)


def test_output_writes_a_file_and_nothing_else(listed_home: Home, tmp_path: Path) -> None:
    """The file holds what standard output would; an older one is replaced."""
    path = tmp_path / "week.ris"
    path.write_text("old")
    assert run_export(listed_home, "ris", "--output", path) == ""
    assert path.read_text(encoding="utf-8") == run_export(listed_home, "ris")
    assert [each.name for each in tmp_path.glob("*week*")] == ["week.ris"]


def test_feeds_of_both_kinds(listed_home: Home) -> None:
    """A static site can serve the feed, with its own address in it."""
    atom = listed_home.do("feed", "--topic", TOPIC, public_url="https://papers.example.org").out
    parsed = feedparser.parse(atom.encode())
    items = json.loads(listed_home.do("feed", "--topic", TOPIC, "--format", "json").out)["items"]
    assert not parsed.bozo
    assert parsed.entries[0].link.startswith("https://papers.example.org/papers/")
    assert [entry.id for entry in parsed.entries] == [item["id"] for item in items]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("export", "--topic", TOPIC, "--week", "2026-W21"), "triage shortlist --week 2026-W21"),
        (("export", "--topic", "agent", "--week", SAMPLE_WEEK), "no topic 'agent'"),
        (("export", "--topic", TOPIC, "--week", SAMPLE_WEEK, "--format", "pdf"), "'pdf' is not one of"),
        (("export", "--topic", TOPIC, "--week", SAMPLE_WEEK, "--output", "no/such/folder.bib"), "Name a file in"),
        (("feed", "--topic", "agent"), "no topic 'agent'"),
    ],
)
def test_bad_input_is_told(listed_home: Home, arguments: tuple[str, ...], expected: str) -> None:
    """Exit code 2, and a sentence that says what to do."""
    result = listed_home.run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert expected in result.err
