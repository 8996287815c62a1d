"""What keeps a digest that is queued from being sent."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from fakes.outbox_case import NOW, OutboxCase
from sqlalchemy import text

from triage.core.mailing import DeliveryState
from triage.store.engine import Database
from triage.store.mailings import set_left
from triage.store.readers import mark_disabled
from triage.store.suppressions import suppress

_LATER = NOW + timedelta(minutes=30)


@pytest.fixture
def case(database: Database) -> OutboxCase:
    """Nobody, and nothing to send."""
    return OutboxCase(database)


async def leave(case: OutboxCase) -> None:
    """Ada wants no more mail."""
    async with case.database.write() as session:
        await set_left(session, NOW, reader="ada")


async def pause(case: OutboxCase) -> None:
    """Ada wants none for a while."""
    await case.change_mailing("ada", paused_at=NOW)


async def move(case: OutboxCase) -> None:
    """Ada has another address, which is not confirmed."""
    await case.change_mailing("ada", email="new@b.c", confirmed_at=None)


async def doubt(case: OutboxCase) -> None:
    """The address has to be confirmed again."""
    await case.change_mailing("ada", confirmed_at=None)


async def disable(case: OutboxCase) -> None:
    """An admin ends Ada's account."""
    async with case.database.write() as session:
        await mark_disabled(session, "ada", NOW)


async def bounce(case: OutboxCase) -> None:
    """There is no such mailbox."""
    async with case.database.write() as session:
        await suppress(session, "Ada@b.c", "bounced", "550", NOW)


async def complain(case: OutboxCase) -> None:
    """Ada calls it spam."""
    async with case.database.write() as session:
        await suppress(session, "ada@b.c", "complained", "", NOW)


STOPS = pytest.mark.parametrize(
    ("stop", "reason"),
    [
        (leave, "the reader left"),
        (pause, "the reader paused the mail"),
        (move, "the reader's address changed"),
        (doubt, "the address is not confirmed"),
        (disable, "the account is disabled"),
        (bounce, "the address bounced"),
        (complain, "the reader complained about the mail"),
    ],
)


async def count_messages(case: OutboxCase) -> int:
    """How many messages are kept."""
    async with case.database.read() as session:
        return await session.scalar(text("SELECT count(message) FROM deliveries")) or 0


@STOPS
async def test_what_happens_before_the_claim_stops_it(
    case: OutboxCase, stop: Callable[[OutboxCase], Awaitable[None]], reason: str
) -> None:
    """It is dropped with the reason, its message is forgotten, and others are claimed in its place."""
    await case.fill("ada", "bob")
    await stop(case)
    _, claimed = await case.claim()
    ada, bob = await case.list_all()

    assert [delivery.reader for delivery in claimed] == ["bob"]
    assert (ada.state, ada.detail, ada.finished_at, ada.attempts) == (DeliveryState.DROPPED, reason, NOW, 0)
    assert bob.state is DeliveryState.CLAIMED
    assert await count_messages(case) == 1


@STOPS
async def test_what_happens_between_claim_and_sending_stops_it(
    database: Database, stop: Callable[[OutboxCase], Awaitable[None]], reason: str
) -> None:
    """No attempt is made or counted, and no number is given."""
    case = OutboxCase(database)
    await case.fill("ada")
    claim, (delivery,) = await case.claim()
    await stop(case)

    assert await case.begin(delivery.key, claim) is None
    dropped = await case.only()
    assert (dropped.state, dropped.detail, dropped.attempts) == (DeliveryState.DROPPED, reason, 0)
    async with case.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM mail_counter WHERE attempts > 0")) == 0


async def test_what_happens_between_two_attempts_stops_the_second(case: OutboxCase) -> None:
    """A reader who leaves after a deferral gets nothing more."""
    await case.fill("ada")
    claim, key, _ = await case.start()
    await case.settle(key, claim, DeliveryState.PENDING, _LATER)
    await leave(case)

    assert (await case.claim(now=_LATER))[1] == ()
    assert await case.count() == {DeliveryState.DROPPED: 1}
