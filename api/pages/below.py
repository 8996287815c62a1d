"""The section below a shortlist: papers that missed it, drawn at random, and what the answers so far tell."""

from collections.abc import Collection

import msgspec

from api.pages.intervals import IntervalPicture, draw_interval, write_number
from triage.core.misses import MissEstimate
from triage.errors import NotFoundError
from triage.reading.audits import Question, Questions, estimate_topic, view_questions
from triage.reading.library import Library
from triage.store.shortlists import Shortlist


class BelowLine(msgspec.Struct, frozen=True):
    """What the section shows: questions that wait for an answer, those that have one, and the estimate of the topic."""

    waiting: tuple[Question, ...]
    answered: tuple[Question, ...]
    picture: IntervalPicture | None
    reach: str


async def view_below(library: Library, shortlist: Shortlist, reader: str, shown: Collection[str]) -> BelowLine | None:
    """None for a list below which nothing was drawn. What is `shown` on the list itself by now is not asked twice."""
    questions = await _find_questions(library, shortlist, reader)
    if questions is None:
        return None
    papers = [paper for paper in questions.papers if paper.arxiv_id not in shown]
    estimate = await estimate_topic(library, shortlist.topic)
    return BelowLine(
        tuple(paper for paper in papers if paper.vote is None),
        tuple(paper for paper in papers if paper.vote is not None),
        _draw(estimate) if estimate else None,
        tell_reach(estimate, len(shortlist.ranked)) if estimate else "",
    )


async def _find_questions(library: Library, shortlist: Shortlist, reader: str) -> Questions | None:
    try:
        return await view_questions(library, reader, shortlist.topic, shortlist.week)
    except NotFoundError:  # a list from before the audit, or a topic that the rubric has no more
        return None


def _draw(found: MissEstimate) -> IntervalPicture:
    missed = found.missed_per_week
    middle, low, high = map(write_number, (missed.estimate, missed.low, missed.high))
    answers = "1 answer" if found.answered == 1 else f"{found.answered} answers"
    papers = "paper" if middle == "1" else "papers"
    text = f"From {answers}: about {middle} relevant {papers} a week missed the list, between {low} and {high}."
    return draw_interval(missed.estimate, missed.low, missed.high, text)


def tell_reach(found: MissEstimate, places: int) -> str:
    """The share of the relevant papers that lists of so many `places` hold, and what it would take to hold more."""
    shares = [f"{share:.0%}" for share in (found.recall.estimate, found.recall.low, found.recall.high)]
    reach = f"The lists hold about {shares[0]} of the relevant papers ({shares[1]} to {shares[2]})."
    sure = f"{found.level:.0%} sure to hold {found.wanted:.0%}"
    if found.cut is None:
        return reach
    if found.cut <= places:
        return f"{reach} They are {sure}."
    return f"{reach} To be {sure}, they would need {found.cut:,} papers a week."
