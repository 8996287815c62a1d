"""What a worker does with a row of the outbox."""

from datetime import timedelta

import pytest
from fakes.outbox_case import DEADLINE, LEASE, NOW, OutboxCase, make_draft
from msgspec.structs import replace
from sqlalchemy import text

from triage.core.mailing import DeliveryState
from triage.errors import StoreError
from triage.store.engine import Database
from triage.store.mailings import set_left
from triage.store.outbox_work import Recovered, begin_sending, give_back, refuse, release

_LATER = NOW + timedelta(minutes=30)
_EXPIRED = NOW + LEASE
_AHEAD = NOW + timedelta(days=365)


@pytest.fixture
def case(database: Database) -> OutboxCase:
    """Nobody, and nothing to send."""
    return OutboxCase(database)


async def leave_at_once(postgres: Database) -> None:
    """Or not at all, where another transaction has to end first."""
    async with postgres.write() as session:
        await session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        await set_left(session, NOW, reader="ada")


async def count_messages(case: OutboxCase) -> int:
    """How many messages are kept."""
    async with case.database.read() as session:
        return await session.scalar(text("SELECT count(message) FROM deliveries")) or 0


async def put_back(case: OutboxCase, key: int, claim: str) -> bool:
    """To be sent later: no server was reached."""
    async with case.database.write() as session:
        return await release(session, key, claim, "out of reach", _LATER)


async def test_a_claimed_row_is_nobody_elses(case: OutboxCase) -> None:
    """At most so many are claimed, the oldest deadline first, and none twice."""
    await case.add_readers("ada", "bob", "cleo")
    await case.queue(
        make_draft("ada"), replace(make_draft("bob"), deadline=DEADLINE - timedelta(days=1)), make_draft("cleo")
    )
    _, first = await case.claim(2)
    _, second = await case.claim(2)

    assert [delivery.reader for delivery in (*first, *second)] == ["bob", "ada", "cleo"]
    assert {delivery.state for delivery in first} == {DeliveryState.CLAIMED}


async def test_what_waits_for_its_time_is_not_claimed(case: OutboxCase) -> None:
    """Nor is a row at a domain that is to be spared, while other domains are served."""
    await case.fill("ada")
    claim, key, _ = await case.start()
    await case.settle(key, claim, DeliveryState.PENDING, _LATER)

    assert (await case.claim(now=_LATER - timedelta(seconds=1)))[1] == ()
    assert (await case.claim(now=_LATER, spare_domains=("x.y", "b.c")))[1] == ()
    assert len((await case.claim(now=_LATER, spare_domains=("x.y", "B_c", ".c", "c")))[1]) == 1


async def test_an_attempt_is_numbered_and_has_the_bytes(case: OutboxCase) -> None:
    """Numbers count all attempts in order, and a claim begins once."""
    await case.add_readers("ada", "bob")
    drafts = make_draft("ada", size=5000), make_draft("bob")
    await case.queue(*drafts)
    claim, deliveries = await case.claim(2)
    sendings = [await case.begin(delivery.key, claim) for delivery in deliveries]

    assert [(each.number, each.message) for each in sendings if each] == [
        (1, drafts[0].message),
        (2, drafts[1].message),
    ]
    assert [delivery.attempts for delivery in await case.list_all()] == [1, 1]
    assert await case.begin(deliveries[0].key, claim) is None


async def test_only_the_holder_of_the_claim_begins_and_settles(case: OutboxCase) -> None:
    """Another's claim, an old one and one that was never given change nothing."""
    await case.fill("ada")
    claim, (delivery,) = await case.claim()

    assert await case.begin(delivery.key, "other") is None
    assert await case.settle(delivery.key, claim, DeliveryState.ACCEPTED) is False
    assert await case.begin(delivery.key, claim) is not None
    assert await case.settle(delivery.key, "other", DeliveryState.ACCEPTED) is False
    assert await put_back(case, delivery.key, "other") is False
    assert (await case.only()).state is DeliveryState.SENDING


async def test_what_is_late_is_dropped(case: OutboxCase) -> None:
    """At the claim or after it, with the server's last word if there was one; at the deadline itself it still goes."""
    await case.fill("ada", "bob", "cleo")
    late = DEADLINE + timedelta(seconds=1)
    claim, (ada, bob) = await case.claim(2, DEADLINE)
    assert await case.begin(ada.key, claim, DEADLINE) is not None
    await case.settle(ada.key, claim, DeliveryState.PENDING, late)
    assert await case.begin(bob.key, claim, late) is None
    assert (await case.claim(2, late))[1] == ()

    assert [delivery.detail for delivery in await case.list_all()] == [
        "its time ran out; the last word was: said pending",
        "its time ran out",
        "its time ran out",
    ]
    assert await case.count() == {DeliveryState.DROPPED: 3}


async def test_a_damaged_message_is_not_sent(case: OutboxCase) -> None:
    """Neither one that cannot be unpacked nor one that is another than was queued; the others go on."""
    await case.fill("ada", "bob", "cleo")
    async with case.database.write() as session:
        await session.execute(text("UPDATE deliveries SET message = NULL WHERE reader = 'ada'"))
        other = "(SELECT message FROM deliveries WHERE reader = 'cleo')"
        await session.execute(text(f"UPDATE deliveries SET message = {other} WHERE reader = 'bob'"))  # noqa: S608 - ours
    claim, deliveries = await case.claim(3)
    begun = [await case.begin(delivery.key, claim) is not None for delivery in deliveries]

    assert begun == [False, False, True]
    assert [delivery.detail for delivery in await case.list_all()][:2] == ["the stored message is damaged"] * 2


@pytest.mark.parametrize("state", [DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.DROPPED])
async def test_what_is_over_is_over(case: OutboxCase, state: DeliveryState) -> None:
    """The server's words are kept and the message is not; nothing changes it any more."""
    await case.fill("ada")
    claim, key, _ = await case.start()
    assert await case.settle(key, claim, state) is True
    assert await case.settle(key, claim, DeliveryState.UNKNOWN) is False
    assert await put_back(case, key, claim) is False
    assert await case.recover(NOW + timedelta(days=9)) == Recovered(0, 0)

    settled = await case.only()
    assert (settled.state, settled.detail, settled.finished_at) == (state, f"said {state}", NOW)
    assert await count_messages(case) == 0


async def test_a_deferred_one_waits_for_its_time(case: OutboxCase) -> None:
    """Its attempt counts, its message is kept, and it is nobody's."""
    await case.fill("ada")
    claim, key, _ = await case.start()
    assert await case.settle(key, claim, DeliveryState.PENDING, _LATER) is True

    waiting = await case.only()
    assert (waiting.state, waiting.attempts, waiting.not_before) == (DeliveryState.PENDING, 1, _LATER)
    assert waiting.finished_at is None
    assert await case.begin(key, claim) is None
    _, _, sending = await case.start(_LATER)
    assert sending.number == 2


async def test_a_row_put_back_waits_again(case: OutboxCase) -> None:
    """An attempt that never reached a server does not count; its number is not used again."""
    await case.fill("ada")
    claim, key, _ = await case.start()
    assert await put_back(case, key, claim) is True

    waiting = await case.only()
    assert (waiting.state, waiting.attempts, waiting.not_before) == (DeliveryState.PENDING, 0, _LATER)
    _, _, sending = await case.start(_LATER)
    assert sending.number == 2


async def test_only_what_was_not_begun_is_given_back(case: OutboxCase) -> None:
    """What is being sent when a worker breaks off may have arrived: it never waits again by that."""
    await case.fill("ada", "bob", "cleo")
    claim, (ada, _) = await case.claim(2)
    await case.claim()
    assert await case.begin(ada.key, claim) is not None
    async with case.database.write() as session:
        assert await give_back(session, claim) == 1

    states = [delivery.state for delivery in await case.list_all()]
    assert states == [DeliveryState.SENDING, DeliveryState.PENDING, DeliveryState.CLAIMED]


async def test_a_refusal_is_settled_later(case: OutboxCase) -> None:
    """What waits after a refusal can be given up, unless it went on meanwhile."""
    await case.fill("ada")
    claim, (delivery,) = await case.claim()
    await case.begin(delivery.key, claim)
    await case.settle(delivery.key, claim, DeliveryState.PENDING, _LATER)
    again, _ = await case.claim(now=_LATER)
    async with case.database.write() as session:
        assert await refuse(session, delivery, "554 no", NOW) is False
        await give_back(session, again)
        assert await refuse(session, delivery, "554 no", NOW) is True

    refused = await case.only()
    assert (refused.state, refused.detail, refused.finished_at) == (DeliveryState.REFUSED, "554 no", NOW)
    assert await count_messages(case) == 0


async def test_rows_of_workers_that_died_are_found(case: OutboxCase) -> None:
    """What was claimed waits again, what was being sent is unknown; nobody is robbed before their time."""
    await case.fill("ada", "bob")
    _, key, _ = await case.start()
    claim, (second,) = await case.claim()
    assert await case.recover(_EXPIRED - timedelta(seconds=1)) == Recovered(0, 0)
    assert await case.recover(_EXPIRED) == Recovered(released=1, unknown=1)
    assert await case.recover(_EXPIRED) == Recovered(0, 0)

    ada, bob = await case.list_all()
    assert (ada.key, ada.state, ada.finished_at) == (key, DeliveryState.UNKNOWN, _EXPIRED)
    assert ada.detail == "the program ended while it was being sent, so it may have arrived"
    assert bob.state is DeliveryState.PENDING
    assert await case.begin(second.key, claim) is None


async def test_a_clock_that_was_ahead_holds_nothing_back(case: OutboxCase) -> None:
    """What was claimed, begun or deferred in a year that has not come is treated as if its time were over."""
    await case.add_readers("ada", "bob", "cleo")
    await case.queue(*(replace(make_draft(name), deadline=_AHEAD + LEASE) for name in ("ada", "bob", "cleo")))
    claim, (ada, bob) = await case.claim(2, _AHEAD)
    for key in (ada.key, bob.key):
        assert await case.begin(key, claim, _AHEAD) is not None
    await case.settle(bob.key, claim, DeliveryState.PENDING, _AHEAD)
    await case.claim(now=_AHEAD)

    assert await case.recover(NOW) == Recovered(released=1, unknown=1)
    assert [delivery.reader for delivery in (await case.claim(9))[1]] == ["bob", "cleo"]


async def test_what_a_clock_that_was_ahead_dropped_is_owed_again(case: OutboxCase) -> None:
    """It is forgotten, unless it was tried: then it may have arrived."""
    await case.fill("ada", "bob")
    claim, key, _ = await case.start()
    await case.settle(key, claim, DeliveryState.PENDING, NOW)
    await case.claim(2, _AHEAD)
    assert await case.count() == {DeliveryState.DROPPED: 2}
    await case.recover(_AHEAD - timedelta(days=1))
    assert await case.count() == {DeliveryState.DROPPED: 2}

    await case.recover(NOW)
    assert (await case.only()).key == key
    assert await case.queue(make_draft("bob")) == 1


@pytest.mark.parametrize("state", list(DeliveryState)[3:])
async def test_whoever_sent_it_knows_better(case: OutboxCase, state: DeliveryState) -> None:
    """A slow worker says how it ended, after its row was given up as unknown."""
    await case.fill("ada")
    claim, key, _ = await case.start()
    await case.recover(_EXPIRED)

    assert await case.settle(key, claim, state) is True
    assert (await case.only()).state is state


async def test_a_reader_who_leaves_waits_for_an_attempt_that_begins(postgres: Database) -> None:
    """So that a reader who was told they left never gets a mail that began after it."""
    case = OutboxCase(postgres)
    await case.fill("ada")
    claim, (delivery,) = await case.claim()
    async with postgres.write() as first:
        assert await begin_sending(first, delivery.key, claim, _EXPIRED, NOW) is not None
        with pytest.raises(StoreError, match="is busy"):
            await leave_at_once(postgres)
