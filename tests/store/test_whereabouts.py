from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from fakes.papers import make_papers
from msgspec.structs import replace

from triage.core.paper import Paper
from triage.core.verdict import Verdict
from triage.store.embeddings import save_vectors
from triage.store.engine import Database
from triage.store.papers import select_papers
from triage.store.scores import Score, ScoreKey, save_scores
from triage.store.upsert import upsert_papers
from triage.store.verdicts import StoredVerdict, VerdictKey, save_verdict
from triage.store.whereabouts import Whereabouts, count_days, find_known, list_whereabouts

_NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
_MONDAY = date(2026, 8, 17)


def list_papers(count: int) -> list[Paper]:
    """Papers listed on Monday, Tuesday, and so on, one a day."""
    return [
        replace(paper, announced=_MONDAY + timedelta(days=number)) for number, paper in enumerate(make_papers(count))
    ]


async def keep(database: Database, papers: Sequence[Paper]) -> None:
    """Put papers into the store."""
    async with database.write() as session:
        await upsert_papers(session, papers, _NOW)


async def embed(database: Database, paper: Paper, embedder: str) -> None:
    """Give a paper a vector."""
    async with database.write() as session:
        stored = list((await select_papers(session, [paper.arxiv_id])).values())
        await save_vectors(session, stored, embedder, np.eye(1, 4, dtype=np.float32))


async def score(database: Database, paper: Paper, topic: str, scorer: str = "prior") -> None:
    """Score a paper for a topic, whose fingerprint is its name."""
    async with database.write() as session:
        stored = list((await select_papers(session, [paper.arxiv_id])).values())
        scores = {one.key: Score(0.5, {}) for one in stored}
        await save_scores(session, stored, scores, ScoreKey(topic, topic, scorer), _NOW)


async def judge(database: Database, paper: Paper, fingerprint: str, verdict: Verdict | None) -> None:
    """Keep a verdict, or that there is none."""
    key = VerdictKey("a", fingerprint, "host/model", "prompt-1", "fill")
    async with database.write() as session:
        (stored,) = (await select_papers(session, [paper.arxiv_id])).values()
        reason = None if verdict else "it refused"
        await save_verdict(session, stored, key, StoredVerdict(verdict, reason, (), 0, "cascade", _NOW))


async def look(database: Database, paper: Paper) -> Whereabouts:
    """Where one paper stands for the embedder `e` and the topics `a` and `b`."""
    assert paper.announced is not None
    async with database.read() as session:
        found = await list_whereabouts(
            session, paper.announced, paper.announced, embedder="e", scored_by=("a", "b"), judged_by=("a",)
        )
    assert len(found) == 1
    return found[0]


async def test_known_papers_are_found_among_many_ids(database: Database) -> None:
    """More ids than one statement takes, most of them unknown, some twice."""
    papers = list_papers(3)
    await keep(database, papers)
    wanted = [f"2501.{number:05}" for number in range(1_200)] + [paper.arxiv_id for paper in papers] * 2
    async with database.read() as session:
        known = await find_known(session, wanted)
    expected = {paper.arxiv_id: (paper.categories, paper.announced, False) for paper in papers}
    assert {key: (one.categories, one.day, one.is_computed) for key, one in known.items()} == expected
    assert all(one.first_seen is not None for one in known.values())


async def test_only_papers_listed_in_the_window(database: Database) -> None:
    """Both ends count."""
    await keep(database, list_papers(5))
    async with database.read() as session:
        found = await list_whereabouts(
            session, _MONDAY + timedelta(days=1), _MONDAY + timedelta(days=3), embedder="e", scored_by=("a",)
        )
    assert sorted(paper.day.day for paper in found) == [18, 19, 20]


async def test_a_paper_is_embedded_by_the_embedder_in_force(database: Database) -> None:
    """A vector of another one does not count, nor one of a text that has changed since."""
    paper = list_papers(1)[0]
    await keep(database, [paper])
    await embed(database, paper, "other")
    assert not (await look(database, paper)).is_embedded
    await embed(database, paper, "e")
    assert (await look(database, paper)).is_embedded
    await keep(database, [replace(paper, version=9, abstract="Another text.")])
    assert not (await look(database, paper)).is_embedded


async def test_a_paper_is_scored_when_every_topic_has_a_score(database: Database) -> None:
    """Two scores of one topic are not two topics, and a changed text needs new ones."""
    paper = list_papers(1)[0]
    await keep(database, [paper])
    await score(database, paper, "a")
    await score(database, paper, "a", "taste")
    await score(database, paper, "of-an-older-rubric")
    assert not (await look(database, paper)).is_scored
    await score(database, paper, "b")
    assert (await look(database, paper)).is_scored
    await keep(database, [replace(paper, version=9, abstract="Another text.")])
    assert not (await look(database, paper)).is_scored


async def test_a_paper_is_judged_when_a_judge_spoke_on_its_text(database: Database) -> None:
    """Any judge, under a rubric in force; that none could be had does not count, nor a verdict on an older text."""
    paper = list_papers(1)[0]
    await keep(database, [paper])
    await judge(database, paper, "an-older-rubric", Verdict(relevance=1.0, grades=()))
    await judge(database, paper, "a", None)
    assert not (await look(database, paper)).is_judged
    await judge(database, paper, "a", Verdict(relevance=-1.0, grades=()))
    assert (await look(database, paper)).is_judged
    await keep(database, [replace(paper, version=9, abstract="Another text.")])
    assert not (await look(database, paper)).is_judged


async def test_counts_per_day_and_category(database: Database) -> None:
    """A cross-listed paper counts in each of its categories."""
    papers = [replace(paper, announced=_MONDAY) for paper in make_papers(4)]
    await keep(database, papers)
    async with database.read() as session:
        counts = await count_days(session, _MONDAY, _MONDAY)
    assert counts == {_MONDAY: {"cs.CL": 1, "cs.AI": 2, "cs.LG": 1, "stat.ML": 1, "cs.IR": 2}}
