import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from fakes.papers import MONDAY, make_papers
from fakes.postgres_case import migrate
from numpy.typing import NDArray

from triage.adapters.hashing import HashingEmbedder
from triage.pipeline import embed
from triage.pipeline.embed import cut_by_length, embed_all, embed_papers, join_text
from triage.store.embeddings import count_unembedded, list_unembedded
from triage.store.engine import Database
from triage.store.papers import StoredPaper, select_papers
from triage.store.upsert import upsert_papers

_PAPERS = make_papers(150)


class StubbornEmbedder(HashingEmbedder):
    """Fails at the nth call, in the thread it is called in; notes the threads."""

    def __init__(self, fails_at: int = 0) -> None:
        super().__init__()
        self.threads: list[int] = []
        self._fails_at = fails_at

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the hashing embedder does, or fail."""
        self.threads.append(threading.get_ident())
        if len(self.threads) == self._fails_at:
            raise RuntimeError("out of order")
        return super().embed(texts)


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with 150 papers; copy it, do not use it."""
    path = tmp_path_factory.mktemp("embed") / "filled.db"

    async def fill() -> None:
        await migrate(f"sqlite+aiosqlite:///{path}")
        database = Database(f"sqlite+aiosqlite:///{path}")
        async with database.write() as session:
            await upsert_papers(session, _PAPERS, MONDAY)
        await database.close()

    asyncio.run(fill())
    return path


@pytest.fixture
async def database(filled_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    shutil.copy(filled_file, tmp_path / "triage.db")
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'triage.db'}")
    yield database
    await database.close()


async def _select(database: Database, count: int = len(_PAPERS)) -> list[StoredPaper]:
    async with database.read() as session:
        return list((await select_papers(session, [paper.arxiv_id for paper in _PAPERS[:count]])).values())


async def test_only_what_is_missing_is_embedded(database: Database) -> None:
    """The report tells the given papers apart; a second time there is nothing to do."""
    embedder = StubbornEmbedder()
    assert (await embed_papers(database, embedder, await _select(database, 40))).done == 40
    report = await embed_papers(database, embedder, await _select(database))
    assert (report.seen, report.done, report.skipped) == (150, 110, 40)
    calls = len(embedder.threads)
    assert (await embed_papers(database, embedder, await _select(database))).done == 0
    assert len(embedder.threads) == calls


async def test_the_event_loop_is_free_meanwhile(database: Database) -> None:
    """No text is embedded in the loop's own thread."""
    embedder = StubbornEmbedder()
    await embed_papers(database, embedder, await _select(database))
    assert threading.get_ident() not in embedder.threads


async def test_everything_is_embedded_across_windows(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever week it is of, told up to the count of what was missing; what has a vector is left alone."""
    monkeypatch.setattr(embed, "WINDOW", 64)
    told: list[tuple[int, int]] = []
    await embed_papers(database, HashingEmbedder(), await _select(database, 20))
    report = await embed_all(database, HashingEmbedder(), progress=lambda _, done, total: told.append((done, total)))
    assert (report.seen, report.done, report.week) == (130, 130, None)
    assert told[0] == (0, 130)
    assert told[-1] == (130, 130)
    assert told == sorted(told)
    async with database.read() as session:
        assert await list_unembedded(session, HashingEmbedder().name) == []


async def test_a_failure_keeps_all_that_was_finished(database: Database) -> None:
    """The two batches before it are in the store, and the next run goes on from there."""
    left = len(_PAPERS) - sum(len(batch) for batch in islice(cut_by_length(await _select(database)), 2))
    with pytest.raises(RuntimeError, match="out of order"):
        await embed_all(database, StubbornEmbedder(fails_at=3))
    async with database.read() as session:
        assert await count_unembedded(session, HashingEmbedder().name) == left
    assert (await embed_all(database, HashingEmbedder())).done == left


async def test_batches_hold_texts_of_about_one_length(database: Database) -> None:
    """Every paper is in one batch; of two batches, one has all the longer texts; long and short take turns."""
    papers = await _select(database)
    batches = list(cut_by_length(papers))
    assert sorted(paper.key for batch in batches for paper in batch) == sorted(paper.key for paper in papers)
    spans = [(min(sizes), max(sizes)) for sizes in ([len(join_text(paper)) for paper in batch] for batch in batches)]
    ordered = sorted(spans)
    assert all(left[1] <= right[0] for left, right in pairwise(ordered))
    assert spans[0] == ordered[-1]
    assert spans[1] == ordered[0]
