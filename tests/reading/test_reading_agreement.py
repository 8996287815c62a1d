"""Readers' votes on the bundled week, compared and settled."""

from collections.abc import Awaitable, Callable

import pytest
from fakes.judging_case import GR, NOW

from triage.core.week import parse_week
from triage.errors import InputError, UnknownPaperError, UnknownTopicError
from triage.reading.agreement import (
    LONGEST_REASON,
    Agreement,
    SplitPaper,
    hide_names,
    settle,
    unsettle,
    view_agreement,
)
from triage.reading.library import Library
from triage.store.adjudications import Adjudication
from triage.store.paper_lists import Wishes, list_by_date
from triage.store.votes import load_votes, record_votes

WEEK, LATER = parse_week("2026-W20"), parse_week("2026-W21")
NOWHERE = "2604.99999"
REASON = "It recommends by generating ids."


async def list_ids(library: Library, count: int) -> list[str]:
    """The first papers of the week, by id."""
    async with library.database.read() as session:
        papers, _ = await list_by_date(session, Wishes(reader="ada", week=str(WEEK)), 0, 100)
    return sorted(paper.arxiv_id for paper in papers)[:count]


async def vote(library: Library, reader: str, votes: dict[str, int]) -> None:
    """As the reader does."""
    async with library.database.write() as session:
        await record_votes(session, GR, votes, "test", NOW, reader=reader)


async def vote_apart(library: Library) -> list[str]:
    """Ada and bob on six papers, of which they part on the first two; carol is uncertain of the third and fourth."""
    ids = await list_ids(library, 6)
    await vote(library, "ada", dict(zip(ids, (1, 1, 1, -1, -1, -1), strict=True)))
    await vote(library, "bob", dict(zip(ids, (-1, 0, 1, -1, -1, -1), strict=True)))
    await vote(library, "carol", {ids[2]: 0, NOWHERE: 0})
    return ids


def tell(papers: tuple[SplitPaper, ...]) -> list[tuple[str, int, int, int]]:
    """Ids, and how many said yes, "uncertain" and no."""
    return [(each.arxiv_id, each.relevant, each.uncertain, each.irrelevant) for each in papers]


async def load_lab(library: Library) -> dict[str, int]:
    """What ranking learns from."""
    async with library.database.read() as session:
        return await load_votes(session, GR)


async def test_nobody_voted(listed_library: Library) -> None:
    """Nothing to compare is no failure."""
    found = await view_agreement(listed_library, GR)
    assert (found.readers, found.pairs, found.open, found.settled, found.wording) == ((), (), (), (), ())
    assert (found.parted, found.with_uncertain.papers, found.with_uncertain.observed) == (0, 0, None)


async def test_readers_are_compared(listed_library: Library) -> None:
    """Everybody's votes are counted; papers that two voted on make the coefficients, with and without "uncertain"."""
    await vote_apart(listed_library)
    found = await view_agreement(listed_library, GR)

    given = [(each.name, each.relevant, each.uncertain, each.irrelevant) for each in found.readers]
    assert given == [("ada", 3, 0, 3), ("bob", 1, 1, 4), ("carol", 0, 2, 0)]
    assert (found.with_uncertain.papers, found.without_uncertain.papers, found.parted) == (6, 5, 3)
    assert [(each.first, each.second, each.papers, each.parted) for each in found.pairs] == [
        ("ada", "carol", 1, 1),
        ("bob", "carol", 1, 1),
        ("ada", "bob", 6, 2),
    ]
    assert sum(map(sum, found.confusion)) == 2 * (5 + 3)


async def test_the_most_split_papers_come_first(listed_library: Library) -> None:
    """Each with title, week and score; one that all are uncertain of is among them, known to the store or not."""
    ids = await vote_apart(listed_library)
    found = (await view_agreement(listed_library, GR)).open

    assert tell(found) == [(ids[0], 1, 0, 1), (ids[1], 1, 1, 0), (ids[2], 2, 1, 0), (NOWHERE, 0, 1, 0)]
    assert [each.split for each in found] == [1, 0.25, pytest.approx(2 / 9), 0]
    assert [each.week for each in found] == ["2026-W20"] * 3 + [None]
    assert all(each.title and each.score is not None for each in found[:3])
    assert (found[3].title, found[3].score) == (None, None)


async def test_of_equals_the_newest_comes_first(listed_library: Library) -> None:
    """By week, then by id; a paper without a week is the oldest."""
    ids = await list_ids(listed_library, 3)
    for reader, value in (("ada", 1), ("bob", -1)):
        await vote(listed_library, reader, dict.fromkeys([NOWHERE, *ids], value))
    found = await view_agreement(listed_library, GR)
    assert [each.arxiv_id for each in found.open] == [*reversed(ids), NOWHERE]


async def test_weeks_may_be_chosen(listed_library: Library) -> None:
    """Votes on papers of other weeks, or of none, then count for nothing."""
    await vote_apart(listed_library)
    of_week, of_later = [await view_agreement(listed_library, GR, each) for each in ((WEEK, WEEK), (LATER, LATER))]
    assert (of_week.with_uncertain.papers, len(of_week.open)) == (6, 3)
    assert (of_later.readers, of_later.open) == ((), ())


async def test_the_words_over_which_readers_part_are_named(listed_library: Library) -> None:
    """Cues and lines of the rubric, with the papers that they speak of; some papers lie between two lines."""
    ids = await list_ids(listed_library, 85)
    await vote(listed_library, "ada", dict.fromkeys(ids, 1))
    await vote(listed_library, "bob", {arxiv_id: (-1) ** number for number, arxiv_id in enumerate(ids)})
    found = await view_agreement(listed_library, GR)

    assert {"cue", "in_scope"} <= {each.kind for each in found.wording}
    lines = [each.share for each in found.wording if each.kind in {"in_scope", "out_of_scope"}]
    assert 0 < sum(each.papers for each in lines) <= len(ids)
    for share in [*(each.share for each in found.wording), *(each.share for each in found.boundaries)]:
        assert share.low <= share.parted / share.papers <= share.high
    lows = [each.share.low for each in found.wording]
    assert lows == sorted(lows, reverse=True)


async def test_an_editor_settles_a_paper(listed_library: Library) -> None:
    """It leaves the open list and counts as settled, in learning too; the coefficients stay what they were."""
    ids = await vote_apart(listed_library)
    before = await view_agreement(listed_library, GR)
    assert ids[0] not in await load_lab(listed_library)

    made = await settle(listed_library, "dan", f"arXiv:{ids[0]}v2", GR, 1, f" {REASON}\n")
    after = await view_agreement(listed_library, GR)

    assert made == Adjudication(GR, ids[0], 1, "dan", REASON, NOW)
    assert [each.arxiv_id for each in after.open] == [each.arxiv_id for each in before.open][1:]
    assert [(each.arxiv_id, each.settled) for each in after.settled] == [(ids[0], made)]
    assert (after.with_uncertain, after.parted) == (before.with_uncertain, before.parted)
    assert (await load_lab(listed_library))[ids[0]] == 1


async def test_what_was_settled_may_be_opened_again(listed_library: Library) -> None:
    """The votes count again; a second time nothing changes."""
    ids = await vote_apart(listed_library)
    before = await view_agreement(listed_library, GR)
    await settle(listed_library, "dan", ids[0], GR, -1, REASON)
    assert [await unsettle(listed_library, ids[0], GR) for _ in range(2)] == [True, False]
    assert await view_agreement(listed_library, GR) == before


async def test_names_can_be_hidden(listed_library: Library) -> None:
    """Readers and editors become numbers, the same everywhere; nothing else changes."""
    ids = await vote_apart(listed_library)
    await settle(listed_library, "dan", ids[0], GR, 1, REASON)
    found = await view_agreement(listed_library, GR)
    hidden = hide_names(found)

    assert [each.name for each in hidden.readers] == ["reader 1", "reader 2", "reader 3"]
    assert [(each.first, each.second) for each in hidden.pairs][-1] == ("reader 1", "reader 2")
    assert [each.settled.editor for each in hidden.settled if each.settled] == ["reader 4"]
    kept: Callable[[Agreement], object] = lambda each: (each.confusion, each.open, each.wording)  # noqa: E731 - short
    assert kept(hidden) == kept(found)


async def test_numbers_do_not_follow_names(listed_library: Library) -> None:
    """Who voted most is the first: numbers in the order of names would tell whoever knows the lab who is who."""
    ids = await list_ids(listed_library, 4)
    await vote(listed_library, "ada", dict.fromkeys(ids[:2], 1))
    await vote(listed_library, "zoe", dict(zip(ids, (-1, 1, 0, 1), strict=True)))
    found = await view_agreement(listed_library, GR)
    assert (found.pairs[0].first, found.confusion) == ("ada", ((1, 0, 1), (0, 0, 0), (0, 0, 0)))

    hidden = hide_names(found)
    assert [(each.name, each.uncertain) for each in hidden.readers] == [("reader 1", 1), ("reader 2", 0)]
    assert [(each.first, each.second) for each in hidden.pairs] == [("reader 1", "reader 2")]
    assert hidden.confusion == ((1, 0, 0), (0, 0, 0), (1, 0, 0))


@pytest.mark.parametrize("reason", ["", " \n", "\u200b", "x" * (LONGEST_REASON + 1)])
async def test_a_decision_has_a_reason(listed_library: Library, reason: str) -> None:
    """Without one, or with one that nobody would read, nothing is settled."""
    (arxiv_id,) = await list_ids(listed_library, 1)
    with pytest.raises(InputError, match="reason is 1 to"):
        await settle(listed_library, "dan", arxiv_id, GR, 1, reason)
    assert (await view_agreement(listed_library, GR)).settled == ()


WRONG: dict[str, tuple[type[Exception], Callable[[Library], Awaitable[object]]]] = {
    "view a topic": (UnknownTopicError, lambda library: view_agreement(library, "nonsense")),
    "settle for a topic": (UnknownTopicError, lambda library: settle(library, "dan", NOWHERE, "nonsense", 1, REASON)),
    "unsettle for a topic": (UnknownTopicError, lambda library: unsettle(library, NOWHERE, "nonsense")),
    "settle a paper": (UnknownPaperError, lambda library: settle(library, "dan", NOWHERE, GR, 1, REASON)),
    "settle what is no id": (UnknownPaperError, lambda library: settle(library, "dan", "nonsense", GR, 1, REASON)),
    "unsettle what is no id": (UnknownPaperError, lambda library: unsettle(library, "nonsense", GR)),
}


@pytest.mark.parametrize(("error", "act"), WRONG.values(), ids=WRONG.keys())
async def test_what_is_unknown_is_refused(
    listed_library: Library, error: type[Exception], act: Callable[[Library], Awaitable[object]]
) -> None:
    """Topics that the rubric lacks, and papers that the store lacks."""
    with pytest.raises(error):
        await act(listed_library)
