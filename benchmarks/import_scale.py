"""How fast a large file is imported, and in how much memory: `python benchmarks/import_scale.py FILE [--json]`.

The file is imported twice into a database in a fresh folder: the second run must change nothing.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from triage.adapters.snapshot import open_snapshot
from triage.pipeline.importing import ImportReport, import_files
from triage.store.engine import Database
from triage.store.schema import ensure_schema


class Measurement(msgspec.Struct, frozen=True):
    """Seconds are wall-clock; the peak is of this process, the database's page cache included."""

    papers: int
    quarantined: int
    seconds: float
    papers_per_second: float
    seconds_again: float
    peak_rss_mib: float
    database_mib: float


async def measure_import(path: Path, home: Path) -> Measurement:
    """Import a file twice into a new database below `home`."""
    database = Database(f"sqlite+aiosqlite:///{home / 'triage.db'}")
    await ensure_schema(database)
    first, again = await _import(database, path), await _import(database, path)
    await database.close()
    if again.new or again.changed:
        raise SystemExit("The second import changed something.")
    return Measurement(
        papers=first.papers,
        quarantined=first.quarantined,
        seconds=round(first.seconds, 1),
        papers_per_second=round(first.papers / first.seconds),
        seconds_again=round(again.seconds, 2),
        peak_rss_mib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        database_mib=round((home / "triage.db").stat().st_size / 2**20, 1),
    )


async def _import(database: Database, path: Path) -> ImportReport:
    started = time.perf_counter()
    report = await import_files(database, [open_snapshot(path)], now=lambda: datetime.now(UTC))
    return msgspec.structs.replace(report, seconds=time.perf_counter() - started)  # checking the file included


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        measured = asyncio.run(measure_import(arguments.file, Path(home)))
    if arguments.json:
        sys.stdout.write(msgspec.json.encode(measured).decode() + "\n")
        return
    for name, value in msgspec.structs.asdict(measured).items():
        print(f"{name:18} {value:>12,}")


if __name__ == "__main__":
    main()
