"""How each reader gets the weekly mail, as it is kept."""

from datetime import timedelta

import pytest
from fakes.outbox_case import NOW, WEEK, make_mailing
from msgspec.structs import replace

from triage.core.account import Role
from triage.core.mailing import Mailing
from triage.core.schedule import Slot
from triage.store.engine import Database
from triage.store.mailings import list_mailings, load_mailing, save_mailing, set_confirmed, set_left, set_paused
from triage.store.readers import insert_reader, mark_disabled
from triage.store.subscriptions import add_subscription

_LATER = NOW + timedelta(days=30)


async def save(database: Database, mailing: Mailing) -> None:
    """In a transaction of its own."""
    async with database.write() as session:
        await save_mailing(session, mailing, reader=mailing.reader)


async def load(database: Database, reader: str = "me") -> Mailing:
    """The reader's, which is there."""
    async with database.read() as session:
        mailing = await load_mailing(session, reader=reader)
    assert mailing is not None
    return mailing


async def test_a_mailing_is_kept_whole(database: Database) -> None:
    """Every field comes back, and the topics are the reader's subscriptions, in order of their names."""
    mailing = Mailing(
        reader="me",
        email="me@b.c",
        slot=Slot(4, 18, "Asia/Kathmandu"),
        language="zh",
        size=10,
        created_at=NOW,
        changed_at=_LATER,
        confirmed_at=NOW,
        paused_at=_LATER,
        left_at=_LATER,
        first_week=WEEK,
    )
    await save(database, mailing)
    async with database.write() as session:
        for topic in ("evals", "agents"):
            await add_subscription(session, topic, NOW, reader="me")

    assert await load(database) == replace(mailing, topics=("agents", "evals"))


async def test_saving_again_replaces_everything(database: Database) -> None:
    """What the new one leaves empty is empty after."""
    await save(database, replace(make_mailing("me"), size=5, paused_at=NOW, left_at=NOW))
    changed = replace(make_mailing("me", "new@b.c"), confirmed_at=None, first_week=None, changed_at=_LATER)
    await save(database, changed)

    assert await load(database) == changed


async def test_a_reader_who_never_asked_has_none(database: Database) -> None:
    """Another's is not found in its place."""
    await save(database, make_mailing("ada"))

    async with database.read() as session:
        assert await load_mailing(session, reader="me") is None


async def test_the_list_leaves_out_disabled_accounts_only(database: Database) -> None:
    """The sole reader, who has no account, is in it, and so are those who paused or left."""
    async with database.write() as session:
        for name in ("ada", "bob", "cleo"):
            await insert_reader(session, name, f"{name}@b.c", Role.READER, NOW)
            await add_subscription(session, f"topic-of-{name}", NOW, reader=name)
        await mark_disabled(session, "bob", NOW)
    for name in ("me", "ada", "bob"):
        await save(database, make_mailing(name))
    await save(database, replace(make_mailing("cleo"), paused_at=NOW, left_at=NOW))

    async with database.read() as session:
        found = await list_mailings(session)
    assert [(mailing.reader, mailing.topics) for mailing in found] == [
        ("ada", ("topic-of-ada",)),
        ("cleo", ("topic-of-cleo",)),
        ("me", ()),
    ]


async def test_the_first_confirmation_stands(database: Database) -> None:
    """A second click moves neither the time nor the first week that is owed."""
    await save(database, replace(make_mailing("me"), confirmed_at=None, first_week=None))
    for moment, week in ((NOW, WEEK), (_LATER, "2026-W20")):
        async with database.write() as session:
            await set_confirmed(session, moment, week, reader="me")

    mailing = await load(database)
    assert (mailing.confirmed_at, mailing.first_week) == (NOW, WEEK)


async def test_a_pause_ends_with_a_new_first_week(database: Database) -> None:
    """Both are idempotent: neither a second pause nor a second end changes anything."""
    await save(database, make_mailing("me"))
    seen = []
    for moment, week in ((NOW, None), (_LATER, None), (None, "2026-W20"), (None, "2026-W30")):
        async with database.write() as session:
            await set_paused(session, moment, week, reader="me")
        mailing = await load(database)
        seen.append((mailing.paused_at, mailing.first_week))

    assert seen == [(NOW, WEEK), (NOW, WEEK), (None, "2026-W20"), (None, "2026-W20")]


async def test_a_pause_may_end_without_moving_the_first_week(database: Database) -> None:
    """Where none is given."""
    await save(database, replace(make_mailing("me"), paused_at=NOW))
    async with database.write() as session:
        await set_paused(session, None, reader="me")

    assert await load(database) == make_mailing("me")


async def test_leaving_twice_is_leaving_once(database: Database) -> None:
    """The first time stands, and nothing else changes."""
    await save(database, make_mailing("me"))
    for moment in (NOW, _LATER):
        async with database.write() as session:
            await set_left(session, moment, reader="me")

    assert await load(database) == replace(make_mailing("me"), left_at=NOW)


@pytest.mark.parametrize("name", ["confirmed", "paused", "left"])
async def test_one_readers_wish_changes_no_others(database: Database, name: str) -> None:
    """Ada's mailing stays as it was while another acts."""
    unconfirmed = replace(make_mailing("ada"), confirmed_at=None)
    await save(database, unconfirmed)
    await save(database, make_mailing("ada2"))
    async with database.write() as session:
        match name:
            case "confirmed":
                await set_confirmed(session, _LATER, WEEK, reader="ada2")
            case "paused":
                await set_paused(session, _LATER, reader="ada2")
            case _:
                await set_left(session, _LATER, reader="ada2")

    assert await load(database, "ada") == unconfirmed
