"""How far each file was imported, and the lines that could not be read."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from triage.ports import SetAside
from triage.store.conflict import insert_missing
from triage.store.harvest_models import ImportRow, QuarantineRow

_RAW_CHARACTERS = 10_000
_REASON_CHARACTERS = 500


class Checkpoint(msgspec.Struct, frozen=True):
    """What was read of a file so far: lines (blank ones too), of which papers and quarantined ones."""

    lines: int = 0
    papers: int = 0
    quarantined: int = 0
    is_finished: bool = False


class BadLine(msgspec.Struct, frozen=True):
    """A line that is no record, by its number (from 1) in its file."""

    line: int
    reason: str
    raw: bytes


async def find_checkpoint(session: AsyncSession, digest: str) -> Checkpoint | None:
    """Where the import of the file with that SHA-256 stands; None for a file never seen."""
    row = await session.scalar(select(ImportRow).where(ImportRow.digest == digest))
    if row is None:
        return None
    return Checkpoint(row.lines_done, row.papers, row.quarantined, row.finished_at is not None)


async def save_checkpoint(session: AsyncSession, digest: str, path: str, at: Checkpoint, now: datetime) -> None:
    """Keep where the import stands, in the same transaction as the lines it speaks of."""
    columns = {
        "lines_done": at.lines,
        "papers": at.papers,
        "quarantined": at.quarantined,
        "finished_at": now if at.is_finished else None,
    }
    await insert_missing(session, ImportRow, [{"digest": digest, "path": path, **columns}])
    await session.execute(update(ImportRow).where(ImportRow.digest == digest).values(**columns))


async def quarantine_lines(session: AsyncSession, origin: str, lines: Sequence[BadLine], now: datetime) -> None:
    """Keep unreadable lines, once per origin and line; bytes that are no text are written as escapes."""
    rows = [
        {
            "origin": origin,
            "line": bad.line,
            "reason": _make_storable(bad.reason)[:_REASON_CHARACTERS],
            "raw": _make_storable(bad.raw[: 4 * _RAW_CHARACTERS].decode("utf-8", "backslashreplace"))[:_RAW_CHARACTERS],
            "created_at": now,
        }
        for bad in lines
    ]
    await insert_missing(session, QuarantineRow, rows)


async def quarantine_records(session: AsyncSession, source: str, records: Iterable[SetAside], now: datetime) -> None:
    """Keep what a source gave that is no usable paper; the same record read again is kept once."""
    for record in records:
        raw = record.raw.encode("utf-8", "backslashreplace")
        origin = f"{source} {hashlib.sha256(raw).hexdigest()[:12]}"
        await quarantine_lines(session, origin, [BadLine(1, record.reason, raw)], now)


def _make_storable(text: str) -> str:
    """Without NUL and lone surrogates, which databases refuse."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


async def list_quarantine(session: AsyncSession, digests: Iterable[str]) -> list[str]:
    """The unreadable lines of the files with those SHA-256, one sentence each, under the name they were read by."""
    told: list[str] = []
    for digest in dict.fromkeys(digests):
        query = select(QuarantineRow).where(QuarantineRow.origin.endswith(f"@{digest[:12]}"))
        rows = await session.scalars(query.order_by(QuarantineRow.origin, QuarantineRow.line))
        told += [f"{row.origin.rpartition('@')[0]}:{row.line}: {row.reason}" for row in rows]
    return told
