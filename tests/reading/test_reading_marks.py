import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from fakes.judging_case import GR
from fakes.marks_case import IDS, NOW, open_small_library, prepare_small_store

from triage.core.taste import MIN_RELEVANT
from triage.errors import InputError, UnknownPaperError, UnknownTopicError
from triage.reading.library import Library
from triage.reading.marks import (
    find_tagged,
    get_note,
    list_subscriptions,
    list_votes,
    put_note,
    put_tag,
    remove_shared_tag,
    remove_tag,
    set_vote,
    subscribe,
    unsubscribe,
    withdraw_vote,
)
from triage.reading.records import LONGEST_NOTE
from triage.store.shortlists import Shortlist, publish_shortlist, replace_shortlist
from triage.store.votes import load_votes, record_votes

NOWHERE = "2604.99999"
A, B, *_ = IDS


@pytest.fixture(scope="module")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with eight papers; copy it, do not use it."""
    path = tmp_path_factory.mktemp("marks") / "small.db"
    prepare_small_store(path)
    return path


@pytest.fixture
async def library(small_store: Path, tmp_path: Path) -> AsyncIterator[Library]:
    """Eight papers, the bundled rubric, and nobody's marks."""
    async with open_small_library(small_store, tmp_path) as library:
        yield library


async def add_list(library: Library, week: str, *, is_published: bool = False) -> None:
    """A shortlist without places."""
    async with library.database.write() as session:
        await replace_shortlist(session, Shortlist(GR, week, 20, "f", "s", 0, NOW, None, ()), [])
        if is_published:
            await publish_shortlist(session, GR, week, NOW)


async def load_lab(library: Library) -> dict[str, int]:
    """What ranking learns from."""
    async with library.database.read() as session:
        return await load_votes(session, GR)


async def test_a_vote_is_set_changed_and_withdrawn(library: Library) -> None:
    """Each step says what it did; the same again does nothing."""
    first = await set_vote(library, "ada", A, GR, 1)
    again = await set_vote(library, "ada", A, GR, 1)
    other = await set_vote(library, "ada", A, GR, -1)
    unsure = await set_vote(library, "ada", A, GR, 0)
    gone, gone_again = [await withdraw_vote(library, "ada", A, GR) for _ in range(2)]

    assert [(each.is_new, each.value, each.counts) for each in (first, again, other, unsure, gone, gone_again)] == [
        (True, 1, {GR: 1}),
        (False, 1, {GR: 1}),
        (False, -1, {GR: 1}),
        (False, 0, {GR: 1}),
        (False, None, {}),
        (False, None, {}),
    ]
    assert again.note == gone_again.note == "It was so before: nothing changes."
    assert await list_votes(library, "ada") == ()


async def test_a_reader_sees_and_withdraws_only_own_votes(library: Library) -> None:
    """The lab's ranking learns from all of them, yet nobody's list, count or note tells of another's."""
    alone = await set_vote(library, "ada", A, GR, 1)
    await withdraw_vote(library, "ada", A, GR)
    await set_vote(library, "bob", A, GR, 1)
    await set_vote(library, "bob", B, GR, -1)

    assert await set_vote(library, "ada", A, GR, 1) == alone
    await withdraw_vote(library, "ada", B, GR)
    assert [(vote.arxiv_id, vote.value) for vote in await list_votes(library, "ada", GR)] == [(A, 1)]
    assert [(vote.arxiv_id, vote.value) for vote in await list_votes(library, "bob", GR)] == [(A, 1), (B, -1)]
    assert await load_lab(library) == {A: 1, B: -1}


async def test_a_vote_says_which_drafts_follow_it(library: Library) -> None:
    """The two newest that are not published; without a draft, that the next list counts it."""
    assert "No draft waits" in (await set_vote(library, "ada", A, GR, 1)).note
    await add_list(library, "2026-W14")
    one = await withdraw_vote(library, "ada", A, GR)
    assert one.note.startswith("The draft of 2026-W14 is ranked anew now; published lists stay as they are.")
    for week, is_published in (("2026-W15", False), ("2026-W16", False), ("2026-W17", True)):
        await add_list(library, week, is_published=is_published)
    two = await set_vote(library, "ada", A, GR, 1)
    assert two.drafts == ("2026-W16", "2026-W15")
    assert two.note.startswith("The drafts of 2026-W16 and 2026-W15 are ranked anew now;")
    assert (await set_vote(library, "ada", A, GR, 1)).drafts == ()


async def test_a_vote_says_how_many_it_takes(library: Library) -> None:
    """Own votes are counted, others' only make up the number that taste needs; withdrawn, they do no more."""
    for arxiv_id in IDS[: MIN_RELEVANT - 2]:
        await set_vote(library, "bob", arxiv_id, GR, 1)
    await set_vote(library, "ada", A, "agent-evaluation", 1)
    few = await set_vote(library, "ada", IDS[5], GR, 1)
    assert f"once all readers' together make {MIN_RELEVANT} papers relevant; you voted 1 relevant so far." in few.note
    enough = await set_vote(library, "ada", IDS[6], GR, 1)
    assert enough.note.endswith(f"make the {MIN_RELEVANT} relevant papers that this takes.")
    assert "you voted 1 relevant so far." in (await withdraw_vote(library, "ada", IDS[6], GR)).note


async def test_a_vote_that_waits_for_its_paper_can_be_withdrawn(library: Library) -> None:
    """It came from a file; once it is gone, the paper is unknown like any other."""
    async with library.database.write() as session:
        await record_votes(session, GR, {NOWHERE: 1}, "file.csv", NOW, reader="ada")

    assert (await withdraw_vote(library, "ada", NOWHERE, GR)).counts == {}
    with pytest.raises(UnknownPaperError):
        await withdraw_vote(library, "ada", NOWHERE, GR)


async def test_any_spelling_names_the_paper(library: Library) -> None:
    """A version or a prefix of arXiv's is no other paper."""
    await set_vote(library, "ada", f"arXiv:{A}v2", GR, 1)
    await put_tag(library, "ada", f"{A}v1", "x", is_shared=False)
    await put_note(library, "ada", f"https://arxiv.org/abs/{A}", "Read.")

    assert [vote.arxiv_id for vote in await list_votes(library, "ada")] == [A]
    assert await find_tagged(library, "ada", "x") == (A,)
    assert await get_note(library, "ada", A) == "Read."


ON_PAPERS: dict[str, Callable[[Library, str], Awaitable[object]]] = {
    "set vote": lambda library, arxiv_id: set_vote(library, "ada", arxiv_id, GR, 1),
    "withdraw vote": lambda library, arxiv_id: withdraw_vote(library, "ada", arxiv_id, GR),
    "put tag": lambda library, arxiv_id: put_tag(library, "ada", arxiv_id, "x", is_shared=True),
    "remove another's tag": lambda library, arxiv_id: remove_shared_tag(library, "ada", arxiv_id, "x", "bob"),
    "remove tag": lambda library, arxiv_id: remove_tag(library, "ada", arxiv_id, "x"),
    "put note": lambda library, arxiv_id: put_note(library, "ada", arxiv_id, "Read."),
    "delete note": lambda library, arxiv_id: put_note(library, "ada", arxiv_id, ""),
    "get note": lambda library, arxiv_id: get_note(library, "ada", arxiv_id),
}


@pytest.mark.parametrize("arxiv_id", [NOWHERE, "nonsense", "", "2604.00001\x00", "\ud800"])
@pytest.mark.parametrize("act", ON_PAPERS.values(), ids=ON_PAPERS.keys())
async def test_an_unknown_paper_is_refused(
    library: Library, act: Callable[[Library, str], Awaitable[object]], arxiv_id: str
) -> None:
    """Also one whose id is none."""
    with pytest.raises(UnknownPaperError):
        await act(library, arxiv_id)


ON_TOPICS: dict[str, Callable[[Library], Awaitable[object]]] = {
    "set vote": lambda library: set_vote(library, "ada", A, "nonsense\x00", 1),
    "withdraw vote": lambda library: withdraw_vote(library, "ada", A, "nonsense\x00"),
    "list votes": lambda library: list_votes(library, "ada", "nonsense\x00"),
    "subscribe": lambda library: subscribe(library, "ada", "nonsense\x00"),
    "unsubscribe": lambda library: unsubscribe(library, "ada", "nonsense\x00"),
}


@pytest.mark.parametrize("act", ON_TOPICS.values(), ids=ON_TOPICS.keys())
async def test_an_unknown_topic_is_refused(library: Library, act: Callable[[Library], Awaitable[object]]) -> None:
    """The message names the topics there are."""
    with pytest.raises(UnknownTopicError, match=GR):
        await act(library)


async def test_a_note_is_its_readers_alone(library: Library) -> None:
    """It replaces the one before; another's is neither seen, nor replaced, nor deleted."""
    await put_note(library, "ada", A, "First.")
    assert await put_note(library, "ada", A, " One.\r\nTwo.\tThree\x00\x07\ud800. \n") == "One.\nTwo.\tThree."
    await put_note(library, "bob", A, "Mine.")

    assert await get_note(library, "ada", A) == "One.\nTwo.\tThree."
    assert await get_note(library, "carol", A) is None
    for _ in range(2):
        assert await put_note(library, "bob", A, " \n") is None
    assert [await get_note(library, reader, A) for reader in ("ada", "bob")] == ["One.\nTwo.\tThree.", None]


async def test_a_note_has_a_longest_length(library: Library) -> None:
    """One character more is refused, and the note before it stays."""
    longest = "é" * LONGEST_NOTE
    await put_note(library, "ada", A, longest)
    with pytest.raises(InputError, match="at most"):
        await put_note(library, "ada", A, longest + "é")

    assert await get_note(library, "ada", A) == longest


async def test_readers_subscribe_for_themselves(library: Library) -> None:
    """Twice is once, and another's subscriptions stay."""
    for _ in range(2):
        assert await subscribe(library, "ada", GR) == (GR,)
    await subscribe(library, "bob", "agent-evaluation")
    assert await subscribe(library, "bob", GR) == ("agent-evaluation", GR)
    for _ in range(2):
        assert await unsubscribe(library, "bob", GR) == ("agent-evaluation",)

    assert await list_subscriptions(library, "ada") == (GR,)
    assert await list_subscriptions(library, "carol") == ()


async def test_votes_at_the_same_time_are_all_kept(library: Library) -> None:
    """Checks and changes are one transaction: of many at once none is lost."""
    await asyncio.gather(*(set_vote(library, reader, arxiv_id, GR, 1) for reader in ("ada", "bob") for arxiv_id in IDS))

    assert len(await list_votes(library, "ada")) == len(await list_votes(library, "bob")) == len(IDS)
