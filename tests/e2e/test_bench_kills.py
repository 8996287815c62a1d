import json
import subprocess
import sys
from pathlib import Path
from typing import Any

# The mark moves before anything was read.
_BROKEN = """
from benchmarks import kills
from triage.pipeline import spine

plan_window = spine.plan_window

async def plan_and_mark(desk, archive, since):
    window = await plan_window(desk, archive, since)
    async with desk.database.write() as session:
        await spine._move_marks(session, desk, window, desk.now)
    return window

spine.plan_window = plan_and_mark
raise SystemExit(kills.main(["--points", "1", "--only", "very first harvest", "--every", "90", "--json"]))
"""


def run(root: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Run Python in the repository: exit code, and the tallies it printed."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_killed_commands_are_made_good(root: Path) -> None:
    """Some points of every kind and scenario: killed there and run again, all end in the undisturbed store."""
    code, tallies = run(root, "benchmarks/kills.py", "--points", "1", "--every", "150", "--json")
    assert (code, [tally["findings"] for tally in tallies]) == (0, [[]] * 5)
    assert sum(sum(tally["kinds"].values()) for tally in tallies) > 12
    assert {"SQL statement", "commit", "file", "by the clock"} <= {kind for tally in tallies for kind in tally["kinds"]}


def test_a_harvester_that_loses_papers_is_found(root: Path) -> None:
    """The exit code is 1, and a finding says which rows differ and at which point."""
    code, (tally,) = run(root, "-c", _BROKEN)
    assert code == 1
    assert any(finding["number"] and "papers: expected" in finding["difference"] for finding in tally["findings"])
