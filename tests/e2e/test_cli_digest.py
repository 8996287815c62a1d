"""`triage digest`: the week's mail as a preview, in four forms."""

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from fakes.cli_case import SAMPLE_WEEK, Home

TOPICS = ("generative-recommendation", "agent-evaluation")


@pytest.fixture
def listed_home(sample_home: Home) -> Home:
    """The bundled week with both shortlists made."""
    for topic in TOPICS:
        sample_home.shortlist(SAMPLE_WEEK, topic)
    return sample_home


def run_digest(home: Home, *options: str | Path, **environment: str) -> str:
    return home.do("digest", "--week", SAMPLE_WEEK, *options, **environment).out


def test_text_is_for_the_terminal(listed_home: Home) -> None:
    """Both topics with the papers of their lists, in order, and no links of a reader's own."""
    text = run_digest(listed_home)
    wanted = [paper["arxiv_id"] for topic in TOPICS for paper in listed_home.shortlist(SAMPLE_WEEK, topic)["papers"]]
    places = [text.index(f"https://arxiv.org/abs/{arxiv_id}\n") for arxiv_id in wanted]
    assert "Week 20: 11–15 May 2026" in text  # noqa: RUF001 - a dash between days
    assert len(places) > 10
    assert places == sorted(places)
    assert "/mail/" not in text


def test_options_choose_topic_size_and_language(listed_home: Home) -> None:
    """One topic of three places, in Chinese, and how many more there are."""
    text = run_digest(listed_home, "--topic", TOPICS[1], "--size", "3", "--language", "zh")
    assert "Triage：arXiv 一周" in text  # noqa: RUF001 - a Chinese colon
    assert "\n3.  " in text
    assert "\n4.  " not in text
    assert "Generative recommendation" not in text
    assert "页面上还有" in text


def test_every_form_is_what_it_says(listed_home: Home) -> None:
    """A page, Markdown with front matter, and a record, all of the same week; links begin with the public URL."""
    url = "https://triage.example.org"
    html = run_digest(listed_home, "--format", "html", public_url=url)
    assert html.startswith("<!DOCTYPE html>")
    assert f'href="{url}/papers/' in html
    assert run_digest(listed_home, "--format", "md").startswith("---\ntitle: ")
    record = json.loads(run_digest(listed_home, "--json"))
    assert record["week"] == SAMPLE_WEEK
    assert [topic["name"] for topic in record["topics"]] == list(TOPICS)


@pytest.mark.parametrize(
    ("name", "start"), [("a.html", "<!DOCTYPE html>"), ("a.md", "---\n"), ("a.txt", "Triage, "), ("a", "Triage, ")]
)
def test_the_files_name_says_the_form(listed_home: Home, tmp_path: Path, name: str, start: str) -> None:
    """Where no form is named; one that is named counts."""
    run_digest(listed_home, "--output", tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    run_digest(listed_home, "--output", tmp_path / name, "--format", "text")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith("Triage, ")


def test_a_mail_holds_both_parts(listed_home: Home, tmp_path: Path) -> None:
    """To nobody in particular, with the subject of the week; the parts are what the other forms print."""
    path = tmp_path / "week.eml"
    assert run_digest(listed_home, "--format", "eml", "--output", path) == ""
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert mail["subject"] == "Triage: week 20, 11-15 May 2026"
    assert mail["list-unsubscribe"] is None
    assert text is not None
    assert html is not None
    assert text.get_content().split() == run_digest(listed_home).split()
    assert html.get_content().split() == run_digest(listed_home, "--format", "html").split()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--week", "2026-W21"), "triage shortlist --week 2026-W21"),
        (("--week", SAMPLE_WEEK, "--topic", "agent"), "no topic 'agent'"),
        (("--week", SAMPLE_WEEK, "--language", "fr"), "'fr' is not one of"),
        (("--week", SAMPLE_WEEK, "--size", "0"), "not in the range x>=1"),
        (("--week", SAMPLE_WEEK, "--output", "no/such/folder.html"), "Name a file in"),
    ],
)
def test_bad_input_is_told(listed_home: Home, options: tuple[str, ...], expected: str) -> None:
    """Exit code 2, and a sentence that says what to do."""
    assert expected in listed_home.refuse("digest", *options)
