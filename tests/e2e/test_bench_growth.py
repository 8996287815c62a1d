import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.scale import Reading, add_slopes
from benchmarks.scale_corpus import CORPUS, write_corpus
from triage.adapters.snapshot import open_snapshot
from triage.core.arxiv_json import read_record


def run(root: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a benchmark as a user does."""
    command = [sys.executable, str(root / "benchmarks" / script), *arguments, "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def make_reading(size: int, cpu: float) -> Reading:
    """An import that took so long."""
    return Reading(
        operation="import", size=size, items=size, seconds=cpu, cpu=cpu, main_cpu=cpu, peak_mib=1.0, store_mib=1.0
    )


def test_each_operation_is_measured_by_itself(root: Path, tmp_path: Path) -> None:
    """What an operation needs goes before it, and each says what it worked on, how long, and in how much memory."""
    done = run(root, "scale.py", "--sizes", "120", "--operations", "shortlist", "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    readings = json.loads(done.stdout)
    assert [each["operation"] for each in readings] == ["import", "embed", "score", "shortlist"]
    assert [each["items"] for each in readings] == [120, 120, 120, 85]
    assert all(each["cpu"] > 0 and each["peak_mib"] > 0 and each["store_mib"] > 0 for each in readings)


def test_a_week_is_measured_cold_and_with_its_vectors(root: Path, tmp_path: Path) -> None:
    """Both times all papers are imported and both lists are made; with the vectors there, none is made."""
    sample = root / "triage" / "sample" / "sample-week.jsonl"
    (tmp_path / "arxiv").mkdir()
    (tmp_path / "arxiv" / "week-2026-W20.jsonl.gz").write_bytes(gzip.compress(sample.read_bytes()))
    done = run(root, "whole_week.py", "--data", str(tmp_path), "--week", "2026-W20", "--embedder", "hashing")
    cold, warm = json.loads(done.stdout)
    assert (cold["warm"], warm["warm"]) == (False, True)
    assert cold["papers"] == warm["papers"] == 85
    assert cold["places"] == warm["places"] > 0
    assert warm["embedded"] == 0 < cold["embedded"]


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("embed_speed.py", "arxiv/week-2026-W31.jsonl.gz"),
        ("whole_week.py", "arxiv/week-2026-W31.jsonl.gz"),
        ("database_parity.py", "labels/agent_evaluation.csv"),
        ("readers_taste.py", "labels/agent_evaluation.csv"),
    ],
)
def test_a_missing_data_folder_is_told(root: Path, tmp_path: Path, script: str, missing: str) -> None:
    """Exit code 1 and one sentence that names what is missing, never a success without a result."""
    done = run(root, script, "--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path} lacks ")
    assert missing in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_corpus_of_any_size_holds_papers_that_differ(root: Path, tmp_path: Path) -> None:
    """Real records come first as they are; those made from them have ids and texts of their own, and can be read."""
    sample = root / "triage" / "sample" / "sample-week.jsonl"
    categories = write_corpus([sample], 300, tmp_path / CORPUS)
    papers = [read_record(line.data) for line in open_snapshot(tmp_path / CORPUS).read_lines()]
    assert papers[:85] == [read_record(line.data) for line in open_snapshot(sample).read_lines()]
    assert len(papers) == len({paper.arxiv_id for paper in papers}) == 300
    assert len({(paper.title, paper.abstract) for paper in papers}) == 300
    assert {name for paper in papers for name in paper.categories} == set(categories)


def test_cost_that_grows_too_fast_is_told() -> None:
    """Ten times the papers in ten times the time is well; in a hundred times the time it is not."""
    small, linear, square = make_reading(1_000, 1.0), make_reading(10_000, 10.0), make_reading(10_000, 100.0)
    assert [(each.slope, each.is_well) for each in add_slopes([small, linear])] == [(None, True), (1.0, True)]
    assert [(each.slope, each.is_well) for each in add_slopes([small, square])] == [(None, True), (2.0, False)]


def test_a_missed_target_is_told() -> None:
    """An import of 120,000 papers may take three minutes."""
    assert make_reading(120_000, 100.0).target == "met: 100 of 180 s"
    assert make_reading(120_000, 200.0).target == "MISSED: 200 of 180 s"
