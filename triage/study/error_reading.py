"""Errors of the ranking, to be read one by one: what stood too high, and what stood too low."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from triage.core.metrics import rank_order
from triage.core.paper import Paper
from triage.core.prior import list_hits, read_words
from triage.core.reasons import explain_place
from triage.core.takeaway import extract_takeaway
from triage.core.week import parse_week
from triage.evaluation.records import Candidates, Task
from triage.pipeline.fuse import score_topic
from triage.store.papers import select_papers
from triage.store.scores import Score
from triage.study.opening import Study
from triage.study.ranking_corpus import Material, mark_relevant
from triage.study.tables import Link, Table, link_paper

_LEAST_SHARE = 0.05  # of the log odds; smaller parts say nothing
_SAYS = "says “"  # how `explain_place` begins the reason that names words


class Error(msgspec.Struct, frozen=True):
    """A paper whose place and label part. `grade` is None where nobody judged it; `words` are the rubric's, as found.

    `parts` are shares of the log odds of relevance by name, `reasons` what the list would say of it beside the words.
    """

    paper: Paper
    rank: int
    score: float
    grade: int | None
    parts: Mapping[str, float]
    reasons: tuple[str, ...]
    words: tuple[str, ...]
    takeaway: str


class Errors(msgspec.Struct, frozen=True):
    """Of one topic's week: irrelevant papers from the top, relevant ones from the bottom, of `papers` in all."""

    topic: str
    week: str
    papers: int
    too_high: tuple[Error, ...]
    too_low: tuple[Error, ...]


async def find_errors(study: Study, material: Material, count: int = 5) -> list[Errors]:
    """Of each topic's newest labelled week, the whole of it, as `triage score` has it now.

    Votes on papers of this very week have their say, too.
    """
    return [await _find_errors(study, material, task, count) for task in material.whole.tasks]


async def _find_errors(study: Study, material: Material, task: Task, count: int) -> Errors:
    labelled = [week for week in material.whole.weeks if mark_relevant(task, week).any()]
    week = max(labelled, key=lambda week: week.week)
    async with study.services.database.read() as session:
        stored = await select_papers(session, [paper.arxiv_id for paper in week.papers])
    papers = [stored[paper.arxiv_id] for paper in week.papers]
    scored, _, _ = await score_topic(study.bench, task.topic, parse_week(week.week), papers)
    return choose_errors(task, week, [scored.scores[paper.key] for paper in papers], count)


def choose_errors(task: Task, week: Candidates, scores: Sequence[Score], count: int) -> Errors:
    """The `count` highest of the irrelevant and the `count` lowest of the relevant papers, the worst first.

    `scores` stand in the order of the week's papers. A paper that stands above all irrelevant ones is no error.
    """
    relevant = mark_relevant(task, week)
    order = rank_order([score.value for score in scores])
    wrong = [row for row in order if not relevant[row]]
    first_wrong = np.flatnonzero(order == wrong[0])[0] if wrong else order.size
    missed = [row for place, row in enumerate(order) if relevant[row] and place > first_wrong]
    ranks = {int(row): rank for rank, row in enumerate(order, start=1)}

    def tell(row: int) -> Error:
        return _tell(task, week, int(row), scores[row], ranks[int(row)])

    return Errors(
        task.topic.name,
        week.week,
        len(week),
        tuple(tell(row) for row in wrong[:count]),
        tuple(tell(row) for row in missed[::-1][:count]),
    )


def list_too_high(found: Sequence[Errors]) -> Table:
    """A row for each irrelevant paper that stands at the top: where, what it is, and what moved it there."""
    return _list([(errors, error) for errors in found for error in errors.too_high], "Irrelevant, but at the top.")


def list_too_low(found: Sequence[Errors]) -> Table:
    """The same of relevant papers that stand far down, and what little spoke for them."""
    return _list([(errors, error) for errors in found for error in errors.too_low], "Relevant, but far down.")


def _list(errors: Sequence[tuple[Errors, Error]], caption: str) -> Table:
    rows = tuple(
        (
            of.topic,
            f"{error.rank:,} of {of.papers:,}",
            f"{error.score:.2f}",
            "not judged" if error.grade is None else str(error.grade),
            Link(f"{error.paper.title} ({error.paper.arxiv_id})", link_paper(error.paper.arxiv_id).url),
            error.takeaway,
            tell_parts(error.parts),
            ", ".join(error.words) or "none",
            "; ".join(error.reasons),
        )
        for of, error in errors
    )
    columns = ("topic", "place", "score", "grade", "paper", "takeaway", "parts (log odds)", "rubric words", "else")
    return Table(columns, rows, caption, numbers=(1, 2, 3))


def tell_parts(parts: Mapping[str, float]) -> str:
    """The largest share first, without those that say nothing: `meaning +4.1, title cues +1.1`."""
    shown = sorted(parts.items(), key=lambda part: (-abs(part[1]), part[0]))
    return ", ".join(f"{name.replace('_', ' ')} {share:+.1f}" for name, share in shown if abs(share) >= _LEAST_SHARE)


def _tell(task: Task, week: Candidates, row: int, score: Score, rank: int) -> Error:
    paper = week.papers[row]
    words = read_words(paper.title, paper.abstract)
    takeaway = extract_takeaway(paper.title, paper.abstract)
    reasons = explain_place(words, paper.abstract, task.topic, score.parts)
    return Error(
        paper=paper,
        rank=rank,
        score=score.value,
        grade=_find_grade(task, week, row),
        parts=score.parts,
        reasons=tuple(each for each in reasons if not each.startswith(_SAYS)),
        words=tuple(list_hits(words, task.topic)),
        takeaway=takeaway.text if takeaway else "",
    )


def _find_grade(task: Task, week: Candidates, row: int) -> int | None:
    """0 to 3 of judgements; of votes 3 for relevant."""
    arxiv_id = week.papers[row].arxiv_id
    if task.grades is None:
        return None if not mark_relevant(task, week)[row] else 3
    return task.grades.get(week.week, {}).get(arxiv_id)
