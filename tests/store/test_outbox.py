"""What is put into the outbox, and what is seen of it."""

import asyncio
from datetime import timedelta

import pytest
from fakes.outbox_case import DEADLINE, NOW, WEEK, OutboxCase, make_draft
from msgspec.structs import replace
from sqlalchemy import text

from triage.core.mailing import Delivery, DeliveryState
from triage.ports import LogEntry
from triage.store.engine import Database
from triage.store.mail_keys import find_mail_key
from triage.store.outbox import (
    MailCounter,
    count_states,
    drop_week,
    list_deliveries,
    list_own_deliveries,
    list_queued_weeks,
    load_counter,
    mark_restored,
    queue_deliveries,
    raise_counter,
    requeue_unknown,
)

_LATER = NOW + timedelta(days=1)


@pytest.fixture
def case(database: Database) -> OutboxCase:
    """Nobody, and nothing to send."""
    return OutboxCase(database)


async def load(case: OutboxCase) -> MailCounter:
    """The counter, made where there is none."""
    async with case.database.write() as session:
        return await load_counter(session)


async def restore(case: OutboxCase, *entries: LogEntry) -> int:
    """Bring the database in line with the log."""
    async with case.database.write() as session:
        return await mark_restored(session, entries, _LATER)


async def test_a_draft_waits_in_the_outbox(case: OutboxCase) -> None:
    """As pending, to be sent at once, and its key leads to the reader and the week."""
    draft = make_draft("ada")
    assert await case.queue(draft) == 1

    assert await case.only() == Delivery(
        key=1,
        reader="ada",
        week=WEEK,
        email="ada@b.c",
        topics=("agents", "evals"),
        message_id=f"<{WEEK}.ada@b.c>",
        state=DeliveryState.PENDING,
        detail="",
        attempts=0,
        has_message=True,
        queued_at=NOW,
        not_before=NOW,
        deadline=DEADLINE,
        finished_at=None,
    )
    async with case.database.read() as session:
        key = await find_mail_key(session, draft.key)
    assert key is not None
    assert (key.kind, key.reader, key.week, key.email, key.expires_at) == ("digest", "ada", WEEK, "ada@b.c", None)


async def test_a_week_is_queued_once_per_reader(case: OutboxCase) -> None:
    """What came first stays, whatever state it is in, and a key that stands in no message opens nothing."""
    first, second = make_draft("ada"), make_draft("ada")
    await case.add_readers("ada")
    assert [await case.queue(first), await case.queue(second), await case.queue(first)] == [1, 0, 1]
    _, _, sending = await case.start()

    assert sending.message == first.message
    async with case.database.read() as session:
        assert await find_mail_key(session, first.key) is not None
        assert await find_mail_key(session, second.key) is None


async def test_a_reader_twice_in_one_batch_gets_one(case: OutboxCase) -> None:
    """And another week of theirs as well."""
    assert await case.queue(make_draft("ada"), make_draft("ada"), make_draft("ada", "2026-W17")) == 2
    assert [delivery.week for delivery in await case.list_all()] == ["2026-W17", WEEK]


async def test_a_batch_is_queued_whole_or_not_at_all(case: OutboxCase) -> None:
    """Where the transaction breaks after it, neither deliveries nor keys are there."""
    draft = make_draft("ada")
    async with case.database.write() as session:
        await queue_deliveries(session, [draft], NOW)
        await session.rollback()
    assert await case.list_all() == []
    async with case.database.read() as session:
        assert await find_mail_key(session, draft.key) is None


async def test_two_processes_queue_the_same_week(case: OutboxCase) -> None:
    """Of each two drafts one stands, with its key and only its key."""
    readers = [f"r{number}" for number in range(20)]
    batches = [[make_draft(reader) for reader in readers] for _ in range(2)]
    other = case.open_again()
    counts = await asyncio.gather(case.queue(*batches[0]), other.queue(*batches[1]))
    await other.database.close()

    assert sum(counts) == len(await case.list_all()) == 20
    async with case.database.read() as session:
        found = [await find_mail_key(session, draft.key) for batch in batches for draft in batch]
    assert sum(key is not None for key in found) == 20


async def test_many_large_drafts_take_little_room(case: OutboxCase) -> None:
    """500 of 60 KB: all queued, none lost, and what they have in common is kept compressed."""
    assert await case.queue(*(make_draft(f"r{number}", size=60_000) for number in range(500))) == 500
    async with case.database.read() as session:
        kept = await session.scalar(text("SELECT sum(length(message)) FROM deliveries"))

    assert await case.count() == {DeliveryState.PENDING: 500}
    assert 0 < kept < 500 * 1000


async def test_a_week_that_was_never_made_is_there_with_the_reason(case: OutboxCase) -> None:
    """Dropped, not silently skipped; and it does not take the place of one that is there."""
    for reader in ("ada", "bob"):
        if reader == "bob":
            await case.queue(make_draft("bob"))
        async with case.database.write() as session:
            await drop_week(
                session,
                reader,
                WEEK,
                f"{reader}@b.c",
                ["agents"],
                f"<{reader}@b.c>",
                "no list was made in time",
                DEADLINE,
                _LATER,
            )
    ada, bob = await case.list_all()

    assert (ada.state, ada.detail, ada.finished_at) == (DeliveryState.DROPPED, "no list was made in time", _LATER)
    assert (bob.state, bob.message_id) == (DeliveryState.PENDING, f"<{WEEK}.bob@b.c>")


async def test_queued_weeks_are_told_for_each_reader(case: OutboxCase) -> None:
    """Also for one who has none; nobody else is in it, however many are asked for."""
    await case.queue(make_draft("ada"), make_draft("ada", "2026-W17"), make_draft("bob"))
    strangers = [f"s{number}" for number in range(1200)]
    async with case.database.read() as session:
        weeks = await list_queued_weeks(session, ["ada", *strangers])
        assert await list_queued_weeks(session, []) == {}

    assert weeks.pop("ada") == {WEEK, "2026-W17"}
    assert weeks == {stranger: set() for stranger in strangers}


async def test_states_are_counted_all_and_by_week(case: OutboxCase) -> None:
    """States that nothing is in are there with 0."""
    await case.queue(make_draft("ada"), make_draft("bob"), make_draft("ada", "2026-W17"))
    async with case.database.read() as session:
        everything = await count_states(session)
        one_week = await count_states(session, WEEK)

    assert set(everything) == set(DeliveryState)
    assert (everything[DeliveryState.PENDING], one_week[DeliveryState.PENDING]) == (3, 2)
    assert sum(everything.values()) == 3


async def test_deliveries_are_listed_the_newest_first(case: OutboxCase) -> None:
    """By week, by state, at most so many; and a reader sees only their own."""
    await case.add_readers("ada", "bob")
    await case.queue(make_draft("ada"), make_draft("bob"), make_draft("ada", "2026-W17"))
    await case.claim()
    async with case.database.read() as session:
        everything = await list_deliveries(session, limit=2)
        one_week = await list_deliveries(session, week=WEEK, limit=9)
        claimed = await list_deliveries(session, state=DeliveryState.CLAIMED, limit=9)
        own = await list_own_deliveries(session, 9, reader="ada")
        newest = await list_own_deliveries(session, 1, reader="ada")

    assert [delivery.key for delivery in everything] == [3, 2]
    assert [delivery.key for delivery in one_week] == [2, 1]
    assert [delivery.key for delivery in claimed] == [1]
    assert [delivery.key for delivery in own] == [3, 1]
    assert [delivery.key for delivery in newest] == [3]


async def test_the_counter_is_made_once(case: OutboxCase) -> None:
    """Two that ask at the same time get the same secret, of 256 bits."""
    other = case.open_again()
    first, second = await asyncio.gather(load(case), load(other))
    await other.database.close()

    assert first == second
    assert (first.attempts, len(bytes.fromhex(first.secret))) == (0, 32)


async def test_the_counter_is_never_lowered(case: OutboxCase) -> None:
    """It stands at the highest number it was raised to."""
    seen = []
    for attempts in (7, 3, 9):
        async with case.database.write() as session:
            await raise_counter(session, attempts)
        seen.append((await load(case)).attempts)

    assert seen == [7, 7, 9]


async def test_unknown_ones_are_sent_again_on_request_only(case: OutboxCase) -> None:
    """With the same message, until the new deadline; whoever had them before has no say any more."""
    await case.fill("ada")
    claim, key, first = await case.start()
    await case.settle(key, claim, DeliveryState.UNKNOWN)
    assert (await case.claim())[1] == ()
    async with case.database.write() as session:
        assert await requeue_unknown(session, _LATER, _LATER + timedelta(days=3)) == 1

    waiting = await case.only()
    assert (waiting.state, waiting.not_before, waiting.finished_at) == (DeliveryState.PENDING, _LATER, None)
    assert waiting.deadline == _LATER + timedelta(days=3)
    assert await case.settle(key, claim, DeliveryState.ACCEPTED) is False
    _, _, second = await case.start(_LATER)
    assert (second.number, second.message) == (first.number + 1, first.message)


async def test_a_restored_database_learns_what_was_sent(case: OutboxCase) -> None:
    """What the log names after the copy was made is unknown, added where it is missing; the rest stays as it is."""
    await case.fill("ada", "bob", "cleo")
    _, key, sending = await case.start()
    assert (key, sending.number) == (1, 1)  # known to the copy
    known, later, missing, again = (
        LogEntry(1, "ada", WEEK, f"<{WEEK}.ada@b.c>", NOW),
        LogEntry(2, "bob", WEEK, f"<{WEEK}.bob@b.c>", NOW),
        LogEntry(3, "dora", WEEK, f"<{WEEK}.dora@b.c>", NOW),
        LogEntry(4, "bob", WEEK, f"<{WEEK}.bob@b.c>", NOW),
    )
    assert await restore(case, known, later, missing, again) == 2

    assert [(delivery.reader, delivery.state) for delivery in await case.list_all()] == [
        ("ada", DeliveryState.SENDING),
        ("bob", DeliveryState.UNKNOWN),
        ("cleo", DeliveryState.PENDING),
        ("dora", DeliveryState.UNKNOWN),
    ]
    assert {d.detail for d in await case.list_all() if d.state is DeliveryState.UNKNOWN} == {
        "sent before the database was restored"
    }
    assert (await load(case)).attempts == 4
    assert [delivery.reader for delivery in (await case.claim(9))[1]] == ["cleo"]


async def test_a_log_that_was_learned_from_teaches_no_more(case: OutboxCase) -> None:
    """The second time changes nothing; what was accepted stays accepted, and a message that is gone is not resent."""
    await case.fill("ada")
    claim, key, _ = await case.start()
    await case.settle(key, claim, DeliveryState.ACCEPTED)
    entries = [
        LogEntry(2, "ada", WEEK, f"<{WEEK}.ada@b.c>", NOW),
        LogEntry(3, "dora", WEEK, f"<{WEEK}.dora@b.c>", NOW),
    ]
    assert [await restore(case, *entries), await restore(case, *entries)] == [2, 0]

    assert await case.count() == {DeliveryState.ACCEPTED: 1, DeliveryState.UNKNOWN: 1}
    async with case.database.write() as session:
        assert await requeue_unknown(session, NOW, DEADLINE) == 0


async def test_a_restored_claim_is_taken_from_its_worker(case: OutboxCase) -> None:
    """A row that the copy has as claimed, and the log as sent, cannot be begun with that claim."""
    await case.fill("ada")
    claim, (delivery,) = await case.claim()
    entry = LogEntry(1, "ada", WEEK, delivery.message_id, NOW)
    await restore(case, replace(entry, number=5))

    assert await case.begin(delivery.key, claim) is None
    assert (await case.only()).state is DeliveryState.UNKNOWN
