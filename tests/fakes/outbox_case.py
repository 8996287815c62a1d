"""Readers with confirmed mailings and an outbox, each act in a transaction of its own, as the deliver step does it."""

import itertools
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from triage.core.account import Role
from triage.core.mailing import Delivery, DeliveryState, Mailing, mint_mail_key
from triage.core.schedule import Slot
from triage.store.engine import Database
from triage.store.mailings import save_mailing
from triage.store.outbox import Draft, count_states, list_deliveries, queue_deliveries
from triage.store.outbox_work import Recovered, Sending, begin_sending, claim_deliveries, recover_expired, settle
from triage.store.readers import insert_reader

NOW = datetime(2026, 4, 20, 7, tzinfo=UTC)  # a Monday
LEASE = timedelta(minutes=10)
DEADLINE = NOW + timedelta(days=3)
WEEK = "2026-W16"


def make_mailing(reader: str, email: str = "") -> Mailing:
    """A confirmed one."""
    return Mailing(
        reader=reader,
        email=email or f"{reader}@b.c",
        slot=Slot(),
        created_at=NOW,
        changed_at=NOW,
        confirmed_at=NOW,
        first_week=WEEK,
    )


def make_draft(reader: str, week: str = WEEK, size: int = 100) -> Draft:
    """A message of so many bytes, with a key of its own in it."""
    key = mint_mail_key()
    return Draft(
        reader=reader,
        week=week,
        email=f"{reader}@b.c",
        topics=("agents", "evals"),
        message_id=f"<{week}.{reader}@b.c>",
        message=key.encode() + b"x" * (size - len(key)),
        key=key,
        deadline=DEADLINE,
    )


class OutboxCase:
    """One database; `begin` and the like are what one worker does at `now`, with claims that are used once."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._claims = (f"claim-{number}" for number in itertools.count())

    def open_again(self) -> "OutboxCase":
        """The same database as another process has it; its `database` is to be closed."""
        return OutboxCase(Database(self.database.url.render_as_string(hide_password=False)))

    async def add_readers(self, *readers: str) -> None:
        """With accounts and confirmed addresses."""
        async with self.database.write() as session:
            for reader in readers:
                await insert_reader(session, reader, f"{reader}@b.c", Role.READER, NOW)
                await save_mailing(session, make_mailing(reader), reader=reader)

    async def queue(self, *drafts: Draft) -> int:
        """Put them into the outbox."""
        async with self.database.write() as session:
            return await queue_deliveries(session, drafts, NOW)

    async def fill(self, *readers: str) -> None:
        """New readers with a delivery each."""
        await self.add_readers(*readers)
        await self.queue(*map(make_draft, readers))

    async def claim(
        self, count: int = 1, now: datetime = NOW, spare_domains: tuple[str, ...] = ()
    ) -> tuple[str, tuple[Delivery, ...]]:
        """The name of a new claim, and what it got."""
        claim = next(self._claims)
        async with self.database.write() as session:
            return claim, await claim_deliveries(session, claim, count, now + LEASE, now, spare_domains)

    async def begin(self, key: int, claim: str, now: datetime = NOW) -> Sending | None:
        """An attempt."""
        async with self.database.write() as session:
            return await begin_sending(session, key, claim, now + LEASE, now)

    async def start(self, now: datetime = NOW) -> tuple[str, int, Sending]:
        """Claim one and begin: the claim, the delivery's key, and the attempt."""
        claim, (delivery,) = await self.claim(now=now)
        sending = await self.begin(delivery.key, claim, now)
        assert sending is not None
        return claim, delivery.key, sending

    async def settle(self, key: int, claim: str, state: DeliveryState, not_before: datetime | None = None) -> bool:
        """How it ended, in words of which state that was."""
        async with self.database.write() as session:
            return await settle(session, key, claim, state, f"said {state}", NOW, not_before)

    async def recover(self, now: datetime) -> Recovered:
        """Take from workers whose time ran out."""
        async with self.database.write() as session:
            return await recover_expired(session, now)

    async def list_all(self) -> list[Delivery]:
        """By reader."""
        async with self.database.read() as session:
            found = await list_deliveries(session, limit=10_000)
        return sorted(found, key=lambda delivery: delivery.reader)

    async def only(self) -> Delivery:
        """The one there is."""
        (delivery,) = await self.list_all()
        return delivery

    async def count(self) -> dict[DeliveryState, int]:
        """States that something is in."""
        async with self.database.read() as session:
            return {state: number for state, number in (await count_states(session)).items() if number}

    async def change_mailing(self, reader: str, **changes: object) -> None:
        """Some fields of it, past the rules."""
        async with self.database.write() as session:
            await save_mailing(session, replace(make_mailing(reader), **changes), reader=reader)
