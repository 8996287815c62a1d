from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from triage.store.engine import Database
from triage.store.harvest_models import ImportRow, QuarantineRow
from triage.store.imports import BadLine, Checkpoint, find_checkpoint, quarantine_lines, save_checkpoint

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
_DIGEST = "ab" * 32


async def load_quarantine(database: Database) -> list[QuarantineRow]:
    """All of it, by line."""
    async with database.read() as session:
        return list(await session.scalars(select(QuarantineRow).order_by(QuarantineRow.origin, QuarantineRow.line)))


async def test_a_checkpoint_moves_on_and_is_found_by_digest(database: Database) -> None:
    """One row per file; unknown files have none; only a finished one has a date."""
    async with database.write() as session:
        assert await find_checkpoint(session, _DIGEST) is None
        for at in (Checkpoint(1_000, 990, 8), Checkpoint(1_500, 1_488, 9, is_finished=True)):
            await save_checkpoint(session, _DIGEST, "file.jsonl", at, _NOW)
            assert await find_checkpoint(session, _DIGEST) == at
        assert await find_checkpoint(session, "cd" * 32) is None
        (row,) = await session.scalars(select(ImportRow))
    assert (row.path, row.finished_at) == ("file.jsonl", _NOW)


async def test_a_line_is_quarantined_once_per_origin(database: Database) -> None:
    """The first reason stays; another file's line of that number is another line."""
    async with database.write() as session:
        await quarantine_lines(session, "a", [BadLine(3, "first", b"x"), BadLine(5, "other", b"y")], _NOW)
        await quarantine_lines(session, "a", [BadLine(3, "second", b"x")], _NOW)
        await quarantine_lines(session, "b", [BadLine(3, "third", b"x")], _NOW)
    rows = [(row.origin, row.line, row.reason, row.raw) for row in await load_quarantine(database)]
    assert rows == [("a", 3, "first", "x"), ("a", 5, "other", "y"), ("b", 3, "third", "x")]


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("Schrödinger\n".encode(), "Schrödinger\n"),
        (b"nul \x00 here", "nul \\x00 here"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),  # a lone surrogate in bytes
        (b"z" * 30_000, "z" * 10_000),
        ("é".encode() * 30_000, "é" * 10_000),
    ],
)
async def test_raw_bytes_are_kept_as_storable_text(database: Database, raw: bytes, kept: str) -> None:
    """Text stays text, bytes that are none become escapes, and 10,000 characters are enough."""
    async with database.write() as session:
        await quarantine_lines(session, "a", [BadLine(1, "bad \ud800 \x00" + "r" * 1_000, raw)], _NOW)
    (row,) = await load_quarantine(database)
    assert row.raw == kept
    assert row.reason.startswith("bad \\ud800 \\x00rrr")
    assert len(row.reason) == 500
