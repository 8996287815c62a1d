"""A large index is loaded, or built aside; at any time a search finds what comparing with all vectors would."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from shutil import copytree, rmtree

import numpy as np
import pytest
from fakes.judging_case import NOW
from fakes.store_search_case import ASKED, search_all
from sqlalchemy import delete, select
from structlog.testing import capture_logs

from triage.adapters.hashing import NAME, HashingEmbedder
from triage.adapters.vector_index.building import IndexBuild
from triage.adapters.vector_index.coded import CodedIndex
from triage.adapters.vector_index.exact import ExactIndex
from triage.adapters.vector_index.folder import IndexFolder
from triage.core.paper import Paper
from triage.core.vectors import IndexMark
from triage.pipeline.embed import embed_papers
from triage.reading.finder import Finder
from triage.reading.fresh_index import FreshIndex
from triage.reading.store_scan import StoreScan
from triage.store.engine import Database
from triage.store.models import EmbeddingRow, PaperRow
from triage.store.papers import select_papers
from triage.store.upsert import upsert_papers

ID = "2605.99001"
Open = Callable[..., FreshIndex]


@pytest.fixture
async def database(listed_database: Path) -> AsyncIterator[Database]:
    """The bundled week of 85 papers, with vectors."""
    database = Database(f"sqlite+aiosqlite:///{listed_database}")
    yield database
    await database.close()


@pytest.fixture
async def start(database: Database, tmp_path: Path) -> AsyncIterator[Open]:
    """Starts as another process would, which always looks at the store again; above 20 vectors an index is large."""
    opened: list[FreshIndex] = []

    def _start(most_exact: int = 20) -> FreshIndex:
        seconds = iter(range(0, 1_000_000, 100))
        shelf = IndexFolder(tmp_path / "index", NAME, most_exact=most_exact)
        opened.append(FreshIndex(database, NAME, shelf, lambda: next(seconds)))
        return opened[-1]

    yield _start
    for index in opened:
        await index.close()


async def put(database: Database, text: str, *, version: int = 1, is_embedded: bool = True) -> int:
    """A version of a paper, and its vector; returns its key."""
    paper = Paper(arxiv_id=ID, version=version, title=text, abstract=f"{text} again.")
    async with database.write() as session:
        await upsert_papers(session, [paper], NOW)
        stored = await select_papers(session, [ID])
    if is_embedded:
        await embed_papers(database, HashingEmbedder(), list(stored.values()))
    return stored[ID].key


async def check_right(database: Database, finder: Finder) -> None:
    """It finds what it should, all and the first ten."""
    for count in (10, 200):
        found = await asyncio.to_thread(finder.search, ASKED, count)
        expected = await search_all(database, count)
        assert {each.key: round(each.cosine, 4) for each in found} == {
            each.key: round(each.cosine, 4) for each in expected
        }


async def test_until_a_large_index_is_built_the_database_is_searched(database: Database, start: Open) -> None:
    """Both find the same; another process then loads what was built."""
    fresh = start()
    scan = await fresh.open()
    assert isinstance(scan, StoreScan)
    assert len(scan) == 85
    assert await asyncio.to_thread(scan.search, ASKED, 0) == []
    await check_right(database, scan)
    built = await fresh.prepare()
    assert isinstance(built, CodedIndex)
    await check_right(database, built)
    with capture_logs() as events:
        loaded = await start().open()
    assert isinstance(loaded, CodedIndex)
    assert not [event for event in events if event["event"] == "index_built"]
    await check_right(database, loaded)


async def test_a_small_index_is_made_in_memory_and_moves_when_it_grows(database: Database, start: Open) -> None:
    """It serves while the large one is built."""
    fresh = start(85)
    small = await fresh.open()
    assert isinstance(small, ExactIndex)
    await put(database, "One more")
    assert await fresh.open() is small
    large = await fresh.prepare()
    assert isinstance(large, CodedIndex)
    await check_right(database, large)


@pytest.mark.parametrize("is_kept", [False, True])
async def test_it_follows_every_change_of_a_text(database: Database, start: Open, *, is_kept: bool) -> None:
    """New, changed, changed back, and changed without a vector; an older index that is put back catches up too."""
    fresh = start(20 if is_kept else 200)
    key = await put(database, "First words")
    assert len(await fresh.prepare()) == 86
    for version, text in ((2, "Second words"), (3, "First words"), (4, "Third")):
        await put(database, text, version=version, is_embedded=version != 4)
        await check_right(database, await fresh.open())
        await check_right(database, await start(20 if is_kept else 200).open())
    assert key not in {each.key for each in (await fresh.open()).search(ASKED, 200)}


async def test_an_index_is_prepared_where_it_is_large(start: Open, tmp_path: Path) -> None:
    """A small one would be made in memory for nothing."""
    await start(85).prepare_large()
    assert not (tmp_path / "index").exists()
    await start().prepare_large()
    assert isinstance(await start().open(), CodedIndex)


async def test_what_is_much_changed_is_built_anew_while_the_old_one_serves(database: Database, start: Open) -> None:
    """And the new one takes over."""
    fresh = start()
    await fresh.prepare()
    async with database.read() as session:
        keys = list(await session.scalars(select(PaperRow.id).limit(30)))
    old = await fresh.open()
    assert isinstance(old, CodedIndex)
    old.remove(keys)
    old.add(keys, np.repeat(ASKED[np.newaxis], 30, axis=0))
    assert await fresh.open() is old
    await put(database, "One more")
    assert await fresh.prepare() is not old
    await check_right(database, await fresh.open())


@pytest.mark.parametrize("fault", ["damaged", "deleted rows", "other database"])
async def test_an_index_that_does_not_fit_is_built_anew(
    database: Database, start: Open, tmp_path: Path, fault: str
) -> None:
    """The database is searched meanwhile."""
    await start().prepare()
    if fault == "damaged":
        (codes,) = (tmp_path / "index").glob("*/*.codes")
        codes.write_bytes(codes.read_bytes()[:-1] + b"?")
    else:
        async with database.write() as session:
            if fault == "deleted rows":
                await session.execute(delete(EmbeddingRow).where(EmbeddingRow.id == 40))
            else:
                row = (await session.scalars(select(EmbeddingRow).order_by(EmbeddingRow.id.desc()).limit(1))).one()
                row.vector = ASKED.astype("<f4").tobytes()
    fresh = start()
    with capture_logs() as events:
        scan = await fresh.open()
    assert isinstance(scan, StoreScan)
    assert [event["event"] for event in events if event["log_level"] == "warning"]
    await check_right(database, scan)
    built = await fresh.prepare()
    assert isinstance(built, CodedIndex)
    await check_right(database, built)


async def test_rows_that_are_deleted_while_it_serves_are_noticed(database: Database, start: Open) -> None:
    """By hand, since the program deletes none; in memory as on disk."""
    for fresh in (start(), start(200)):
        await fresh.prepare()
        async with database.write() as session:
            await session.execute(delete(EmbeddingRow).where(EmbeddingRow.id.in_([3, 4])))
            await session.execute(delete(EmbeddingRow).where(EmbeddingRow.id == len(await search_all(database, 200))))
        await check_right(database, await fresh.open())
        await check_right(database, await fresh.prepare())


@pytest.mark.parametrize("is_kept", [False, True])
async def test_a_vector_that_comes_very_late_is_found(
    database: Database, start: Open, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
) -> None:
    """Of a writer that stood still on PostgreSQL while others wrote more than is read again."""
    most_exact = 20 if is_kept else 200
    async with database.write() as session:
        late = (await session.scalars(select(EmbeddingRow).where(EmbeddingRow.id == 4))).one()
        row = {column.name: getattr(late, column.name) for column in EmbeddingRow.__table__.columns}
        await session.delete(late)
    monkeypatch.setattr("triage.store.vector_state.LATE", 10)
    fresh = start(most_exact)
    assert len(await fresh.prepare()) == 84
    await put(database, "One more")
    assert len(await fresh.prepare()) == 85
    async with database.write() as session:
        session.add(EmbeddingRow(**row))
    for one in (fresh, start(most_exact)):
        assert len(await one.prepare()) == 86
        await check_right(database, await one.open())


async def test_an_older_index_catches_up(database: Database, start: Open, tmp_path: Path) -> None:
    """As after a copy of yesterday was put back in its place."""
    await put(database, "Before")
    await start().prepare()
    copytree(tmp_path / "index", tmp_path / "yesterday")
    rmtree(tmp_path / "index")
    await put(database, "After", version=2)
    await start().prepare()
    rmtree(tmp_path / "index")
    copytree(tmp_path / "yesterday", tmp_path / "index")
    loaded = await start().open()
    assert isinstance(loaded, CodedIndex)
    await check_right(database, loaded)


async def test_an_index_that_another_process_builds_is_taken_when_it_is_there(start: Open) -> None:
    """Until then the database is searched."""
    first, second = start(), start()
    with first._shelf.build():
        assert isinstance(await second.open(), StoreScan)
        assert second._build is not None
        await second._build
    await first.prepare()
    with capture_logs() as events:
        assert isinstance(await second.prepare(), CodedIndex)
    assert not [event for event in events if event["event"] == "index_built"]


async def test_an_index_that_cannot_be_written_is_told_and_search_goes_on(
    database: Database, start: Open, tmp_path: Path
) -> None:
    """It is tried again later."""
    (tmp_path / "index").write_text("a file")
    fresh = start()
    with capture_logs() as events:
        finder = await fresh.prepare()
    assert isinstance(finder, StoreScan)
    assert "cannot be written" in next(event["error"] for event in events if event["event"] == "index_not_built")
    await check_right(database, finder)
    (tmp_path / "index").unlink()
    assert isinstance(await fresh.prepare(), CodedIndex)


async def test_a_program_that_ends_while_it_builds_leaves_nothing(
    start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop is free all the time."""
    began, may_end = threading.Event(), threading.Event()
    fresh = start()
    finish = IndexBuild.finish

    def wait(self: IndexBuild, mark: IndexMark) -> None:
        began.set()
        may_end.wait()
        finish(self, mark)

    monkeypatch.setattr(IndexBuild, "finish", wait)
    await fresh.open()
    await asyncio.to_thread(began.wait)
    await fresh.close()
    may_end.set()
    assert [path.name for path in (tmp_path / "index").glob("*/*")] == ["lock"]
