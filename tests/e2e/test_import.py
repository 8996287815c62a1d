"""Files to database, through the checks, the reader, the step and the store."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from triage.adapters.snapshot import open_snapshot
from triage.errors import InputError
from triage.pipeline.importing import BATCH_LINES, ImportProgress, ImportReport, ignore_progress, import_files
from triage.store.engine import Database
from triage.store.harvest_models import ImportRow, QuarantineRow
from triage.store.models import PaperRow, VersionRow
from triage.store.schema import ensure_schema

_KILLED_AFTER_TWO_BATCHES = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from triage.adapters.snapshot import open_snapshot
from triage.pipeline.importing import import_files
from triage.store.engine import Database

def progress(state):
    if state.papers >= 2_000:
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(import_files(
    Database(sys.argv[1]), [open_snapshot(Path(sys.argv[2]))], now=lambda: datetime.now(UTC), progress=progress
))
"""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A new database, as a first run of the program makes it."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'triage.db'}")
    await ensure_schema(database)
    yield database
    await database.close()


def make_record(number: int, **changes: Any) -> dict[str, Any]:
    """Paper 2604.NNNNN in the week files' form."""
    record = {
        "id": f"2604.{number:05}",
        "version": 1,
        "title": f"Paper {number}",
        "abstract": "We study $\\alpha$ & <b>.",
        "authors": ["Ada Example"],
        "categories": ["cs.IR"],
        "primary_category": "cs.IR",
        "published": "2026-04-17",
        "announced": "2026-04-20",
        "source": "test",
    }
    return record | changes


def write_lines(path: Path, *lines: dict[str, Any] | str) -> Path:
    """JSON lines; texts as they are."""
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


async def run_import(database: Database, *paths: Path, progress: Any = ignore_progress) -> ImportReport:
    """All checks first, as the command does it; the report without its seconds."""
    files = [open_snapshot(path) for path in paths]
    report = await import_files(database, files, now=lambda: datetime.now(UTC), progress=progress)
    assert report.seconds > 0
    return replace(report, seconds=0)


async def dump_tables(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Everything an import writes, dates of writing included."""
    async with database.read() as session:
        return {
            model.__tablename__: [tuple(row) for row in await session.execute(select(*model.__table__.columns))]
            for model in (PaperRow, VersionRow, ImportRow, QuarantineRow)
        }


async def list_papers(database: Database) -> list[tuple[str, str]]:
    """Id and text hash of each, by id."""
    async with database.read() as session:
        query = select(PaperRow.arxiv_id, PaperRow.content_hash).order_by(PaperRow.arxiv_id)
        return [(arxiv_id, content_hash) for arxiv_id, content_hash in await session.execute(query)]


async def test_importing_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    """The second run says the same numbers as unchanged, and not one row differs, also under another name."""
    path = write_lines(tmp_path / "a.jsonl", *map(make_record, range(1, 1_501)), "", "{broken")
    assert await run_import(database, path) == ImportReport(files=1, lines=1_502, new=1_500, quarantined=1)
    before = await dump_tables(database)
    again = ImportReport(files=1, finished_before=1, lines=1_502, unchanged=1_500, quarantined=1)
    assert await run_import(database, path) == again
    assert await run_import(database, path.rename(tmp_path / "b")) == again
    assert await dump_tables(database) == before


async def test_the_same_papers_in_other_bytes_change_nothing(database: Database, tmp_path: Path) -> None:
    """A packed copy has another digest, so its lines are read again; papers and history stay as they are."""
    path = write_lines(tmp_path / "a.jsonl", *map(make_record, range(1, 101)))
    await run_import(database, path)
    before = await dump_tables(database)
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert await run_import(database, packed) == ImportReport(files=1, lines=100, unchanged=100)
    after = await dump_tables(database)
    assert (after["papers"], after["paper_versions"]) == (before["papers"], before["paper_versions"])


async def test_bad_lines_are_quarantined_and_stop_nothing(database: Database, tmp_path: Path) -> None:
    """Each is kept with its line number, its reason and its text; the papers around it are imported."""
    path = write_lines(
        tmp_path / "a.jsonl",
        make_record(1),
        '{"id": 2604.00002}',
        make_record(3, id="2604.003"),
        make_record(4, title="\ud800"),
        make_record(5),
    )
    assert await run_import(database, path) == ImportReport(files=1, lines=5, new=2, quarantined=3)
    assert [arxiv_id for arxiv_id, _ in await list_papers(database)] == ["2604.00001", "2604.00005"]
    async with database.read() as session:
        bad = list(await session.scalars(select(QuarantineRow).order_by(QuarantineRow.line)))
    assert [row.line for row in bad] == [2, 3, 4]
    assert [row.origin.split("@")[0] for row in bad] == ["a.jsonl"] * 3
    assert bad[0].raw == '{"id": 2604.00002}\n'
    assert "ids are text" in bad[0].reason
    assert "'2604.003' is no arXiv id" in bad[1].reason
    assert "not one JSON object" in bad[2].reason


async def test_a_mended_line_in_a_new_file_is_new(database: Database, tmp_path: Path) -> None:
    """What could not be read at first comes in later; files of one name do not hide each other's bad lines."""
    (tmp_path / "later").mkdir()
    await run_import(database, write_lines(tmp_path / "a.jsonl", make_record(1), "{", make_record(3)))
    mended = write_lines(tmp_path / "later" / "a.jsonl", make_record(1), make_record(2), "{")
    assert await run_import(database, mended) == ImportReport(files=1, lines=3, new=1, unchanged=1, quarantined=1)
    async with database.read() as session:
        assert await session.scalar(select(func.count(QuarantineRow.id))) == 2


async def test_all_files_are_checked_before_the_first_is_imported(database: Database, tmp_path: Path) -> None:
    """A bad file anywhere in the list means that nothing was changed."""
    good = write_lines(tmp_path / "good.jsonl", make_record(1))
    bad = tmp_path / "bad.jsonl.gz"
    bad.write_bytes(gzip.compress(good.read_bytes() * 100)[:-5])
    with pytest.raises(InputError, match=r"bad\.jsonl\.gz is damaged after line \d+ .* Nothing was imported"):
        await run_import(database, good, bad)
    assert not any((await dump_tables(database)).values())


async def test_progress_is_over_all_files_and_ends_at_the_whole(database: Database, tmp_path: Path) -> None:
    """Bytes only grow, from file to file, up to the sum of the sizes; papers are those read so far."""
    paths = [
        write_lines(tmp_path / f"{start}.jsonl", *map(make_record, range(start, start + 1_200))) for start in (1, 5_001)
    ]
    seen: list[ImportProgress] = []
    await run_import(database, *paths, progress=seen.append)
    total = sum(path.stat().st_size for path in paths)
    assert [state.file for state in seen] == ["1.jsonl"] * 3 + ["5001.jsonl"] * 3
    assert [state.papers for state in seen] == [1_000, 1_200, 1_200, 2_200, 2_400, 2_400]
    assert [state.bytes_done for state in seen] == sorted(state.bytes_done for state in seen)
    assert seen[-1].bytes_done == total == seen[0].bytes_total


async def test_a_file_of_whole_batches_is_finished(database: Database, tmp_path: Path) -> None:
    """When the last batch is full the end is still noticed."""
    path = write_lines(tmp_path / "a.jsonl", *map(make_record, range(1, BATCH_LINES + 1)))
    await run_import(database, path)
    assert (await run_import(database, path)).finished_before == 1


async def test_an_interrupted_import_goes_on_where_it_stopped(database: Database, tmp_path: Path) -> None:
    """What was committed is not read again, and the end is that of a run without interruption."""
    path = write_lines(tmp_path / "a.jsonl", *map(make_record, range(1, 2_501)), "{")

    def interrupt(state: ImportProgress) -> None:
        if state.papers >= 2_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await run_import(database, path, progress=interrupt)
    expected = ImportReport(files=1, lines=2_501, new=500, unchanged=2_000, quarantined=1)
    assert await run_import(database, path) == expected
    assert len(await list_papers(database)) == 2_500


async def test_a_killed_import_goes_on_where_it_stopped(database: Database, tmp_path: Path) -> None:
    """After `kill -9` the next run finds a whole database, adds the rest, and ends like one that was never killed."""
    lines = [make_record(number) for number in range(1, 3_101)]
    path = write_lines(tmp_path / "a.jsonl", *lines[:2_500], "{", *lines[2_500:])
    url = database.url.render_as_string(hide_password=False)
    killed = subprocess.run(  # noqa: S603, ASYNC221 # our own interpreter; the test waits for it
        [sys.executable, "-c", _KILLED_AFTER_TWO_BATCHES, url, str(path)],
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(await list_papers(database)) == 2_000
    report = await run_import(database, path)
    assert report == ImportReport(files=1, lines=3_101, new=1_100, unchanged=2_000, quarantined=1)
    undisturbed = Database(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    await ensure_schema(undisturbed)
    await run_import(undisturbed, path)
    assert await list_papers(undisturbed) == await list_papers(database)
    await undisturbed.close()


async def test_a_real_week(database: Database, shared_data: Path) -> None:
    """A week file and the partial file: every line is a paper, and the week holds what its README says it does."""
    folder = shared_data / "arxiv"
    report = await run_import(database, folder / "week-2026-W28.jsonl.gz", folder / "partial-2026-W10_W34.jsonl.gz")
    assert report == ImportReport(files=2, lines=1_668 + 1_998, new=1_668 + 1_998)
    async with database.read() as session:
        in_week = select(func.count()).where(PaperRow.week == "2026-W28")
        assert await session.scalar(in_week.where(func.json_array_length(PaperRow.partial) == 0)) == 1_668
        assert await session.scalar(in_week) == 1_668 + 37
