"""The judge's fault and kill benches in small, and that they can fail."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.judge_fault_plan import make_plan
from benchmarks.judge_faults import main
from triage.adapters.fake_judge.faults import FAULTS

SEED = 20261122
_FORGETFUL = """
from benchmarks import judge_kills
from triage.pipeline import asking, judge

async def find_nothing(*_):
    return None

async def load_nothing(_):
    return {}

asking.find_answer, judge.load_judged = find_nothing, load_nothing
raise SystemExit(judge_kills.main(["--only", "one caller", "--at", "60", "--json"]))
"""


def run(root: Path, *arguments: str) -> tuple[int, Any]:
    """Run Python in the repository: exit code, and what it printed."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_no_promise_is_broken_under_faults(root: Path) -> None:
    """One fault alone, then some mixed: nothing crashes, no paper drops out, and no limit is passed."""
    code, report = run(root, "benchmarks/judge_faults.py", "--runs", "2", "--processes", "1", "--json")
    total = report["total"]
    assert (code, report["broken"]) == (0, [])
    assert (total["runs"], total["broken"]) == (2, 0)
    assert 0 < total["met"] <= total["calls"]


def test_every_fault_comes_alone_and_in_a_fitting_form() -> None:
    """In twice as many runs as there are faults."""
    plans = [make_plan(SEED, number) for number in range(2 * len(FAULTS))]
    alone = [plan for plan in plans if len(plan.faults) == 1]
    assert {plan.kind for plan in alone} == set(FAULTS)
    assert all(FAULTS[plan.kind].form in {None, plan.form} for plan in alone)
    assert len(alone) == len(FAULTS) >= 50


def test_a_judge_that_never_gives_up_is_found_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run that asks too often is named, and how to repeat it."""
    monkeypatch.setattr("triage.pipeline.asking.MAX_ATTEMPTS", 7)
    plans = (make_plan(SEED, number) for number in range(0, 10_000, 2))
    plan = next(one for one in plans if one.kind == "status_503" and one.rate == 1 and one.limits.calls > 100)
    assert main(["--only", str(plan.number)]) == 1
    told = capsys.readouterr().out
    assert "7 calls for one question" in told
    assert f"--seed {SEED} --only {plan.number}" in told


def test_killed_judging_is_made_good(root: Path) -> None:
    """Some points: killed there and run again, verdicts and list are those of an undisturbed life."""
    code, (tally,) = run(root, "benchmarks/judge_kills.py", "--only", "one caller", "--every", "37", "--json")
    assert (code, tally["findings"]) == (0, [])
    assert sum(tally["kinds"].values()) > 1
    assert tally["most_twice"] <= 1


def test_a_judge_that_forgets_is_found_out(root: Path) -> None:
    """One that pays for every answer anew after a kill."""
    code, (tally,) = run(root, "-c", _FORGETFUL)
    assert code == 1
    assert any("paid twice" in problem for problem in tally["findings"][0]["problems"])
