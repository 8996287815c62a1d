"""docs/: nothing lacks a heading, links lead somewhere, commands are commands."""

from pathlib import Path

import click
import pytest
from fakes.docs_case import (
    check_command_line,
    find_dead_links,
    find_missing,
    list_command_lines,
    list_fences,
    list_fields,
)

from docs.generate.commands_page import list_commands
from docs.generate.settings_page import name_variable
from triage.config import Settings
from triage.core.rubric import Rubric
from triage.core.rubric_reading import read_rubric
from triage.errors import RubricError

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))]
_HEAD = "version: 1\ncategories: [cs.IR]\ntopics:\n"


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _list_variables(kind: type[Settings]) -> set[str]:
    return {name_variable(field) for field in kind.model_fields}


def test_every_setting_has_a_heading() -> None:
    """Of its variable, in the page that `make docs` writes."""
    assert find_missing(_list_variables(Settings), _read("docs/configuration.md")) == set()


def test_a_setting_without_a_heading_is_found() -> None:
    """The check can fail."""

    class _More(Settings):
        invented: str = ""

    assert find_missing(_list_variables(_More), _read("docs/configuration.md")) == {"TRIAGE_INVENTED"}


def test_every_command_has_a_heading() -> None:
    """Of its full name, groups and what is in them alike."""
    assert find_missing((name for name, _ in list_commands()), _read("docs/commands.md")) == set()


def test_a_command_without_a_heading_is_found() -> None:
    """Also one in a group."""
    group = click.Group("triage", commands=[click.Group("vote", commands=[click.Command("invented")])])
    names = (name for name, _ in list_commands(group))
    assert find_missing(names, _read("docs/commands.md")) == {"triage vote invented"}


def test_every_rubric_field_has_a_heading() -> None:
    """By its path, as messages of `triage rubric check` have it."""
    fields = list(list_fields(Rubric))
    assert {"version", "topics[]", "topics[].near[].within", "judge.usd"} <= set(fields)
    assert find_missing(fields, _read("docs/rubric.md")) == set()


def test_a_rubric_field_without_a_heading_is_found() -> None:
    """The check can fail."""
    text = _read("docs/rubric.md").replace("### judge.usd\n", "")
    assert find_missing(list_fields(Rubric), text) == {"judge.usd"}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    """To a file of the repository, and to a heading where they name one."""
    assert find_dead_links(ROOT / name) == []


def test_dead_links_are_found(tmp_path: Path) -> None:
    """No file, no heading in another page, no heading in this page; what leads out is not followed."""
    (tmp_path / "other.md").write_text("# Here\n\n# Here\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](none.md) [b](other.md#there) [c](#gone)\n\n| [d](https://example.org) | [e](other.md#here-1) |\n"
    )
    assert find_dead_links(page) == ["none.md", "other.md#there", "#gone"]


@pytest.mark.parametrize("name", PAGES)
def test_command_lines_are_commands(name: str) -> None:
    """Every call of triage in a block of shell names a command, its options, and what it requires."""
    for words in list_command_lines(_read(name)):
        check_command_line(words)


def test_command_lines_are_found() -> None:
    """After variables and pipes, before comments, on more than one line; not in other blocks, not of other programs."""
    text = "```sh\nX=1 triage a  # don't\ncat f | .venv/bin/triage b \\\n  c && make triage\n```\n```\ntriage d\n```\n"
    assert list_command_lines(text) == [["triage", "a"], [".venv/bin/triage", "b", "c"]]


@pytest.mark.parametrize(
    "line",
    [
        "triage",
        "triage invent",
        "triage rubric invent",
        "triage harvest --invented",
        "triage run",
        "triage run --week soon",
        "triage export --topic a --week 2026-W31 --format docx",
    ],
)
def test_wrong_command_lines_are_found(line: str) -> None:
    """No command, an unknown one, an unknown option, a value missing, a value of the wrong kind."""
    with pytest.raises(click.UsageError):
        check_command_line(line.split())


def test_the_worked_topic_is_a_good_one() -> None:
    """The guide's new topic can stand at the end of the rubric that ships, as the guide says."""
    topic = list_fences(_read("docs/rubric.md"), "yaml")[0]
    read = read_rubric(_read("rubric.yaml") + topic, "mine.yaml")
    assert [each.name for each in read.topics][-1] == "user-simulation"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("simulat*, weight: 3", "simulat*, wieght: 3", "expected one of the fields phrase, weight; found 'wieght'"),
        ("exemplars:", "exemplar:", "exemplars: expected this field; found nothing"),
        ("0: No user is simulated.", "0: Yes", "expected text in quotes; found the truth value 'Yes'"),
        ("title: User simulation", "title: User: play", "cannot be read as YAML: mapping values are not allowed here"),
        ("- simulator*", '- "sim*tor"', "expected words, with * only at the start or end of one, such as semantic id*"),
        ("weight: -2", "weight: -20", "expected a number from -10 to 10 other than 0; found the number '-20'"),
        ("simulated user*, weight: 3", "user-simulat*", "expected each only once; found 'user simulat*' again"),
        ("4: The simulation of users is the contribution.", "", "five texts, for grades 0 to 4; found the grades"),
        ("2306.02552", "2306.0255", "'2306.0255' is no arXiv id: 2306 takes 5 digits after the point"),
        (
            "name: user-simulation",
            "name: User",
            "expected lower-case words joined by hyphens, such as agent-evaluation",
        ),
        ("- simulator*", "- *bench", "cannot be read as YAML: found undefined alias 'bench'"),
    ],
)
def test_mistakes_have_the_messages_of_the_guide(old: str, new: str, message: str) -> None:
    """Each stands in the guide's table, and is what the reader of rubrics says of such a topic."""
    text = _read("docs/rubric.md")
    topic = list_fences(text, "yaml")[0]
    assert old in topic
    assert message in text
    with pytest.raises(RubricError) as told:
        read_rubric(_HEAD + topic.replace(old, new, 1), "mine.yaml")
    assert message in str(told.value)
