"""The bench of the miss audit in small, on the bundled week."""

import gzip
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from benchmarks.miss_audit import Cell, main
from benchmarks.miss_readers import READERS, VARIANTS


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The bundled week and its judgements, laid out as the shared data are."""
    sample = files("triage.sample")
    (tmp_path / "arxiv").mkdir()
    (tmp_path / "judgements").mkdir()
    week = gzip.compress((sample / "sample-week.jsonl").read_bytes())
    (tmp_path / "arxiv" / "week-2026-W20.jsonl.gz").write_bytes(week)
    (tmp_path / "judgements" / "2026-W20.jsonl").write_bytes((sample / "sample-judgements.jsonl").read_bytes())
    return tmp_path


def test_intervals_hold_the_truth_of_made_up_readers(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of every kind, over five weeks such as the bundled one; the bench says in its exit code where they do not."""
    arguments = ["--data", str(data), "--readers", "4", "--embedder", "hashing", "--samples", "6", "--weeks", "5"]
    code = main([*arguments, "--json"])
    cells = msgspec.json.decode(capsys.readouterr().out, type=list[Cell])
    assert len(cells) == (len(READERS) + len(VARIANTS)) * 2
    realistic = [cell for cell in cells if cell.is_realistic]
    assert sum(cell.covered for cell in realistic) >= 0.9 * sum(cell.estimated for cell in realistic)
    assert code == int(not all(cell.is_held for cell in cells))


def test_a_person_reads_a_line_for_each_number_of_weeks(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Below the name of its setting, with what the settings beyond the audit's reach need not hold."""
    main(["--data", str(data), "--readers", "1", "--embedder", "hashing", "--samples", "6", "--weeks", "1", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert "own mind, 6 a week, agent-evaluation" in lines
    assert "20 a week hidden deep, 6 a week, agent-evaluation (need not hold)" in lines
    settings = (len(READERS) + len(VARIANTS)) * 2
    assert sum(line.startswith(("   1 weeks:", "   2 weeks:")) for line in lines) == 2 * settings


def test_a_setting_fails_when_it_covers_fewer_than_nine_in_ten() -> None:
    """The missed papers or the recall, unless it is there to show what the audit cannot do."""
    low = Cell(
        setting="s", topic="t", sample=6, weeks=1, is_realistic=True, estimated=100, covered=89, recall_covered=90
    )
    assert not low.is_held
    assert msgspec.structs.replace(low, covered=90).is_held
    assert not msgspec.structs.replace(low, covered=90, recall_covered=89).is_held
    assert msgspec.structs.replace(low, is_realistic=False).is_held


def test_a_folder_without_the_papers_is_refused(data: Path) -> None:
    """In one sentence that names the file."""
    (data / "arxiv" / "week-2026-W20.jsonl.gz").unlink()
    with pytest.raises(SystemExit, match=r"lacks arxiv/week-2026-W20\.jsonl\.gz"):
        main(["--data", str(data), "--embedder", "hashing"])
