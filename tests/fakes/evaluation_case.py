"""A made-up week, older papers and rankers, small enough to work out by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from triage.core.paper import Paper
from triage.core.rubric import Topic
from triage.evaluation.draw import Plan
from triage.evaluation.protocol import Cell, evaluate
from triage.evaluation.records import Candidates, Pool, Ranker, Task, Votes, VoteUse

MONDAY = date(2026, 3, 23)
WEEK, NEXT_WEEK = "2026-W13", "2026-W14"
PLAN = Plan(votes=(0, 5, 20, "all"), background=20)
TOPIC = Topic(
    name="agent-evaluation",
    title="Agent evaluation",
    definition="Benchmarks that measure agents.",
    in_scope=("Judges of agent trajectories",),
    out_of_scope=(),
    cues=(),
    exemplars=(),
    criteria=(),
)
_ON_TOPIC = "We present a benchmark that measures language agents and judges their trajectories"
_THEMES = 12  # each in fewer than a tenth of the texts, as arxiv-sanity-lite's vectoriser wants


def make_paper(
    number: int, *, relevant: bool = False, published: date | None = None, announced: date | None = None
) -> Paper:
    """Paper 2603.<number>, on the topic or on one of a dozen made-up themes."""
    theme = number % _THEMES
    off_topic = " ".join(f"theme{theme}word{word}" for word in range(8))
    return Paper(
        arxiv_id=f"2603.{number:05d}",
        title=f"{'Agent benchmark' if relevant else f'Theme{theme}'} variant{number}",
        abstract=f"{_ON_TOPIC if relevant else off_topic} in setting{number % 7}.",
        authors=(f"Author Name{number % 5}",),
        published=datetime(published.year, published.month, published.day, tzinfo=UTC) if published else None,
        announced=announced,
    )


def make_pool(papers: Sequence[Paper], seed: int = 0) -> Pool:
    """Random unit vectors of 8 numbers; papers on the topic lean towards the first axis."""
    vectors = np.random.default_rng(seed).normal(size=(len(papers), 8))
    vectors[:, 0] += [12.0 * paper.title.startswith("Agent") for paper in papers]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Pool(tuple(papers), vectors.astype(np.float32))


def make_week(week: str = WEEK, first: int = 50_000, size: int = 40, relevant: int = 8) -> Candidates:
    """Papers `first` and on, of which the first few are on the topic."""
    pool = make_pool([make_paper(first + n, relevant=n < relevant, announced=MONDAY) for n in range(size)], seed=1)
    return Candidates(pool.papers, pool.vectors, week)


def make_old(count: int, *, relevant: bool, first: int) -> Pool:
    """Papers published on 2026-03-02."""
    papers = [make_paper(first + n, relevant=relevant, published=date(2026, 3, 2)) for n in range(count)]
    return make_pool(papers, seed=first)


def make_task(count: int = 30, grades: dict[str, dict[str, int]] | None = None) -> Task:
    """Older positives; with grades the task is graded, without it is a list."""
    return Task(TOPIC, make_old(count, relevant=True, first=0), make_old(0, relevant=False, first=0), grades)


def grade_week(week: Candidates) -> dict[str, dict[str, int]]:
    """Grade 3 for every other paper on the topic, grade 2 for the rest of them; off-topic papers stay unjudged."""
    on_topic = [paper.arxiv_id for paper in week.papers if paper.title.startswith("Agent")]
    return {week.week: {arxiv_id: 3 - place % 2 for place, arxiv_id in enumerate(on_topic)}}


class FakeRanker:
    """Knows the answer (or its opposite) and remembers the votes it was shown."""

    gives_probability = True

    def __init__(self, name: str = "triage", uses_votes: VoteUse = "optional", *, right: bool = True) -> None:
        self.name, self.uses_votes, self._right = name, uses_votes, right
        self.seen: list[Votes] = []

    def score(self, _topic: Topic, votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """1 for papers on the topic and 0 for the rest, or the other way round."""
        self.seen.append(votes)
        return np.array([float(paper.title.startswith("Agent") == self._right) for paper in candidates.papers])


def make_background() -> Pool:
    """40 older papers far from the topic."""
    return make_old(40, relevant=False, first=1_000)


def evaluate_small(task: Task, *rankers: Ranker, weeks: Sequence[Candidates] = ()) -> tuple[Cell, ...]:
    """The small plan on those weeks, or on the one made-up week."""
    return evaluate([task], weeks or [make_week()], make_background(), rankers, PLAN, _ignore)


def _ignore(_description: str) -> None:
    """No progress bar."""
