import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(("fault", "database"), [("kill", ""), ("suspend", ""), ("kill", "--postgres")])
def test_processes_take_turns(root: Path, fault: str, database: str) -> None:
    """With one killed in a request, or suspended with the lease: never two at once, none too early, all get turns."""
    command = [sys.executable, str(root / "benchmarks" / "race.py"), "--interval", "0.2", "--requests", "5", "--json"]
    race = subprocess.run(  # noqa: S603 -- our own script
        [*command, "--fault", fault, *database.split()], capture_output=True, text=True, check=False, timeout=120
    )
    assert (race.returncode, race.stderr) == (0, "")
    visits = sorted(json.loads(race.stdout)["visits"], key=lambda visit: visit["start"])
    assert len(visits) >= 10
    assert all(late["start"] - early["end"] >= 0.2 for early, late in itertools.pairwise(visits))
    assert len({visit["pid"] for visit in visits}) == (3 if fault == "kill" else 2)
