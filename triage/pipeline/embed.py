"""Embed: papers that lack a vector of this embedder for their present text get one."""

import time
from collections.abc import Sequence

from triage.pipeline.report import Progress, StepReport, keep_quiet
from triage.ports import Embedder
from triage.store.embeddings import load_vectors, save_vectors
from triage.store.engine import Database
from triage.store.papers import StoredPaper

BATCH = 64


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
    """Fill in what is missing, a committed batch at a time; idempotent, and a crash loses one batch at most."""
    started = time.monotonic()
    async with database.read() as session:
        present = await load_vectors(session, papers, embedder.name)
    missing = [paper for paper in papers if paper.key not in present]
    for start in range(0, len(missing), BATCH):
        progress("embed", start, len(missing))
        batch = missing[start : start + BATCH]
        vectors = embedder.embed([join_text(paper) for paper in batch])
        async with database.write() as session:
            await save_vectors(session, batch, embedder.name, vectors)
    progress("embed", len(missing), len(missing))
    return StepReport(
        step="embed",
        week=week,
        seen=len(papers),
        done=len(missing),
        skipped=len(present),
        seconds=time.monotonic() - started,
        maker=embedder.name,
    )
