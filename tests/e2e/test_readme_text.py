"""README and the pages behind it name only what is there: commands and options in prose, settings, the picture.

Links and blocks of commands are looked at in tests/unit/test_docs.py.
"""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest
from fakes.cli_case import ROOT
from fakes.readme_case import read_readme

from triage.cli import triage
from triage.config import Settings
from triage.pipeline.render import ARXIV_THANKS

_IN_CODE = re.compile(r"`(triage [a-z][^`]*)`")
_SETTING = re.compile(r"\bTRIAGE_[A-Z_]+[A-Z]\b")
_MOST_LINES, _MOST_BYTES = 220, 250_000
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def find_unknown(mention: str) -> str:
    """The first word that is no command, argument or option of ours; nothing where all are known."""
    words = shlex.split(mention)[1:]
    command: click.Command = triage
    context = click.Context(triage, info_name="triage")
    while words and isinstance(command, click.Group) and words[0] in command.list_commands(context):
        command = command.get_command(context, words.pop(0)) or command
    if command is triage and words and not words[0].startswith("-"):
        return words[0]
    known = _list_options(command, context)
    return next((word for word in words if word.startswith("--") and word.split("=")[0] not in known), "")


def _list_options(command: click.Command, context: click.Context) -> set[str]:
    """Of a group, also those of its commands: one of them may be meant without its name."""
    options = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    if isinstance(command, click.Group) and command is not triage:
        for each in (command.get_command(context, name) for name in command.list_commands(context)):
            options |= _list_options(each, context) if each else set()
    return options | {"--help", "--version"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_named_exist(page: Path) -> None:
    """With every option that is named with them."""
    mentions = [" ".join(found.split()) for found in _IN_CODE.findall(page.read_text(encoding="utf-8"))]
    assert [mention for mention in mentions if find_unknown(mention)] == []


def test_an_invented_command_is_seen() -> None:
    """And an invented option, of a command and of a group."""
    assert find_unknown("triage read --week 2026-W31") == "read"
    assert find_unknown("triage run --weak 2026-W31") == "--weak"
    assert find_unknown("triage vote 2607.23722 --relevantly") == "--relevantly"
    assert not find_unknown("triage vote 2607.23722 --relevant")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_settings_that_are_named_exist(page: Path) -> None:
    """Each variable is a field of the settings."""
    known = {f"TRIAGE_{name.upper()}" for name in Settings.model_fields}
    assert set(_SETTING.findall(page.read_text(encoding="utf-8"))) <= known


def test_readme_stays_short_and_shows_a_picture() -> None:
    """What does not fit is in docs/; the picture is described for those who do not see it, and loads fast."""
    text = read_readme()
    assert text.count("\n") <= _MOST_LINES
    shown = re.search(r"!\[([^\]]{40,})\]\((docs/pictures/\S+)\)", text)
    assert shown
    assert (ROOT / shown[2]).stat().st_size < _MOST_BYTES


def test_readme_thanks_arxiv() -> None:
    """In the words that arXiv's terms of use ask for, which lists, mails and pages end with too."""
    assert ARXIV_THANKS in " ".join(read_readme().split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_targets_and_extras_that_are_named_exist(page: Path) -> None:
    """Each `make TARGET` is in the Makefile, each extra of `pip install '.[EXTRA]'` in pyproject.toml."""
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= set(targets)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {name for named in re.findall(r"'\.\[([a-z0-9,-]+)\]'", text) for name in named.split(",")} <= extras.keys()
