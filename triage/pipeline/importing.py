"""Import: lines of metadata files become papers, bad lines go to quarantine, and a second run changes nothing."""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol

import msgspec

from triage.core.arxiv_json import read_record
from triage.core.paper import Paper
from triage.store.engine import Database
from triage.store.imports import BadLine, Checkpoint, find_checkpoint, quarantine_lines, save_checkpoint
from triage.store.upsert import upsert_papers

BATCH_LINES = 1_000


class Line(Protocol):
    """One line, counted from 1; `position` is how many bytes of the file were read so far."""

    @property
    def number(self) -> int:
        """Its place in the file."""
        ...

    @property
    def data(self) -> bytes:
        """Its bytes."""
        ...

    @property
    def position(self) -> int:
        """What of the file was read with it."""
        ...


class LineFile(Protocol):
    """A checked file; `digest` is the SHA-256 of its bytes, by which it is known again under any name."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def size(self) -> int:
        """Bytes on disk."""
        ...

    @property
    def digest(self) -> str:
        """64 hexadecimal digits."""
        ...

    def read_lines(self) -> Iterator[Line]:
        """Every line in order."""
        ...


class ImportProgress(msgspec.Struct, frozen=True):
    """How far all files together are, in bytes on disk, and the papers read so far."""

    file: str
    bytes_done: int
    bytes_total: int
    papers: int


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did; what an earlier run had done of the same bytes is in it, its papers as unchanged.

    `lines` are all lines, blank ones too; `finished_before` are the files that were known from end to end.
    """

    files: int = 0
    finished_before: int = 0
    lines: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    seconds: float = 0.0

    @property
    def papers(self) -> int:
        """Records that were read."""
        return self.new + self.changed + self.unchanged

    def __add__(self, other: "ImportReport") -> "ImportReport":
        return ImportReport(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})


class _Batch(msgspec.Struct):
    lines: int = 0
    position: int = 0
    papers: list[Paper] = []
    bad: list[BadLine] = []


def ignore_progress(_progress: ImportProgress) -> None:
    """Show nothing."""


async def import_files(
    database: Database,
    files: Sequence[LineFile],
    *,
    now: Callable[[], datetime],
    progress: Callable[[ImportProgress], None] = ignore_progress,
) -> ImportReport:
    """Read every file into the store, a batch per transaction, from where an earlier run over the same bytes stopped.

    Idempotent; a crash loses one batch at most. A line that is no record is kept in quarantine and counted.
    """
    started = time.monotonic()
    total = ImportReport()
    size = sum(file.size for file in files)
    behind = 0
    for file in files:
        report = ImportReport()
        async for position, report in _import_file(database, file, now):
            progress(ImportProgress(file.name, behind + position, size, (total + report).papers))
        total += report
        behind += file.size
    return total + ImportReport(seconds=time.monotonic() - started)


async def _import_file(
    database: Database, file: LineFile, now: Callable[[], datetime]
) -> AsyncIterator[tuple[int, ImportReport]]:
    """After each batch: the position in the file, and the report on the file so far."""
    async with database.read() as session:
        done = await find_checkpoint(session, file.digest) or Checkpoint()
    report = ImportReport(
        files=1,
        finished_before=int(done.is_finished),
        lines=done.lines,
        unchanged=done.papers,
        quarantined=done.quarantined,
    )
    lines = islice(file.read_lines(), done.lines, None)
    while not done.is_finished:
        batch = _read_batch(islice(lines, BATCH_LINES))
        done = Checkpoint(
            lines=done.lines + batch.lines,
            papers=done.papers + len(batch.papers),
            quarantined=done.quarantined + len(batch.bad),
            is_finished=batch.lines < BATCH_LINES,
        )
        report += await _save_batch(database, file, batch, done, now())
        yield batch.position, report
    yield file.size, report


def _read_batch(lines: Iterable[Line]) -> _Batch:
    batch = _Batch()
    for line in lines:
        batch.lines += 1
        batch.position = line.position
        if not line.data.strip():
            continue
        try:
            batch.papers.append(read_record(line.data))
        except ValueError as error:
            batch.bad.append(BadLine(line.number, str(error), line.data))
    return batch


async def _save_batch(
    database: Database, file: LineFile, batch: _Batch, done: Checkpoint, now: datetime
) -> ImportReport:
    origin = f"{file.name}@{file.digest[:12]}"  # two files may bear one name
    async with database.write() as session:
        count = await upsert_papers(session, batch.papers, now)
        await quarantine_lines(session, origin, batch.bad, now)
        await save_checkpoint(session, file.digest, file.name, done, now)
    return ImportReport(
        lines=batch.lines,
        new=count.new,
        changed=count.changed,
        unchanged=count.unchanged,
        quarantined=len(batch.bad),
    )
