"""What is evaluated, out of the store: weeks with their vectors, labelled papers, and a random background."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from triage.core.rubric import Topic
from triage.core.week import Week, parse_week, week_of
from triage.errors import InputError
from triage.evaluation.judged import Said
from triage.evaluation.labels import Grades, Label, ids_voted
from triage.evaluation.records import Candidates, Pool, Task
from triage.pipeline.embed import embed_papers
from triage.pipeline.fuse import load_opinion
from triage.pipeline.score import Bench
from triage.store.background import hash_order
from triage.store.embeddings import load_vectors, stack_vectors
from triage.store.papers import StoredPaper, count_weeks, list_ids_before, select_papers, select_week
from triage.store.votes import list_voted, load_votes

SMALLEST_WEEK = 200
"""Weeks with fewer papers are single finds, not weeks: the top 20 of them says nothing."""

MOST_WEEKS = 25
_BACKGROUND = 3_000
_ENOUGH_BACKGROUND = 300


class Corpus(msgspec.Struct, frozen=True, eq=False):
    """Everything `evaluate` needs. `absent` are judged weeks that the store does not have.

    `said` holds, by topic, what a language model said of the weeks' papers; topics it was not asked about are absent.
    """

    tasks: tuple[Task, ...]
    weeks: tuple[Candidates, ...]
    background: Pool
    absent: tuple[str, ...]
    said: Mapping[str, Said]


class Truth(msgspec.Struct, frozen=True):
    """The labels: grades (graded mode) or None, positives and negatives by topic, and papers a file is uncertain of."""

    grades: Grades | None
    votes: Mapping[str, Mapping[str, int]]
    uncertain: frozenset[str] = frozenset()


async def read_truth(bench: Bench, topics: Sequence[Topic], grades: Grades | None, labels: Sequence[Label]) -> Truth:
    """Votes of the store and of label files together; a file's row counts for the topic it names."""
    votes: dict[str, dict[str, int]] = {}
    for topic in topics:
        async with bench.database.read() as session:
            votes[topic.name] = await load_votes(session, topic.name, topic.tags)
        votes[topic.name] |= dict.fromkeys(ids_voted(labels, topic.name, relevant=False), -1)
        votes[topic.name] |= dict.fromkeys(ids_voted(labels, topic.name, relevant=True), 1)
    if grades is None and not any(votes.values()):
        raise InputError(
            "There is nothing to measure against. Vote first (triage vote import FILE.csv --topic TOPIC), or name "
            "labels (--labels FILE.csv) or graded judgements (--judgements 2026-W13.jsonl)."
        )
    return Truth(grades, votes, frozenset(label.arxiv_id for label in labels if label.value == 0))


async def load_corpus(
    bench: Bench, topics: Sequence[Topic], truth: Truth, chosen: tuple[Week, Week] | None = None
) -> Corpus:
    """Gather and embed the papers; without `chosen`, the latest 25 whole weeks that hold a labelled paper."""
    weeks, absent = await _choose_weeks(bench, topics, truth, chosen)
    papers = {week: await _select_week(bench, week) for week in weeks}
    candidates = [await gather_week(bench, week, papers[week]) for week in weeks]
    tasks = []
    for topic in topics:
        votes = truth.votes[topic.name]
        liked = [arxiv_id for arxiv_id, vote in votes.items() if vote > 0]
        positives = await _gather_ids(bench, liked, topic.name)
        negatives = await _gather_ids(bench, votes.keys() - set(liked), topic.name)
        grades = None if truth.grades is None else truth.grades.get(topic.name, {})
        tasks.append(Task(topic, positives, negatives, grades))
    background = await _gather_background(bench, candidates, truth)
    said = await _load_said(bench, topics, [paper for week in weeks for paper in papers[week]])
    return Corpus(tuple(tasks), tuple(candidates), background, tuple(absent), said)


async def _choose_weeks(
    bench: Bench, topics: Sequence[Topic], truth: Truth, chosen: tuple[Week, Week] | None
) -> tuple[list[Week], list[str]]:
    async with bench.database.read() as session:
        sizes = await count_weeks(session)
        if truth.grades is None:
            positives = {arxiv_id for topic in topics for arxiv_id, vote in truth.votes[topic.name].items() if vote > 0}
            papers = (await select_papers(session, positives)).values()
            wanted = {str(week_of(paper.paper.announced)) for paper in papers if paper.paper.announced}
        else:
            wanted = {week for topic in topics for week in truth.grades.get(topic.name, {})}
    if chosen is not None:
        wanted = {week for week in wanted if chosen[0] <= parse_week(week) <= chosen[1]}
    held = sorted(week for week in wanted if sizes.get(week, 0) >= SMALLEST_WEEK)
    if chosen is None and truth.grades is None:
        held = held[-MOST_WEEKS:]
    if not held:
        raise InputError(
            f"The store has no week of at least {SMALLEST_WEEK} papers with a label in it. Import the weeks first."
        )
    absent = sorted(wanted - set(held)) if truth.grades is not None else []
    return [parse_week(week) for week in held], absent


async def gather_pool(bench: Bench, papers: Sequence[StoredPaper], label: str = "") -> Pool:
    """Papers with their vectors, embedding what lacks one; `label` names them in the progress."""
    if not papers:
        return Pool((), np.zeros((0, bench.embedder.dimension), np.float32))

    def tell(_step: str, done: int, total: int) -> None:
        bench.progress(f"embed {label}", done, total)

    await embed_papers(bench.database, bench.embedder, papers, progress=tell)
    async with bench.database.read() as session:
        vectors = await load_vectors(session, papers, bench.embedder.name)
    return Pool(tuple(paper.paper for paper in papers), stack_vectors(papers, vectors))


async def _gather_ids(bench: Bench, arxiv_ids: Iterable[str], label: str) -> Pool:
    async with bench.database.read() as session:
        papers = await select_papers(session, arxiv_ids)
    return await gather_pool(bench, [papers[arxiv_id] for arxiv_id in sorted(papers)], label)


async def gather_week(bench: Bench, week: Week, papers: Sequence[StoredPaper]) -> Candidates:
    """Papers of a week with their vectors, embedding what lacks one."""
    pool = await gather_pool(bench, papers, str(week))
    return Candidates(pool.papers, pool.vectors, week=str(week))


async def _select_week(bench: Bench, week: Week) -> list[StoredPaper]:
    async with bench.database.read() as session:
        return await select_week(session, week, bench.rubric.categories)


async def _load_said(bench: Bench, topics: Sequence[Topic], papers: Sequence[StoredPaper]) -> dict[str, Said]:
    ids = {paper.key: paper.paper.arxiv_id for paper in papers}
    found = {topic.name: await load_opinion(bench, topic, papers) for topic in topics}
    return {
        topic: Said(opinion.key, {ids[key]: relevance for key, relevance in opinion.relevances.items()})
        for topic, opinion in found.items()
        if opinion is not None and opinion.relevances
    }


async def _gather_background(bench: Bench, weeks: Sequence[Candidates], truth: Truth) -> Pool:
    """Random unlabelled papers older than the first week; where there are few, the weeks themselves serve the later."""
    async with bench.database.read() as session:
        older = await list_ids_before(session, parse_week(weeks[0].week))
        labelled = await list_voted(session, [tag for each in bench.rubric.topics for tag in each.tags])
    labelled |= truth.uncertain | {arxiv_id for votes in truth.votes.values() for arxiv_id in votes}
    chosen = sorted(set(older) - labelled, key=hash_order)[:_BACKGROUND]
    if len(chosen) >= _ENOUGH_BACKGROUND:
        return await _gather_ids(bench, chosen, "background")
    inside = [paper.arxiv_id for week in weeks[:-1] for paper in week.papers if paper.arxiv_id not in labelled]
    return await _gather_ids(bench, [*chosen, *sorted(inside, key=hash_order)[: 2 * _BACKGROUND]], "background")
