"""Embed: papers that lack a vector of this embedder for their present text get one."""

import asyncio
import time
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from triage.pipeline.report import Progress, StepReport, keep_quiet
from triage.ports import Embedder
from triage.store.embeddings import count_unembedded, list_unembedded, save_vectors, select_embedded
from triage.store.engine import Database
from triage.store.papers import StoredPaper, select_keys

WINDOW = 512
"""Papers that are read and sorted by length together, so that many of equal length share a batch."""
BATCH = 32
"""Papers embedded and committed at a time: about a second's work, which is what a stop may cost."""


def join_text(paper: StoredPaper) -> str:
    """What is embedded: the title first, since long texts are cut at the embedder's limit."""
    return f"{paper.paper.title}\n{paper.paper.abstract}"


async def embed_papers(
    database: Database,
    embedder: Embedder,
    papers: Sequence[StoredPaper],
    *,
    week: str | None = None,
    progress: Progress = keep_quiet,
) -> StepReport:
    """Fill in what is missing, a committed batch at a time; idempotent, and a stop loses two batches at most.

    The event loop goes on meanwhile: the embedder works in a thread.
    """
    started = time.monotonic()
    async with database.read() as session:
        present = await select_embedded(session, papers, embedder.name)
    missing = [paper for paper in papers if paper.key not in present]
    task = _Task(database, embedder, progress, len(missing))
    for start in range(0, len(missing), WINDOW):
        await task.embed(missing[start : start + WINDOW])
    return StepReport(
        step="embed",
        week=week,
        seen=len(papers),
        done=task.done,
        skipped=len(papers) - len(missing),
        seconds=time.monotonic() - started,
        maker=embedder.name,
    )


async def embed_all(database: Database, embedder: Embedder, *, progress: Progress = keep_quiet) -> StepReport:
    """Every paper in the store that lacks a vector gets one, by key, in constant memory; stops as `embed_papers` does.

    Papers that come in meanwhile are done too; `seen` counts those that lacked one.
    """
    started = time.monotonic()
    async with database.read() as session:
        task = _Task(database, embedder, progress, await count_unembedded(session, embedder.name))
    after = 0
    while True:
        async with database.read() as session:
            keys = await list_unembedded(session, embedder.name, after=after, limit=WINDOW)
            papers = await select_keys(session, keys)
        if not keys:
            break
        await task.embed(papers)
        after = keys[-1]
    seconds = time.monotonic() - started
    return StepReport(step="embed", seen=task.done, done=task.done, seconds=seconds, maker=embedder.name)


class _Task:
    """Embeds a window at a time and tells how much of the whole is done."""

    def __init__(self, database: Database, embedder: Embedder, progress: Progress, total: int) -> None:
        self._database, self._embedder, self._progress, self._total = database, embedder, progress, total
        self.done = 0
        self._tell()

    async def embed(self, papers: Sequence[StoredPaper]) -> None:
        """A batch is written while the next one is computed."""
        writing: asyncio.Task[None] | None = None
        try:
            for batch in cut_by_length(papers):
                texts = [join_text(paper) for paper in batch]
                vectors = await asyncio.to_thread(self._embedder.embed, texts)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._save(batch, vectors))
            if writing is not None:
                await writing
        finally:
            if writing is not None:  # of two failures, the first is told
                await asyncio.gather(writing, return_exceptions=True)

    async def _save(self, batch: Sequence[StoredPaper], vectors: NDArray[np.float32]) -> None:
        async with self._database.write() as session:
            await save_vectors(session, batch, self._embedder.name, vectors)
        self.done += len(batch)
        self._tell()

    def _tell(self) -> None:
        self._progress("embed", self.done, max(self.done, self._total))


def cut_by_length(papers: Sequence[StoredPaper]) -> Iterator[list[StoredPaper]]:
    """Batches of texts of about one length: long and short ones in turns, so that the time left can be foretold."""
    by_length = sorted(papers, key=lambda paper: len(join_text(paper)))
    batches = [by_length[start : start + BATCH] for start in range(0, len(by_length), BATCH)]
    while batches:
        yield batches.pop()
        batches.reverse()
