import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.fuzz_parsers import fuzz_batch, main
from benchmarks.fuzz_targets import TARGETS, Target
from benchmarks.mutations import read_json
from triage.core.paper import PaperVersion


def _fail_on_v0(case: bytes) -> object:
    if b"v0" in case:
        raise KeyError
    return None


def _run_for_ever(_case: bytes) -> object:
    while True:
        pass


def test_every_parser_survives_a_short_fuzz(root: Path) -> None:
    """Two thousand cases each, over two processes: some are accepted, some refused, and nothing is found."""
    command = [sys.executable, str(root / "benchmarks" / "fuzz_parsers.py"), "--cases", "2000", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")
    tallies = json.loads(done.stdout)
    assert [tally["parser"] for tally in tallies] == list(TARGETS)
    for tally in tallies:
        assert tally["accepted"] + sum(tally["refused"].values()) == tally["cases"] == 2000
        assert 0 < tally["accepted"] < 2000


@pytest.mark.parametrize(
    ("read", "shown"),
    [
        (_fail_on_v0, "b'v0'"),
        (lambda case: case.decode(), "UnicodeDecodeError"),
        (lambda _case: PaperVersion(0), "version 0"),
        (lambda _case: ("a\0b",), "no database holds"),
        (lambda _case: ["\ud800"], "no database holds"),
    ],
    ids=["unnamed_error", "subclass_of_a_named_error", "impossible_version", "nul", "surrogate"],
)
def test_a_broken_parser_is_found(
    read: Callable[[bytes], object], shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 1 and the report shows the case, made small, and what went wrong."""
    monkeypatch.setitem(TARGETS, "arxiv-id", Target("arxiv-id", read, (ValueError,)))
    assert main(["--cases", "2000", "--processes", "1", "--only", "arxiv-id"]) == 1
    assert shown in capsys.readouterr().out


def test_a_parser_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """After a second of work the case counts as found."""
    monkeypatch.setitem(TARGETS, "arxiv-id", Target("arxiv-id", _run_for_ever, (ValueError,)))
    assert main(["--cases", "1", "--processes", "1", "--only", "arxiv-id"]) == 1
    assert "OvertimeError" in capsys.readouterr().out


def test_a_batch_is_repeated_by_its_numbers() -> None:
    """Seed and batch number make the same cases again; another batch has others."""
    once, again, other = (fuzz_batch("snapshot-line", 1, number, 500) for number in (0, 0, 1))
    assert (once.accepted, once.refused) == (again.accepted, again.refused) != (other.accepted, other.refused)


def test_every_seed_is_well_formed(root: Path) -> None:
    """Damage is done by the fuzzer alone."""
    seeds = sorted((root / "benchmarks" / "corpus").glob("*/*.xml"))
    assert {seed.parent.name for seed in seeds} == {"query-page", "oai-page", "feed"}
    for seed in seeds:
        assert len(ET.fromstring(seed.read_bytes())) > 0  # noqa: S314 -- our own files


def test_taking_a_member_away_leaves_json_well_formed(root: Path) -> None:
    """Nodes are cut with their commas: cases get past the decoder, to the checks behind it."""
    for line in (root / "benchmarks" / "corpus" / "snapshot-line" / "lines.jsonl").read_bytes().splitlines():
        seed = read_json(line)
        for first, last in seed.nodes:
            assert json.loads(line[:first] + line[last:]) != json.loads(line)
