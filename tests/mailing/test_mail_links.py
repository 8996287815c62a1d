"""What the links of a digest do, and for whom."""

from datetime import timedelta

import pytest
from fakes.mailing_case import ADA, MONDAY, queue_digest, subscribe_ada
from fakes.marks_case import IDS
from msgspec.structs import replace
from sqlalchemy import event

from triage.core.account import Role
from triage.core.mailing import mint_mail_key
from triage.errors import NotFoundError
from triage.mailing.mail_links import VOTE_LIFE, leave_by_key, open_key, pause_by_key, vote_by_key
from triage.mailing.mailings import resume_mailing, view_mailing
from triage.reading.library import Library
from triage.reading.marks import list_votes
from triage.store.engine import Database
from triage.store.mail_keys import insert_mail_key
from triage.store.papers import select_papers
from triage.store.readers import insert_reader, mark_disabled
from triage.store.shortlists import Entry, Shortlist, replace_shortlist

GR, AE, WEEK = "generative-recommendation", "agent-evaluation", "2026-W16"
LISTED, OTHER, *_ = IDS


@pytest.fixture
async def key(library: Library) -> str:
    """The key of ada's digest of a list with one paper."""
    await subscribe_ada(library.database, library.rubric)
    entry = Entry("ranked", 1, LISTED, "A title", 0.9, (), None, None)
    async with library.database.write() as session:
        papers = await select_papers(session, [LISTED])
        shortlist = Shortlist(GR, WEEK, 20, "f", "s", 8, MONDAY, MONDAY, (entry,))
        await replace_shortlist(session, shortlist, [papers[LISTED].key])
    return await queue_digest(library.database, "<16@triage.example.org>", WEEK)


async def add_confirm_key(database: Database) -> str:
    """A key that confirms, for two days."""
    key = mint_mail_key()
    async with database.write() as session:
        await insert_mail_key(session, key, "confirm", ADA, MONDAY, MONDAY + timedelta(days=2), reader="ada")
    return key


async def disable_ada(database: Database) -> None:
    """As an admin does."""
    async with database.write() as session:
        await insert_reader(session, "ada", ADA, Role.READER, MONDAY)
        await mark_disabled(session, "ada", MONDAY)


async def test_a_key_opens_until_it_expires(database: Database, key: str) -> None:
    """One of a digest never does, since whoever finds it in an old mail may leave; unknown ones open nothing."""
    confirm = await add_confirm_key(database)
    found = await open_key(database, key, MONDAY + timedelta(days=3_000))

    assert found is not None
    assert (found.kind, found.reader, found.email, found.week) == ("digest", "ada", ADA, WEEK)
    assert await open_key(database, confirm, MONDAY) is not None
    assert await open_key(database, confirm, MONDAY + timedelta(days=2)) is None
    for unknown in (mint_mail_key(), "", "\x00", "x" * 10_000):
        assert await open_key(database, unknown, MONDAY) is None


async def test_leaving_by_a_key_is_for_good(database: Database, key: str) -> None:
    """The second time changes nothing, and the answer is the same as for a key that is none."""
    for day in range(2):
        await leave_by_key(database, key, MONDAY + timedelta(days=day))
    mailing = await view_mailing(database, "ada")

    assert mailing is not None
    assert mailing.left_at == MONDAY


async def test_leaving_costs_the_same_whatever_the_key(database: Database, key: str) -> None:
    """The same statements for a key, for one that was used, and for one that is none: time tells nothing."""
    statements: list[str] = []
    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    asked = []
    for each in (key, key, mint_mail_key(), await add_confirm_key(database), "\x00"):
        statements.clear()
        await leave_by_key(database, each, MONDAY)
        asked.append(list(statements))

    assert asked == [asked[0]] * 5
    assert len(asked[0]) > 1


async def test_a_wrong_key_lets_nobody_leave(database: Database, key: str) -> None:
    """Neither one that only confirms."""
    for wrong in (await add_confirm_key(database), mint_mail_key(), key[:-1], "", "\x00"):
        await leave_by_key(database, wrong, MONDAY)
    mailing = await view_mailing(database, "ada")

    assert mailing is not None
    assert mailing.is_active


async def test_a_key_pauses(database: Database, key: str) -> None:
    """Until the reader goes on; a wrong one pauses nothing."""
    for wrong in (await add_confirm_key(database), mint_mail_key()):
        assert await pause_by_key(database, wrong, MONDAY) is None
    paused = await pause_by_key(database, key, MONDAY)

    assert paused is not None
    assert paused.paused_at == MONDAY
    assert (await resume_mailing(database, "ada", MONDAY)).is_active


async def test_a_key_votes_as_its_reader(library: Library, key: str) -> None:
    """On a paper of the digest, as often as one likes, and the other way round too."""
    await vote_by_key(library, key, GR, LISTED, 1)
    effect = await vote_by_key(library, key, GR, LISTED, -1)

    assert (effect.arxiv_id, effect.value, effect.counts) == (LISTED, -1, {GR: 1})
    assert [(vote.arxiv_id, vote.value) for vote in await list_votes(library, "ada")] == [(LISTED, -1)]


@pytest.mark.parametrize(
    ("topic", "paper"),
    [(GR, OTHER), (AE, LISTED), ("nothing", LISTED), ("\x00", LISTED), (GR, f"{LISTED}v1"), (GR, "\x00"), (GR, "")],
)
async def test_a_key_votes_on_what_its_digest_lists(library: Library, key: str, topic: str, paper: str) -> None:
    """On nothing else, so that a key which leaks is worth little."""
    with pytest.raises(NotFoundError, match="lists no such paper"):
        await vote_by_key(library, key, topic, paper, 1)
    assert await list_votes(library, "ada") == ()


async def test_a_key_votes_for_ninety_days(library: Library, key: str) -> None:
    """Later it still leaves and pauses."""
    late = MONDAY + VOTE_LIFE
    with pytest.raises(NotFoundError, match="does not vote"):
        await vote_by_key(replace(library, clock=lambda: late), key, GR, LISTED, 1)
    assert await pause_by_key(library.database, key, late) is not None


async def test_other_keys_do_not_vote(library: Library, key: str) -> None:
    """Neither unknown ones, nor those that confirm, nor any of a disabled reader."""
    for wrong in (mint_mail_key(), await add_confirm_key(library.database)):
        with pytest.raises(NotFoundError, match="does not vote"):
            await vote_by_key(library, wrong, GR, LISTED, 1)
    await disable_ada(library.database)
    with pytest.raises(NotFoundError, match="does not vote"):
        await vote_by_key(library, key, GR, LISTED, 1)
    assert await pause_by_key(library.database, key, MONDAY) is None
