"""Several workers on one outbox: whatever they do in whatever order, nobody gets a digest twice."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest
from fakes.outbox_case import LEASE, NOW, OutboxCase

from triage.core.mailing import DeliveryState
from triage.store.engine import Database
from triage.store.outbox_work import give_back, release

_READERS = [f"r{number}" for number in range(6)]
_ENDS = [DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.UNKNOWN, *[DeliveryState.PENDING] * 5]
_RECENT = 6  # of the claims; older ones are mostly lost


class Workers:
    """Acts of workers that forget nothing they were given, drawn at random, and what follows from them.

    `reached` are the deliveries that may have arrived; `numbers` those of the attempts, in order.
    """

    def __init__(self, case: OutboxCase, seed: int) -> None:
        self.case = case
        self.random = Random(seed)
        self.now = NOW
        self.claimed: list[tuple[int, str]] = []
        self.begun: list[tuple[int, str]] = []
        self.reached: set[int] = set()
        self.numbers: list[int] = []

    async def act(self) -> None:
        """One act of anybody."""
        acts = [self.claim, self.begin, self.settle, self.release, self.recover, self.wait]
        (act,) = self.random.choices(acts, weights=[3, 6, 4, 1, 1, 1])
        await act()

    async def claim(self) -> None:
        """With a clock that may be a day off."""
        claim, deliveries = await self.case.claim(self.random.randint(1, 4), self._look())
        self.claimed += [(delivery.key, claim) for delivery in deliveries]

    async def begin(self) -> None:
        """Any recent claim, whether it still holds or not."""
        if not self.claimed:
            return
        key, claim = self.random.choice(self.claimed[-_RECENT:])
        sending = await self.case.begin(key, claim, self._look())
        if sending is None:
            return
        assert key not in self.reached, "It may have arrived, and was begun again."
        self.reached.add(key)
        self.begun.append((key, claim))
        self.numbers.append(sending.number)

    async def settle(self) -> None:
        """Any recent attempt, whether it was settled or not; a deferred one did not arrive."""
        if not self.begun:
            return
        key, claim = self.random.choice(self.begun[-_RECENT:])
        state = self.random.choice(_ENDS)
        is_settled = await self.case.settle(key, claim, state, self.now)
        if is_settled and state is DeliveryState.PENDING:
            self.reached.discard(key)

    async def release(self) -> None:
        """A row that was begun goes back, since nothing was sent; and so do all that the claim has not begun."""
        if not self.claimed:
            return
        key, claim = self.random.choice(self.claimed[-_RECENT:])
        async with self.case.database.write() as session:
            if await release(session, key, claim, "", self.now):
                self.reached.discard(key)
            await give_back(session, claim)

    async def recover(self) -> None:
        """Take from others, with a clock that may be off."""
        await self.case.recover(self._look())

    async def wait(self) -> None:
        """Time passes, sometimes beyond every lease."""
        self.now += self.random.choice([timedelta(seconds=1), LEASE / 2, LEASE * 2])

    def _look(self) -> datetime:
        return self.now + self.random.choice([timedelta(0)] * 8 + [LEASE, timedelta(days=1)])


@pytest.mark.parametrize("seed", range(2))
async def test_nothing_that_may_have_arrived_is_begun_again(database: Database, seed: int) -> None:
    """With leases that run out, clocks that jump and claims used late; every row stays accounted for."""
    case = OutboxCase(database)
    await case.fill(*_READERS)
    workers = Workers(case, seed)
    for step in range(120):
        await workers.act()
        if step % 10 == 0:
            assert sum((await case.count()).values()) == len(_READERS)

    assert workers.numbers == list(range(1, len(workers.numbers) + 1))
    assert len(workers.numbers) > len(_READERS)
    for delivery in await case.list_all():
        assert delivery.state is not DeliveryState.ACCEPTED or delivery.key in workers.reached


async def work_off(case: OutboxCase) -> list[tuple[int, int]]:
    """Claim, begin and settle until nothing waits: the key and the number of each attempt."""
    begun: list[tuple[int, int]] = []
    while True:
        claim, deliveries = await case.claim(5)
        if not deliveries:
            return begun
        for delivery in deliveries:
            sending = await case.begin(delivery.key, claim)
            assert sending is not None
            begun.append((delivery.key, sending.number))
            assert await case.settle(delivery.key, claim, DeliveryState.ACCEPTED)


async def test_two_processes_at_the_same_time_share_the_work(database: Database) -> None:
    """Each row is begun by one of them, once, and no number is given twice."""
    case = OutboxCase(database)
    await case.fill(*(f"r{number}" for number in range(20)))
    other = case.open_again()
    both = [attempt for each in await asyncio.gather(work_off(case), work_off(other)) for attempt in each]
    await other.database.close()

    assert Counter(key for key, _ in both) == dict.fromkeys(range(1, 21), 1)
    assert sorted(number for _, number in both) == list(range(1, 21))
    assert await case.count() == {DeliveryState.ACCEPTED: 20}
