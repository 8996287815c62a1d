"""The miss audit as readers meet it: what they are asked about papers below the line, and what their answers tell.

An answer is a vote. For the estimate, a paper is what all readers' votes and what editors settled come to; one that
they leave open counts as not answered.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from triage.core.bands import order_at_random
from triage.core.misses import AuditedWeek, BandAnswers, ListAnswers, MissEstimate, estimate_misses
from triage.core.paper import Paper
from triage.core.rubric import find_topic
from triage.core.takeaway import extract_takeaway
from triage.core.week import Week
from triage.errors import NotFoundError
from triage.reading.aside import run_aside
from triage.reading.library import Library
from triage.reading.naming import read_week
from triage.store.adjudications import list_adjudications
from triage.store.audits import Audit, Drawn, list_audits, load_audit
from triage.store.engine import Session
from triage.store.papers import select_papers
from triage.store.votes import list_votes, load_votes


class Question(msgspec.Struct, frozen=True):
    """Is this paper relevant? `vote` is the reader's own: 1, -1, 0 (uncertain), or None while they gave none."""

    arxiv_id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    takeaway: str | None
    vote: int | None


class Questions(msgspec.Struct, frozen=True):
    """What a reader is asked about one week, in an order that is theirs and tells nothing of rank or score."""

    topic: str
    week: str
    drawn_at: datetime
    papers: tuple[Question, ...]


class AnsweredWeek(msgspec.Struct, frozen=True):
    """How far the questions of a week came: all readers together."""

    week: str
    drawn_at: datetime
    asked: int
    answered: int
    relevant: int


class TopicAudit(msgspec.Struct, frozen=True):
    """The weeks in which papers were drawn, oldest first, and what is estimated from their answers, if anything is."""

    topic: str
    places: int
    weeks: tuple[AnsweredWeek, ...]
    estimate: MissEstimate | None


async def view_questions(library: Library, reader: str, topic: str, week: str) -> Questions:
    """What was drawn below the line, without papers that were withdrawn or that an editor settled.

    Raises `UnknownTopicError`, `InputError` for what is no week, and `NotFoundError` where nothing was drawn.
    """
    known, wanted = find_topic(library.rubric, topic).name, str(read_week(week))
    async with library.database.read() as session:
        audit = await load_audit(session, known, wanted)
        if audit is None:
            raise NotFoundError(_tell_absence(library, known, wanted))
        return await _write_questions(session, audit, reader, await _load_own(session, known, reader))


async def list_unanswered(library: Library, reader: str, topic: str, week: str | None = None) -> Questions | None:
    """What the reader did not answer yet: of the newest week with any, or of this one; None when nothing is left.

    Raises what `view_questions` does.
    """
    known = find_topic(library.rubric, topic).name
    if week is not None:
        return _leave_open(await view_questions(library, reader, known, week))
    async with library.database.read() as session:
        own = await _load_own(session, known, reader)
        for audit in reversed(await list_audits(session, known)):
            if any(paper.arxiv_id not in own for paper in audit.asked):
                found = _leave_open(await _write_questions(session, audit, reader, own))
                if found is not None:
                    return found
    return None


async def estimate_topic(library: Library, topic: str, wanted: float = 0.8) -> MissEstimate | None:
    """How many relevant papers the topic's lists left out; None while nothing is answered; `UnknownTopicError`."""
    return (await view_audit(library, topic, wanted)).estimate


async def view_audit(library: Library, topic: str, wanted: float = 0.8, since: Week | None = None) -> TopicAudit:
    """The topic's audited weeks, from one on where it is named, and their estimate; raises `UnknownTopicError`."""
    found = find_topic(library.rubric, topic)
    async with library.database.read() as session:
        audits = [each for each in await list_audits(session, found.name) if since is None or each.week >= str(since)]
        votes = await load_votes(session, found.name, found.tags)
    weeks = [_count_answers(audit, votes) for audit in audits]
    return TopicAudit(
        topic=found.name,
        places=library.rubric.shortlist.size,
        weeks=tuple(_sum_up(audit, week) for audit, week in zip(audits, weeks, strict=True)),
        estimate=await run_aside(estimate_misses, weeks, wanted=wanted),
    )


def _count_answers(audit: Audit, votes: Mapping[str, int]) -> AuditedWeek:
    listed, *below = audit.bands
    answered, relevant = _count(audit.listed, votes)
    bands = ([paper for paper in audit.asked if paper.band == number] for number in range(1, len(audit.bands)))
    return AuditedWeek(
        audit.week,
        ListAnswers(listed.papers, answered, relevant, listed.expected),
        tuple(
            BandAnswers(band, len(papers), *_count(papers, votes)) for band, papers in zip(below, bands, strict=True)
        ),
    )


def _count(papers: Collection[Drawn], votes: Mapping[str, int]) -> tuple[int, int]:
    """How many are answered, and how many relevant."""
    values = [votes[paper.arxiv_id] for paper in papers if paper.arxiv_id in votes]
    return len(values), sum(value > 0 for value in values)


def _sum_up(audit: Audit, week: AuditedWeek) -> AnsweredWeek:
    answered, relevant = sum(band.answered for band in week.bands), sum(band.relevant for band in week.bands)
    return AnsweredWeek(audit.week, audit.drawn_at, len(audit.asked), answered, relevant)


async def _load_own(session: Session, topic: str, reader: str) -> dict[str, int]:
    """The reader's votes by arXiv id."""
    return {vote.arxiv_id: vote.value for vote in await list_votes(session, topic, reader=reader)}


async def _write_questions(session: Session, audit: Audit, reader: str, own: Mapping[str, int]) -> Questions:
    papers = await select_papers(session, (paper.arxiv_id for paper in audit.asked))
    settled = await list_adjudications(session, audit.topic)
    open_ = {key: each.paper for key, each in papers.items() if not each.paper.is_withdrawn and key not in settled}
    order = order_at_random(open_, f"{audit.topic} {audit.week} {reader}")
    questions = await run_aside(lambda: tuple(_write_question(open_[each], own.get(each)) for each in order))
    return Questions(audit.topic, audit.week, audit.drawn_at, questions)


def _write_question(paper: Paper, vote: int | None) -> Question:
    takeaway = extract_takeaway(paper.title, paper.abstract)
    return Question(
        paper.arxiv_id,
        paper.title,
        paper.abstract,
        paper.authors,
        paper.categories,
        takeaway.text if takeaway else None,
        vote,
    )


def _leave_open(questions: Questions) -> Questions | None:
    """Those without an answer."""
    papers = tuple(paper for paper in questions.papers if paper.vote is None)
    return replace(questions, papers=papers) if papers else None


def _tell_absence(library: Library, topic: str, week: str) -> str:
    if library.rubric.shortlist.audit == 0:
        return f"Nothing is asked about {topic} in {week}: the rubric says shortlist: audit: 0."
    return (
        f"Nothing was drawn below the shortlist of {topic} for {week} yet: papers are drawn when the list is built "
        f"after the week is over: triage run --week {week}"
    )
