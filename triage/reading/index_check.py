"""The check of the vectors and their index: whether search by meaning is fast and right; changes nothing."""

from collections.abc import Mapping
from pathlib import Path

from triage.errors import StoreError
from triage.pipeline.doctor import Check
from triage.pipeline.doctor_ledger import open_unchanged
from triage.reading.fresh_index import load_kept
from triage.reading.shelf import IndexShelf
from triage.store.engine import Database
from triage.store.vector_state import count_by_embedder


async def check_index(url: str, embedder: str, shelf: IndexShelf, folder: Path) -> Check:
    """For a database whose schema is the one of this program; every byte of a kept index in `folder` is read."""
    database = open_unchanged(url)
    try:
        return await _check(database, embedder, shelf, folder)
    except StoreError as error:
        return Check("index", "failed", f"The vectors cannot be read: {error}")
    finally:
        await database.close()


async def _check(database: Database, embedder: str, shelf: IndexShelf, folder: Path) -> Check:
    async with database.read() as session:
        others = await count_by_embedder(session)
        count = others.pop(embedder, 0)
        unused = _tell_unused(others)
        if sum(others.values()) > count:
            message = f"{count:,} vectors of {embedder}.{unused} To give every paper one of this: triage embed --all"
            return Check("index", "warning", message)
        if not shelf.is_large(count):
            return Check("index", "ok", f"{count:,} vectors, made in memory.{unused}")
        kept = await load_kept(session, shelf)
    if kept is None:
        message = (
            f"{count:,} vectors, but no index of them in {folder} that can be used: searches take seconds until triage "
            f"serve, at its first search, or triage embed --all has built one.{unused}"
        )
        return Check("index", "warning", message)
    return Check("index", "ok", f"{count:,} vectors, {len(kept[0]):,} of them in {folder}, checksums right.{unused}")


def _tell_unused(others: Mapping[str, int]) -> str:
    """A model's name changes with its version, so that these may be from before an upgrade."""
    if not others:
        return ""
    counts = ", ".join(f"{count:,} of {name}" for name, count in sorted(others.items()))
    return f" Unused, for another TRIAGE_EMBEDDER or another version of it: {counts}."
