"""Score: every paper of a week gets a probability of relevance per topic, its parts stored; no language model yet."""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import msgspec
import numpy as np

from triage.core.prior import (
    PRIOR_NAME,
    TopicVectors,
    embed_topic,
    measure_meaning,
    read_words,
    score_parts,
    sum_logit,
    to_probability,
)
from triage.core.rubric import Rubric, Topic, fingerprint
from triage.core.taste import (
    BACKGROUND_SIZE,
    MIN_RELEVANT,
    TASTE_NAME,
    Examples,
    Taste,
    fit_taste,
    has_seen_enough,
)
from triage.core.week import Week
from triage.pipeline.embed import embed_papers
from triage.pipeline.report import Progress, StepReport, keep_quiet
from triage.ports import Embedder
from triage.store.background import sample_background
from triage.store.embeddings import load_vectors, stack_vectors
from triage.store.engine import Database
from triage.store.papers import StoredPaper, select_papers
from triage.store.scores import Score, ScoreKey, load_scores, save_scores
from triage.store.votes import list_voted, load_votes

Scorer = Callable[[Sequence[StoredPaper], Examples], dict[int, Score]]

_BATCH = 500
ENOUGH_BACKGROUND = 300
SURELY_NOT = 0.05
"""Where fewer papers of the past have vectors, those of the week that the prior holds for less likely stand in."""


class Voted(msgspec.Struct, frozen=True):
    """The papers that votes on a topic speak of, as far as the store has them, and the background beside them.

    The background is left empty where the relevant ones are too few for taste: drawing it costs most of a scoring.
    """

    relevant: tuple[StoredPaper, ...]
    irrelevant: tuple[StoredPaper, ...]
    background: tuple[StoredPaper, ...]

    @property
    def is_enough(self) -> bool:
        """Whether taste may speak."""
        return has_seen_enough(len(self.relevant), len(self.irrelevant) + len(self.background))

    def digest(self) -> str:
        """12 hexadecimal digits over everything the classifier is fitted to."""
        lines = [
            f"{group} {paper.paper.arxiv_id} {paper.content_hash}"
            for group, papers in enumerate((self.relevant, self.irrelevant, self.background))
            for paper in papers
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


class Scored(msgspec.Struct, frozen=True):
    """One topic of one week, scored: the key of its scores, the scores by paper key, and the votes behind them."""

    topic: Topic
    key: ScoreKey
    scores: dict[int, Score]
    voted: Voted


class Bench(msgspec.Struct, frozen=True):
    """What scoring works with."""

    database: Database
    embedder: Embedder
    rubric: Rubric
    now: datetime
    progress: Progress = keep_quiet


async def score_cheaply(
    bench: Bench, topic: Topic, week: Week, papers: Sequence[StoredPaper]
) -> tuple[Scored, StepReport]:
    """Score what is missing with the votes of now; the papers must be embedded; idempotent.

    The prior is kept under a key of its own, so that a vote costs a refit and not a second reading of the week.
    """
    started = time.monotonic()
    print_ = fingerprint(bench.rubric, topic.name)
    prior_key = ScoreKey(topic.name, print_, f"{PRIOR_NAME}+{bench.embedder.name}")
    prior, done = await _fill_scores(bench, prior_key, papers, lambda: _prior_scorer(bench, topic))
    voted = await _find_voted(bench, topic, week, papers, prior)
    if not voted.is_enough:
        return Scored(topic, prior_key, prior, voted), _report(week, prior_key, papers, done, started)
    key = ScoreKey(topic.name, print_, f"{prior_key.scorer}+{TASTE_NAME}:{voted.digest()}")
    scores, done = await _fill_scores(bench, key, papers, lambda: _taste_scorer(bench, voted, prior))
    return Scored(topic, key, scores, voted), _report(week, key, papers, done, started)


async def _fill_scores(
    bench: Bench, key: ScoreKey, papers: Sequence[StoredPaper], prepare: Callable[[], Awaitable[Scorer]]
) -> tuple[dict[int, Score], int]:
    """All scores under a key, and how many were missing; committed in batches."""
    async with bench.database.read() as session:
        scores = await load_scores(session, papers, key)
    missing = [paper for paper in papers if paper.key not in scores]
    if not missing:
        return scores, 0
    score = await prepare()
    for start in range(0, len(missing), _BATCH):
        bench.progress(f"score {key.topic}", start, len(missing))
        batch = missing[start : start + _BATCH]
        fresh = score(batch, await _load_examples(bench, batch))
        scores |= fresh
        async with bench.database.write() as session:
            await save_scores(session, batch, fresh, key, bench.now)
    bench.progress(f"score {key.topic}", len(missing), len(missing))
    return scores, len(missing)


async def _prior_scorer(bench: Bench, topic: Topic) -> Scorer:
    vectors = embed_topic(topic, bench.embedder.embed)

    def score(papers: Sequence[StoredPaper], examples: Examples) -> dict[int, Score]:
        parts = compute_parts(topic, examples, vectors)
        return {paper.key: to_score(part) for paper, part in zip(papers, parts, strict=True)}

    return score


async def _taste_scorer(bench: Bench, voted: Voted, prior: Mapping[int, Score]) -> Scorer:
    taste = await learn_taste(bench, voted)

    def score(papers: Sequence[StoredPaper], examples: Examples) -> dict[int, Score]:
        shares = taste.measure(examples)
        return {
            paper.key: to_score(prior[paper.key].parts | {"taste": float(share)})
            for paper, share in zip(papers, shares, strict=True)
        }

    return score


def compute_parts(topic: Topic, papers: Examples, vectors: TopicVectors) -> list[dict[str, float]]:
    """The prior's parts of every paper."""
    meanings = measure_meaning(papers.vectors, vectors)
    return [
        score_parts(read_words(title, abstract), topic, float(meaning))
        for (title, abstract), meaning in zip(papers.texts, meanings, strict=True)
    ]


async def _find_voted(
    bench: Bench, topic: Topic, week: Week, papers: Sequence[StoredPaper], prior: Mapping[int, Score]
) -> Voted:
    async with bench.database.read() as session:
        # Of all topics: voted papers get their vectors when their topic is scored, and no list may depend on when.
        voted = await list_voted(session, [tag for each in bench.rubric.topics for tag in each.tags])
        votes = await load_votes(session, topic.name, topic.tags)
        known = await select_papers(session, votes)
        relevant = tuple(paper for arxiv_id, paper in sorted(known.items()) if votes[arxiv_id] > 0)
        irrelevant = tuple(paper for arxiv_id, paper in sorted(known.items()) if votes[arxiv_id] < 0)
        if len(relevant) < MIN_RELEVANT:
            return Voted(relevant, irrelevant, ())
        background = await sample_background(session, bench.embedder.name, week, BACKGROUND_SIZE, without=voted)
    if len(background) < ENOUGH_BACKGROUND:  # a store of one week: what the prior is sure of stands in
        background += [
            paper for paper in papers if paper.paper.arxiv_id not in voted and prior[paper.key].value < SURELY_NOT
        ]
    return Voted(relevant, irrelevant, tuple(background))


async def learn_taste(bench: Bench, voted: Voted) -> Taste:
    """Fit the classifier to votes that are enough, embedding voted papers that lack a vector."""
    groups = (voted.relevant, voted.irrelevant, voted.background)
    everyone = [paper for group in groups for paper in group]
    await embed_papers(bench.database, bench.embedder, everyone, progress=bench.progress)
    relevant, irrelevant, background = [await _load_examples(bench, group) for group in groups]
    return fit_taste(relevant, irrelevant, background)


async def _load_examples(bench: Bench, papers: Sequence[StoredPaper]) -> Examples:
    async with bench.database.read() as session:
        vectors = await load_vectors(session, papers, bench.embedder.name)
    stacked = stack_vectors(papers, vectors) if papers else np.zeros((0, bench.embedder.dimension), np.float32)
    return Examples([(paper.paper.title, paper.paper.abstract) for paper in papers], stacked)


def to_score(parts: dict[str, float]) -> Score:
    """The probability that parts and intercept add up to."""
    return Score(to_probability(sum_logit(parts)), parts)


def _report(week: Week, key: ScoreKey, papers: Sequence[StoredPaper], done: int, started: float) -> StepReport:
    return StepReport(
        step="score",
        week=str(week),
        seen=len(papers),
        done=done,
        skipped=len(papers) - done,
        seconds=time.monotonic() - started,
        maker=key.scorer,
        note=f"{key.topic}: {'prior and taste' if TASTE_NAME in key.scorer else 'prior'}",
    )
