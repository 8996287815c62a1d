import json
import subprocess
import sys
from pathlib import Path


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmark as a user does."""
    command = [sys.executable, str(root / "benchmarks" / "oai_scale.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def test_every_made_up_paper_is_harvested_once(root: Path) -> None:
    """All come in, spread over days and on one day; the second harvest changes nothing, and reads as much."""
    done = run(root, "--made-up", "120", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    baseline, first, again, bulk = json.loads(done.stdout)
    assert [one["records"] for one in (baseline, first, again, bulk)] == [120] * 4
    assert [one["changed"] for one in (baseline, first, again, bulk)] == [0, 120, 0, 120]
    assert first["pages"] == again["pages"] == bulk["pages"] > 0
    assert all(0 < one["peak_mib"] < 500 for one in (first, again, bulk))


def test_a_missing_file_is_said_so(root: Path, tmp_path: Path) -> None:
    """Nothing is measured, and nothing has failed."""
    done = run(root, str(tmp_path / "absent.jsonl.gz"))
    assert (done.returncode, done.stdout) == (0, "")
    assert "absent.jsonl.gz is absent" in done.stderr
