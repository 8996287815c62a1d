from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.judging_case import GR
from fakes.marks_case import IDS, NOW, open_small_library, prepare_small_store
from fakes.papers import make_papers
from msgspec.structs import replace

from triage.core.bands import Band
from triage.core.rubric import find_topic
from triage.core.week import parse_week
from triage.errors import InputError, NotFoundError, UnknownTopicError
from triage.reading.audits import AnsweredWeek, estimate_topic, list_unanswered, view_audit, view_questions
from triage.reading.library import Library
from triage.reading.marks import VoteValue, put_tag, set_vote
from triage.store.adjudications import Adjudication, save_adjudication
from triage.store.audits import Audit, Drawn, replace_audit
from triage.store.papers import select_papers
from triage.store.upsert import upsert_papers

WEEK, NEXT = "2026-W16", "2026-W17"
LISTED, *BELOW = IDS
"""One paper on the list and seven below it."""


@pytest.fixture(scope="module")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with eight papers; copy it, do not use it."""
    path = tmp_path_factory.mktemp("audits") / "small.db"
    prepare_small_store(path)
    return path


@pytest.fixture
async def library(small_store: Path, tmp_path: Path) -> AsyncIterator[Library]:
    """Eight papers, of which all are asked about that are not on the list."""
    async with open_small_library(small_store, tmp_path) as library:
        await draw(library, WEEK, BELOW)
        yield library


async def draw(library: Library, week: str, asked: list[str]) -> None:
    """A draw of two bands."""
    papers = (Drawn(LISTED, 0, 1), *(Drawn(each, min(rank, 3) - 1, rank) for rank, each in enumerate(asked, 2)))
    sums = Band(1, 1, 1, 0.9), Band(2, 9, 8, 1.0), Band(10, 99, 90, 0.5)
    audit = Audit(GR, week, "f", "s", NOW - timedelta(days=1), sums, papers)
    async with library.database.write() as session:
        known = await select_papers(session, IDS)
        await replace_audit(session, audit, [known[paper.arxiv_id].key for paper in papers], ())


async def settle(library: Library, arxiv_id: str, value: int) -> None:
    """As an editor."""
    async with library.database.write() as session:
        await save_adjudication(session, Adjudication(GR, arxiv_id, value, "carol", "so it is", NOW))


async def count(library: Library) -> tuple[int, int]:
    """How many are answered, and how many of them relevant."""
    (week,) = (await view_audit(library, GR)).weeks
    return week.answered, week.relevant


async def test_questions_tell_nothing_of_rank_or_score(library: Library) -> None:
    """They come in an order of each reader's own, the same each time; what stood on the list is not asked about."""
    questions = await view_questions(library, "ada", GR, WEEK)
    order = [paper.arxiv_id for paper in questions.papers]
    assert sorted(order) == BELOW != order
    assert await view_questions(library, "ada", GR, WEEK) == questions
    assert [paper.arxiv_id for paper in (await view_questions(library, "bob", GR, WEEK)).papers] != order
    assert {"score", "rank", "band"}.isdisjoint(questions.papers[0].__struct_fields__)


async def test_a_question_shows_the_paper(library: Library) -> None:
    """In its author's words, with the asking reader's own vote."""
    await set_vote(library, "ada", BELOW[0], GR, 0)
    await set_vote(library, "bob", BELOW[1], GR, 1)
    papers = {paper.arxiv_id: paper for paper in (await view_questions(library, "ada", GR, WEEK)).papers}
    assert (papers[BELOW[0]].vote, papers[BELOW[1]].vote) == (0, None)
    paper = papers[BELOW[0]]
    assert paper.takeaway
    assert paper.takeaway in paper.abstract
    assert paper.authors == ("Ada Example", "Bo Sample-2")


async def test_a_withdrawn_paper_is_not_asked_about(library: Library) -> None:
    """Its authors took it back since it was drawn."""
    gone = replace(make_papers(8)[2], is_withdrawn=True)
    async with library.database.write() as session:
        await upsert_papers(session, [gone], NOW)
    asked = [paper.arxiv_id for paper in (await view_questions(library, "ada", GR, WEEK)).papers]
    assert sorted(asked) == [each for each in BELOW if each != gone.arxiv_id]


async def test_a_settled_paper_is_not_asked_about(library: Library) -> None:
    """An editor's word counts already, and a vote on it is told so."""
    await settle(library, BELOW[0], -1)
    asked = [paper.arxiv_id for paper in (await view_questions(library, "ada", GR, WEEK)).papers]
    assert sorted(asked) == BELOW[1:]
    effect = await set_vote(library, "ada", BELOW[0], GR, 1)
    assert ("An editor settled this paper" in effect.note, effect.drafts) == (True, ())


async def test_weeks_and_topics_without_questions(library: Library) -> None:
    """Each refusal says what is wrong, or what to run."""
    with pytest.raises(NotFoundError, match="triage run --week 2026-W18"):
        await view_questions(library, "ada", GR, "2026-W18")
    with pytest.raises(NotFoundError, match="triage run"):
        await list_unanswered(library, "ada", GR, "2026-W18")
    rules = replace(library.rubric.shortlist, audit=0)
    silent = replace(library, rubric=replace(library.rubric, shortlist=rules))
    with pytest.raises(NotFoundError, match="audit: 0"):
        await view_questions(silent, "ada", GR, "2026-W18")
    with pytest.raises(UnknownTopicError):
        await view_questions(library, "ada", "nonsense", WEEK)
    with pytest.raises(InputError, match="no week"):
        await view_questions(library, "ada", GR, "nonsense")


async def test_unanswered_questions_are_a_readers_own(library: Library) -> None:
    """Those of the newest week first; what another reader answered is asked all the same."""
    await draw(library, NEXT, BELOW[:2])
    await set_vote(library, "ada", BELOW[0], GR, 1)
    for arxiv_id in BELOW[:2]:
        await set_vote(library, "bob", arxiv_id, GR, 0)

    of_ada, of_bob = await list_unanswered(library, "ada", GR), await list_unanswered(library, "bob", GR)
    assert of_ada is not None
    assert of_bob is not None
    assert (of_ada.week, [paper.arxiv_id for paper in of_ada.papers]) == (NEXT, [BELOW[1]])
    assert (of_bob.week, sorted(paper.arxiv_id for paper in of_bob.papers)) == (WEEK, BELOW[2:])
    assert await list_unanswered(library, "bob", GR, NEXT) is None
    for arxiv_id in BELOW:
        await set_vote(library, "bob", arxiv_id, GR, -1)
    assert await list_unanswered(library, "bob", GR) is None


async def test_answers_are_what_all_votes_come_to(library: Library) -> None:
    """Uncertain and at odds is not answered; what an editor settles wins; a tag of the topic is a vote."""
    assert await count(library) == (0, 0)
    votes: list[tuple[str, str, VoteValue]] = [
        ("ada", BELOW[0], 1),
        ("bob", BELOW[0], 0),
        ("ada", BELOW[1], 1),
        ("bob", BELOW[1], -1),
        ("ada", BELOW[2], 0),
        ("ada", BELOW[3], 1),
        ("ada", BELOW[4], -1),
        ("ada", LISTED, 1),
    ]
    for reader, arxiv_id, value in votes:
        await set_vote(library, reader, arxiv_id, GR, value)
    assert await count(library) == (3, 2)
    await settle(library, BELOW[3], -1)
    assert await count(library) == (3, 1)
    await settle(library, BELOW[3], 0)
    assert await count(library) == (2, 1)
    tag = find_topic(library.rubric, GR).tags[0]
    await put_tag(library, "ada", BELOW[5], tag, is_shared=False)
    assert await count(library) == (3, 2)


async def test_an_audit_is_counted_week_by_week(library: Library) -> None:
    """From one on, where it is named; other topics have their own."""
    await draw(library, NEXT, BELOW[:2])
    await set_vote(library, "ada", BELOW[0], GR, 1)
    drawn_at = NOW - timedelta(days=1)
    both = (AnsweredWeek(WEEK, drawn_at, 7, 1, 1), AnsweredWeek(NEXT, drawn_at, 2, 1, 1))
    assert (await view_audit(library, GR)).weeks == both
    assert (await view_audit(library, GR, since=parse_week(NEXT))).weeks == both[1:]
    other = await view_audit(library, "agent-evaluation")
    assert (other.weeks, other.estimate) == ((), None)


async def test_the_estimate_rests_on_the_answers_below_the_line(library: Library) -> None:
    """None before the first one, however the listed papers are voted; relevant ones mean that more are missed."""
    await set_vote(library, "ada", LISTED, GR, 1)
    assert await estimate_topic(library, GR) is None
    for arxiv_id in BELOW:
        await set_vote(library, "ada", arxiv_id, GR, -1)
    none = await estimate_topic(library, GR)
    await set_vote(library, "ada", BELOW[-1], GR, 1)
    one = await estimate_topic(library, GR, 0.8)
    assert none is not None
    assert one is not None
    assert (none.weeks, none.below, none.asked, none.answered, none.relevant) == (1, 98, 7, 7, 0)
    assert (one.relevant, one.wanted) == (1, 0.8)
    assert one.missed.estimate > none.missed.estimate
    with pytest.raises(UnknownTopicError):
        await estimate_topic(library, "nonsense")
