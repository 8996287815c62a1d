"""`triage demo`, run once for all tests here, over what an earlier run left, with an environment that is wrong."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from fakes.cli_case import PROGRAM, ROOT, Home

from triage.cli import demo as module
from triage.config import Settings
from triage.home import load_rubric
from triage.store.shortlists import Shortlist

LISTS = ("generative-recommendation", "agent-evaluation")


class Demo(msgspec.Struct, frozen=True):
    folder: Path
    out: str
    err: str

    def read(self, topic: str, suffix: str) -> str:
        """One of the files it wrote."""
        return (self.folder / f"{topic}-2026-W20{suffix}").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """What one run prints and writes into a folder that holds a broken earlier run and somebody's letter."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "letter.md").write_text("Dear Ada,")
    old = folder / "data"
    old.mkdir()
    (old / module._MARKER).write_text("made by an earlier run")
    (old / "triage.db").write_text("broken")
    (folder / f"{LISTS[0]}-2026-W20.md").write_text(module._NOTICE)
    wrong = {"TRIAGE_HOME": str(folder / "mine"), "TRIAGE_DATABASE_URL": "wrong", "TRIAGE_THREADS": "-1"}
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COLUMNS": "100", "NO_COLOR": "1", **wrong}
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROGRAM, "demo", "--folder", str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Demo(folder, done.stdout, done.stderr)


def list_ids(text: str, pattern: str) -> list[str]:
    """The arXiv ids a pattern finds, in order."""
    return re.findall(pattern.replace("ID", r"(2605\.9\d{4})"), text)


def test_both_lists_are_printed_with_their_quality(shown: Demo) -> None:
    """Two tables of ten places, the time it took, nDCG over one half on our judgements, and what to do next."""
    for title in ("Generative recommendation", "Agent evaluation"):
        assert f"{title} · 2026-W20 · 10 of 85 papers" in shown.out
        quality = re.search(rf"nDCG@20: .*?{title} (\d\.\d\d)", shown.out, re.DOTALL)
        assert quality
        assert 0.5 < float(quality[1]) <= 1
    assert re.search(r"85 papers .* in \d+\.\d s", shown.out)
    for command in ("import", "harvest --week", "run --week", "shortlist --week", "vote", "evaluate"):
        assert f"triage {command}" in shown.out
    assert "TRIAGE_CONTACT" in shown.out
    assert not shown.err


def test_it_says_once_that_all_is_made_up(shown: Demo) -> None:
    """The notice leads the output and stands once in it, and once in each file."""
    text = " ".join(shown.out.split())
    assert text.startswith(module._NOTICE)
    for part in (text, *(shown.read(topic, suffix) for topic in LISTS for suffix in (".md", ".html"))):
        assert part.count(module._NOTICE) == 1


@pytest.mark.parametrize("topic", LISTS)
def test_the_files_hold_what_was_printed(shown: Demo, topic: str) -> None:
    """Markdown, HTML and table show the same twelve papers in the same order."""
    markdown = list_ids(shown.read(topic, ".md"), r"\]\(https://arxiv\.org/abs/ID\)")
    assert len(markdown) == len(set(markdown)) == 12
    page = shown.read(topic, ".html")
    assert list_ids(page, r'id="ID"') == markdown
    assert list_ids(page, r'href="https://arxiv\.org/abs/ID"') == markdown
    assert "<script" not in page
    printed = list_ids(shown.out, r"ID ·")
    assert printed[:12] == markdown if topic == LISTS[0] else printed[12:] == markdown


def test_the_mail_holds_both_lists(shown: Demo) -> None:
    """As a page with the notice, the papers of both lists in order, and no link of a reader's own; it says where."""
    page = shown.read("digest", ".html")
    listed = [
        paper for topic in LISTS for paper in list_ids(shown.read(topic, ".md"), r"\]\(https://arxiv\.org/abs/ID\)")
    ]
    assert page.count(module._NOTICE) == 1
    assert list(dict.fromkeys(list_ids(page, r'href="https://arxiv\.org/abs/ID"'))) == listed
    assert "/mail/" not in page
    assert str(shown.folder / "digest-2026-W20.html") in shown.out


def test_it_writes_its_own_files_only(shown: Demo) -> None:
    """The letter beside them is as it was, and the user's own data folder was not made."""
    assert (shown.folder / "letter.md").read_text() == "Dear Ada,"
    names = {f"{topic}-2026-W20{suffix}" for topic in LISTS for suffix in (".md", ".html")}
    assert {path.name for path in shown.folder.iterdir()} == names | {"digest-2026-W20.html", "letter.md", "data"}
    assert {path.name for path in (shown.folder / "data").iterdir()} == {"triage.db", "MADE-UP.txt", "2026-W20.jsonl"}


def test_the_next_step_it_names_works(shown: Demo, home: Home) -> None:
    """Voting in the made-up data folder, as the output says, finds the paper."""
    step = re.search(r"TRIAGE_HOME=(\S+) triage (vote .*)", shown.out)
    assert step
    assert step[1] == str(shown.folder / "data")
    assert "1 new" in home.do(*step[2].split(), home=step[1]).out
    home.do("vote", step[2].split()[1], "--topic", LISTS[0], "--withdraw", home=step[1])


def test_a_file_in_the_place_of_the_folder_is_refused(home: Home, tmp_path: Path) -> None:
    """The demo says that the folder cannot be used, and the file stays."""
    path = tmp_path / "demo"
    path.write_text("mine")
    result = home.run("demo", "--folder", path)
    assert result.code == 2
    assert f"The folder {path} cannot be used" in result.err
    assert path.read_text() == "mine"


def test_a_data_folder_of_somebody_else_is_refused(home: Home, tmp_path: Path) -> None:
    """A folder `data` that the demo did not make is not touched."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "triage.db").write_text("mine")
    result = home.run("demo", "--folder", tmp_path)
    assert result.code == 2
    assert "was not made by the demo" in result.err
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["triage.db"]
    assert (tmp_path / "data" / "triage.db").read_text() == "mine"


@pytest.mark.parametrize("name", [LISTS[1], "digest"])
def test_a_list_of_somebody_else_is_refused(home: Home, tmp_path: Path, name: str) -> None:
    """A real shortlist or mail of that name is not overwritten, and nothing is computed first."""
    path = tmp_path / f"{name}-2026-W20.html"
    path.write_text("mine")
    result = home.run("demo", "--folder", tmp_path)
    assert result.code == 2
    assert f"{path} was not written by the demo" in result.err
    assert path.read_text() == "mine"


def test_programs_read_the_same(tmp_path: Path) -> None:
    """The record holds the notice, the files, and each list with its quality, or null where nobody judged."""
    topic = load_rubric(Settings(home=tmp_path)).topics[0]
    made = datetime(2026, 5, 18, tzinfo=UTC)
    shortlist = Shortlist(topic.name, "2026-W20", 10, "f00d", "prior-1", 85, made, None, ())
    lists = (module._Ranked(topic, shortlist, 0.75), module._Ranked(topic, shortlist, None))
    record = json.loads(
        msgspec.json.encode(module._to_record(module._Demo(lists, (tmp_path / "a.md",), tmp_path / "b.html", 1.5)))
    )
    assert record["notice"] == module._NOTICE
    assert record["files"] == [str(tmp_path / "a.md")]
    assert record["digest"] == str(tmp_path / "b.html")
    assert record["seconds"] == 1.5
    assert [each["ndcg@20"] for each in record["shortlists"]] == [0.75, None]
    assert record["shortlists"][0]["topic"] == topic.name
