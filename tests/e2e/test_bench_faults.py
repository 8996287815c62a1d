"""The fault bench in small, and that it can fail."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fault_plan import KINDS
from benchmarks.faults import main
from triage.adapters.oai_list import Step, follow


def run(root: Path, script: str, *options: str) -> Any:
    """What a bench prints with `--json`; it must end well."""
    command = [sys.executable, str(root / "benchmarks" / script), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own interpreter
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_nothing_is_lost_under_faults(root: Path) -> None:
    """Some kinds of fault alone and many mixed: every promise is kept, though faults came up and some were visible."""
    report = run(root, "faults.py", "--runs", "24", "--processes", "1")
    total = report["total"]
    assert total["runs"] == 24
    assert [total[name] for name in ("lost", "doubled", "quiet", "other")] == [0, 0, 0, 0]
    assert total["healed"] == total["visible"] > 0
    assert total["met"] > 18
    assert total["smallest_gap"] >= 3.0
    assert report["broken"] == []


def test_there_are_enough_kinds_of_fault() -> None:
    """At least thirty, each by one name."""
    assert len(set(KINDS)) == len(KINDS) >= 30


def test_a_lossy_harvester_is_found_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One that reads first pages only and compares them with nothing: its papers are named, and how to repeat it."""

    def stop_early(*arguments: Any) -> Iterator[Step[Any]]:
        for step in follow(*arguments):
            yield Step(step.page, step.responded_at, is_last=True)
            return

    monkeypatch.setattr("triage.adapters.oai_archive.follow", stop_early)
    monkeypatch.setattr("triage.pipeline.spine.find_gaps", lambda *_: [])
    assert main(["--only-seed", "1"]) == 1
    told = capsys.readouterr().out
    assert "not in the store, 0 told" in told
    assert "--seed 20261122 --only-seed 1 -v" in told


def test_rivals_are_compared_on_the_same_days(root: Path) -> None:
    """Four harvesters in three settings; ours loses nothing, and the ways that cannot see held papers do."""
    pytest.importorskip("oaipmh_scythe", reason="needs the development dependency oaipmh-scythe")
    scores = run(root, "rivals.py", "--runs", "2")
    assert len(scores) == 12
    papers = {score["setting"]: score["announced"] for score in scores}
    for score in scores:
        assert score["announced"] == papers[score["setting"]] > 0
        if score["harvester"] == "triage":
            assert [score[name] for name in ("lost", "stale", "doubled", "quiet", "hung")] == [0, 0, 0, 0, 0]
    assert sum(score["lost"] for score in scores) > 0
