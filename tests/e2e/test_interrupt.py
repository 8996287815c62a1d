"""Ctrl-C, `kill -9` and two programs at once: the database stays sound, and the next run ends in the same result."""

import shutil
import signal
from pathlib import Path

import pytest
from fakes.cli_case import SAMPLE_WEEK, Home, Writer, make_record, make_relevant, run_apart

GR = "generative-recommendation"
_OLD_WEEK = "2026-W10"

# The program, with a signal sent to it when `module.function` is called for the nth time, before or after its work.
_INTERRUPTED = """
import os, sys
from importlib import import_module
from triage.cli import main

place, nth, moment, number = sys.argv[1:5]
del sys.argv[1:5]
module, _, name = place.rpartition(".")
original, calls = getattr(import_module(module), name), 0

async def interrupted(*arguments):
    global calls
    calls += 1
    if calls == int(nth) and moment == "before":
        os.kill(os.getpid(), int(number))
    result = await original(*arguments)
    if calls == int(nth) and moment == "after":
        os.kill(os.getpid(), int(number))
    return result

setattr(import_module(module), name, interrupted)
main()
"""
_EMBED, _SCORE = "triage.pipeline.embed.save_vectors", "triage.pipeline.score.save_scores"
_LIST = "triage.pipeline.shortlist.replace_shortlist"
_CASES = [
    pytest.param(_EMBED, 3, "after", signal.SIGINT, id="ctrl-c-embedding"),
    pytest.param(_SCORE, 2, "before", signal.SIGINT, id="ctrl-c-scoring"),
    pytest.param(_EMBED, 3, "after", signal.SIGKILL, id="kill-9-embedding"),
    pytest.param(_LIST, 1, "after", signal.SIGKILL, id="kill-9-listing"),
]


@pytest.fixture(scope="module")
def voted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two data folders with a week of 300 papers and ten votes on older papers: one before its run and one after."""
    folder = tmp_path_factory.mktemp("voted")
    before, after, write = folder / "before", folder / "after", Writer(folder)
    old = [make_relevant(n, _OLD_WEEK) for n in range(900, 910)]
    papers = write.papers("all.jsonl", [*old, *(make_record(n) for n in range(1, 301))])
    votes = write.text("votes.csv", "\n".join(["arxiv_id", *(record["id"] for record in old), ""]))
    run_apart(before, "import", papers)
    run_apart(before, "vote", "import", votes, "--topic", GR)
    shutil.copytree(before, after)
    run_apart(after, "run", "--week", SAMPLE_WEEK)
    return before, after


@pytest.fixture
def voted_home(home: Home, voted: tuple[Path, Path]) -> Home:
    """The folder before its run."""
    shutil.copytree(voted[0], home.path, dirs_exist_ok=True)
    return home


def check_soundness(home: Home) -> None:
    """SQLite finds no damage and no row that points nowhere, and each shortlist is whole or absent."""
    assert home.query("PRAGMA integrity_check") == [("ok",)]
    assert home.query("PRAGMA foreign_key_check") == []
    places = home.query(
        "SELECT count(e.id) FROM shortlists l LEFT JOIN shortlist_entries e ON shortlist_id = l.id GROUP BY l.id"
    )
    assert all(count == 22 for (count,) in places)


@pytest.mark.parametrize(("place", "nth", "moment", "number"), _CASES)
def test_an_interrupted_run_is_finished_by_the_next(
    voted_home: Home, voted: tuple[Path, Path], place: str, nth: int, moment: str, number: signal.Signals
) -> None:
    """Wherever it stops, what was committed stays, nothing is half there, and the end is that of a run undisturbed."""
    process = voted_home.start(
        place, str(nth), moment, str(number.value), "run", "--week", SAMPLE_WEEK, program=_INTERRUPTED
    )
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in out + err
    if number is signal.SIGINT:
        assert process.returncode == 130, err
        assert err.strip() == "Stopped. What was finished is kept; the same command goes on from there."
    else:
        assert process.returncode == -signal.SIGKILL
    check_soundness(voted_home)
    kept = len(voted_home.query("SELECT id FROM embeddings"))
    assert 0 < kept < 300 if place == _EMBED else kept >= 300
    voted_home.do("run", "--week", SAMPLE_WEEK)
    check_soundness(voted_home)
    assert voted_home.results() == voted_home.at(voted[1]).results()


def test_ctrl_c_during_an_import(home: Home, write: Writer) -> None:
    """Batches that were committed stay; the same import goes on from there."""
    path = write.papers("all.jsonl", [make_record(n) for n in range(1, 3_501)])
    place = "triage.pipeline.importing.upsert_papers"
    process = home.start(place, "3", "after", str(signal.SIGINT.value), "import", path, program=_INTERRUPTED)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err.strip()[:8]) == (130, "Stopped.")
    assert home.query("PRAGMA integrity_check") == [("ok",)]
    kept = len(home.query("SELECT id FROM papers"))
    assert kept in {2_000, 3_000}
    report = home.do("import", path, "--json").json["report"]
    assert (report["new"], report["unchanged"]) == (3_500 - kept, kept)


def test_two_runs_at_once(voted_home: Home, voted: tuple[Path, Path]) -> None:
    """Both end well, and the result is that of one."""
    processes = [voted_home.start("run", "--week", SAMPLE_WEEK) for _ in range(2)]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
    check_soundness(voted_home)
    assert voted_home.results() == voted_home.at(voted[1]).results()


def test_two_first_commands_at_once(home: Home, tmp_path: Path, write: Writer) -> None:
    """The data folder is made by whichever is first; both imports are there."""
    fresh = home.at(tmp_path / "fresh")
    paths = [
        write.papers(f"{start}.jsonl", [make_record(n) for n in range(start, start + 1_500)]) for start in (1, 5_001)
    ]
    processes = [fresh.start("import", path) for path in paths]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
    assert len(fresh.query("SELECT id FROM papers")) == 3_000


def test_a_reader_that_stops_listening(sample_home: Home) -> None:
    """`triage shortlist | head` ends in silence."""
    process = sample_home.start("shortlist", "--week", SAMPLE_WEEK, "--json", "--size", "50")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(timeout=60)
