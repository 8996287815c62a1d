"""What rankings are measured on in a notebook: a few labelled weeks, and votes that are older than each of them.

Where no vote is older, as in a store of one week, half of the week stands in for last week's: see `split_week`.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from triage.core.bands import order_at_random
from triage.core.metrics import RELEVANT_GRADE
from triage.core.paper import Paper
from triage.core.rubric import Topic
from triage.core.week import Week, parse_week, week_of
from triage.errors import InputError
from triage.evaluation.corpus import SMALLEST_WEEK, Corpus, Truth, gather_week, load_corpus, read_truth
from triage.evaluation.draw import Draw, Plan
from triage.evaluation.labels import read_judgements
from triage.evaluation.protocol import find_truth, is_labelled
from triage.evaluation.records import Candidates, Pool, Task
from triage.store.papers import count_weeks
from triage.study.opening import Study

SEED = 0


class Material(msgspec.Struct, frozen=True, eq=False):
    """What is measured on; `labels` says where the truth comes from, `notes` what is out of the ordinary about it.

    `whole` is the corpus before `split_week`, the same where nothing was split.
    """

    corpus: Corpus
    whole: Corpus
    labels: str
    is_graded: bool
    notes: tuple[str, ...]

    def __str__(self) -> str:
        weeks = ", ".join(f"{week.week} ({len(week):,} papers)" for week in self.corpus.weeks)
        lines = [f"Truth: {self.labels}.", f"Ranked: {weeks}."]
        for task in self.corpus.tasks:
            relevant = sum(int(mark_relevant(task, week).sum()) for week in self.corpus.weeks)
            used = max(Draw(task, week, self.corpus.background, Plan()).used("all") for week in self.corpus.weeks)
            lines.append(
                f"{task.topic.title}: {relevant} relevant papers to find, up to {used} older votes to learn from."
            )
        return "\n".join([*lines, *self.notes])

    def __repr__(self) -> str:
        return str(self)


async def gather_material(study: Study, most: int = 4) -> Material:
    """Every judged week that the store has, where the study has judgements; else the last `most` weeks with a vote.

    Raises `InputError` where there is nothing to measure against.
    """
    grades = read_judgements(study.judgements) if study.judgements else None
    truth = await read_truth(study.bench, study.topics, grades, ())
    corpus = await _load(study, study.topics, truth, most)
    tasks = tuple(task for task in corpus.tasks if is_labelled(task, corpus.weeks))
    if not tasks:
        raise InputError(
            f"No paper of {study.week} is labelled relevant for any topic. Vote on its papers (triage vote), "
            "give judgements of it, or name another week."
        )
    left_out = [task.topic.title for task in corpus.tasks if task not in tasks]
    corpus = whole = replace(corpus, tasks=tasks)
    notes = [f"Judged, but not in the store: {', '.join(corpus.absent)}."] if corpus.absent else []
    notes += [f"Left out, for no paper of these weeks is labelled relevant: {', '.join(left_out)}."] if left_out else []
    if not _is_any_old(corpus):
        week = max(corpus.weeks, key=lambda week: week.week)
        corpus = split_week(corpus, week, SEED)
        notes.append(_tell_split(week))
    names = ", ".join(path.name for path in study.judgements)
    labels = f"graded judgements {names}" if grades is not None else "votes in the store"
    return Material(corpus, whole, labels, grades is not None, tuple(notes))


def split_week(corpus: Corpus, week: Candidates, seed: int) -> Corpus:
    """A corpus of half of that week; the other half is dated a week earlier, its relevant papers as votes.

    Relevant papers and the others are divided alike; the same seed divides alike. Votes against are forgotten.
    """
    marks = {
        task.topic.name: dict(zip(_list_ids(week), mark_relevant(task, week), strict=True)) for task in corpus.tasks
    }
    groups: dict[tuple[bool, ...], list[str]] = {}
    for arxiv_id in order_at_random(_list_ids(week), f"{seed} split"):
        groups.setdefault(tuple(bool(marks[name][arxiv_id]) for name in marks), []).append(arxiv_id)
    # One after the other, so that every second one divides each group, and the week, in halves.
    earlier = set([*chain.from_iterable(groups.values())][::2])
    kept, given = (
        week.take([row for row, arxiv_id in enumerate(_list_ids(week)) if (arxiv_id in earlier) == is_earlier])
        for is_earlier in (False, True)
    )
    past = Pool(tuple(_move_back(paper, parse_week(week.week)) for paper in given.papers), given.vectors)
    half = Candidates(kept.papers, kept.vectors, week.week)
    tasks = tuple(_split_task(task, half, past, marks[task.topic.name]) for task in corpus.tasks)
    return replace(corpus, tasks=tasks, weeks=(half,), background=past)


def _split_task(task: Task, half: Candidates, past: Pool, marks: Mapping[str, bool]) -> Task:
    voted = past.take([row for row, arxiv_id in enumerate(_list_ids(past)) if marks[arxiv_id]])
    nobody = past.take(())
    if task.grades is not None:
        return replace(task, positives=voted, negatives=nobody)
    listed = half.take([row for row, arxiv_id in enumerate(_list_ids(half)) if marks[arxiv_id]])
    both = Pool((*voted.papers, *listed.papers), np.concatenate([voted.vectors, listed.vectors]))
    return replace(task, positives=both, negatives=nobody)


def _move_back(paper: Paper, week: Week) -> Paper:
    return replace(paper, announced=week.monday - timedelta(days=7), published=None)


def _tell_split(week: Candidates) -> str:
    return (
        f"No vote is older than {week.week}, so half of its papers, drawn at random, stand in for last week's: their "
        "relevant ones are the votes, and the other half is ranked."
    )


async def _load(study: Study, topics: Sequence[Topic], truth: Truth, most: int) -> Corpus:
    """All judged weeks that the store has; of votes, those of the last weeks up to the study's."""
    async with study.services.database.read() as session:
        sizes = await count_weeks(session)
    if sizes[str(study.week)] < SMALLEST_WEEK:
        return await _load_small(study, topics, truth)
    first = week_of(study.week.monday - timedelta(days=7 * (most - 1)))
    return await load_corpus(study.bench, topics, truth, None if truth.grades is not None else (first, study.week))


async def _load_small(study: Study, topics: Sequence[Topic], truth: Truth) -> Corpus:
    """Of the study's week alone, which `triage evaluate` holds for too small."""
    week = await gather_week(study.bench, study.week, await study.list_papers())
    rows = {paper.arxiv_id: row for row, paper in enumerate(week.papers)}
    tasks = []
    for topic in topics:
        votes = truth.votes[topic.name]
        liked = [rows[arxiv_id] for arxiv_id, vote in votes.items() if vote > 0 and arxiv_id in rows]
        grades = None if truth.grades is None else truth.grades.get(topic.name, {})
        tasks.append(Task(topic, week.take(liked), week.take(()), grades))
    return Corpus(tuple(tasks), (week,), week.take(()), (), {})


def _is_any_old(corpus: Corpus) -> bool:
    """Whether there is a vote to learn from before any of the weeks."""
    plan = Plan()
    return any(Draw(task, week, corpus.background, plan).used("all") for task in corpus.tasks for week in corpus.weeks)


def mark_relevant(task: Task, week: Candidates) -> NDArray[np.bool_]:
    """`(n,)`, which of the week's papers are relevant; none where nothing of the week is labelled."""
    truth = find_truth(task, week)
    least = 1 if task.grades is None else RELEVANT_GRADE
    return np.zeros(len(week), dtype=np.bool_) if truth is None else truth >= least


def _list_ids(pool: Pool) -> list[str]:
    return [paper.arxiv_id for paper in pool.papers]
