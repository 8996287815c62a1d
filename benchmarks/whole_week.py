"""How long a whole week takes a user: `python benchmarks/whole_week.py [--embedder minilm-bf16] [--json]`.

`triage import` and `triage run`, from an empty data folder to both shortlists, without a language model: cold, and
in a second folder that is given the first one's vectors between the two commands. Exit code 1 where a target is missed.
About three minutes with the default embedder on two cores.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.console import require_files, say

_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_PROGRAM = "from triage.cli import main; main()"
_KIB_PER_MIB = 1024 if sys.platform == "linux" else 2**20  # macOS counts bytes
_COLD_S, _WARM_S, _PEAK_MIB = 90.0, 5.0, 1536.0


class Phase(msgspec.Struct, frozen=True):
    """One command, or one step that it reports; the peak is of the command's process, 0 for a step."""

    name: str
    seconds: float
    cpu: float = 0.0
    peak_mib: float = 0.0


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One way through the week; `warm`: the vectors were there. Seconds are those of the commands together."""

    embedder: str
    warm: bool
    papers: int
    embedded: int
    places: int
    seconds: float
    cpu: float
    peak_mib: float
    phases: list[Phase]

    @property
    def target(self) -> float:
        """Seconds, on two cores."""
        return _WARM_S if self.warm else _COLD_S

    @property
    def is_met(self) -> bool:
        """Time and memory."""
        return self.seconds < self.target and self.peak_mib < _PEAK_MIB


def measure(file: Path, week: str, embedder: str, folder: Path) -> list[Reading]:
    """Cold, then in a second data folder that is given the vectors of the first."""
    cold, warm = folder / "cold", folder / "warm"
    first = _go_through(file, week, embedder, cold)
    say(f"{embedder}, cold: {first.seconds:.1f} s")
    second = _go_through(file, week, embedder, warm, vectors_of=cold)
    say(f"{embedder}, vectors there: {second.seconds:.1f} s")
    return [first, second]


def _go_through(file: Path, week: str, embedder: str, home: Path, vectors_of: Path | None = None) -> Reading:
    imported, import_phase = _call(["import", str(file), "--json"], embedder, home)
    if vectors_of is not None:
        copy_vectors(vectors_of / "triage.db", home / "triage.db")
    ran, run_phase = _call(["run", "--week", week, "--json"], embedder, home)
    steps = ran["steps"]
    return Reading(
        embedder=embedder,
        warm=vectors_of is not None,
        papers=imported["report"]["new"],
        embedded=sum(step["done"] for step in steps if step["step"] == "embed"),
        places=sum(step["seen"] for step in steps if step["step"] == "shortlist"),
        seconds=import_phase.seconds + run_phase.seconds,
        cpu=import_phase.cpu + run_phase.cpu,
        peak_mib=max(import_phase.peak_mib, run_phase.peak_mib),
        phases=[import_phase, run_phase, *(Phase(f"  {step['step']}", step["seconds"]) for step in steps)],
    )


def copy_vectors(source: Path, target: Path) -> None:
    """Give the papers of one database the vectors that those with the same ids and texts have in another."""
    with closing(sqlite3.connect(target)) as connection, connection:
        connection.execute("ATTACH ? AS source", (str(source),))
        connection.execute(
            "INSERT INTO embeddings (paper_id, embedder, content_hash, dimension, vector) "
            "SELECT ours.id, given.embedder, given.content_hash, given.dimension, given.vector "
            "FROM source.embeddings AS given JOIN source.papers AS theirs ON theirs.id = given.paper_id "
            "JOIN papers AS ours ON ours.arxiv_id = theirs.arxiv_id AND ours.content_hash = given.content_hash"
        )


def _call(arguments: Sequence[str], embedder: str, home: Path) -> tuple[dict[str, Any], Phase]:
    """Run `triage` as a user does; returns its JSON, and what the process took from its start to its end."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    environment = others | {"TRIAGE_HOME": str(home), "TRIAGE_EMBEDDER": embedder}
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    started = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:  # noqa: S603
        out = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"triage {arguments[0]} ended with exit code {process.returncode}.")
    peak = usage.ru_maxrss / _KIB_PER_MIB
    return msgspec.json.decode(out), Phase(f"triage {arguments[0]}", seconds, usage.ru_utime + usage.ru_stime, peak)


def print_table(readings: Sequence[Reading]) -> None:
    """A line a reading, its commands and their steps below it."""
    print(f"{'':34}{'papers':>8}{'places':>8}{'s':>8}{'CPU s':>8}{'peak MiB':>10}{'target':>8}")
    for one in readings:
        name = f"{one.embedder}, {'vectors there' if one.warm else 'cold'}"
        verdict = "" if one.is_met else "  MISSED"
        print(
            f"{name:34}{one.papers:>8,}{one.places:>8}{one.seconds:>8.1f}{one.cpu:>8.1f}"
            f"{one.peak_mib:>10.0f}{one.target:>7.0f}s{verdict}"
        )
        for phase in one.phases:
            used = f"{phase.cpu:>8.1f}{phase.peak_mib:>10.0f}" if phase.peak_mib else ""
            print(f"  {phase.name:32}{'':16}{phase.seconds:>8.1f}{used}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was measured; 1 where a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=_DATA, help="folder with arxiv/week-WEEK.jsonl.gz")
    parser.add_argument("--week", default="2026-W31", help="which week (default: 2026-W31)")
    parser.add_argument("--embedder", action="append", help="may be given several times (default: minilm)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    name = f"arxiv/week-{options.week}.jsonl.gz"
    require_files(options.data, name)
    readings: list[Reading] = []
    for embedder in options.embedder or ["minilm"]:
        with tempfile.TemporaryDirectory() as folder:
            readings += measure(options.data / name, options.week, embedder, Path(folder))
    if options.json:
        sys.stdout.write(msgspec.json.encode(readings).decode() + "\n")
    else:
        print_table(readings)
    return int(not all(one.is_met for one in readings))


if __name__ == "__main__":
    sys.exit(main())
