"""Sending what waits in the outbox: one message at a time, each kept as begun before anything is sent."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import structlog

from triage.core.mailing import Delivery, DeliveryState
from triage.delivery.desk import DeliverDesk
from triage.errors import MailError
from triage.ports import LogEntry, MailOutcome, MailReceipt
from triage.store.outbox import count_states
from triage.store.outbox_work import Sending, begin_sending, claim_deliveries, give_back, refuse, release, settle
from triage.store.suppressions import suppress

LEASE = timedelta(minutes=10)
"""How long a worker has a row: much longer than a mail server may take (`smtp_timeout`)."""
_FIRST_WAIT = timedelta(minutes=30)  # RFC 5321, 4.5.4.1: "the retry interval SHOULD be at least 30 minutes"
_DOUBLINGS = 3  # to four hours at most
_BREATHER = timedelta(minutes=1)  # until a message is tried again whose server could not be reached
_CLAIMED = 20
_PATIENCE = 3  # failures to reach the mail system, in a row
_MOST_REFUSED = 5  # in a row, and not for the address
_NAP = 1.0  # seconds: so soon a wish to stop is heard
_FINAL = {
    MailOutcome.ACCEPTED: DeliveryState.ACCEPTED,
    MailOutcome.REFUSED: DeliveryState.REFUSED,
    MailOutcome.UNKNOWN: DeliveryState.UNKNOWN,
}
_log = structlog.get_logger(__name__)


class DomainPace:
    """Lets one message to each domain go per `60 / per_minute` seconds; None: at any time."""

    def __init__(self, per_minute: int | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._interval = 0.0 if per_minute is None else 60.0 / per_minute
        self._monotonic = monotonic
        self._free_at: dict[str, float] = {}

    def take(self, domain: str) -> None:
        """A message goes to the domain now."""
        if self._interval:
            self._free_at[domain] = self._monotonic() + self._interval

    def find_resting(self) -> set[str]:
        """The domains that must wait."""
        now = self._monotonic()
        self._free_at = {domain: free_at for domain, free_at in self._free_at.items() if free_at > now}
        return set(self._free_at)

    def seconds_left(self, domains: Collection[str]) -> float:
        """Until the first of them may have a message."""
        return max(0.0, min(self._free_at.get(domain, 0.0) for domain in domains) - self._monotonic())


class Sender:
    """One worker. `outcomes` counts what became of the messages it tried."""

    def __init__(self, desk: DeliverDesk) -> None:
        self.outcomes: Counter[MailOutcome] = Counter()
        self._desk = desk
        self._pace = DomainPace(desk.per_minute, desk.monotonic)
        self._claim = secrets.token_hex(8)
        self._held: list[Delivery] = []
        self._trouble: list[MailError] = []
        self._refused: list[tuple[Delivery, str]] = []  # in a row, and not for the address: it may be about us
        # All that is held for a domain goes out within half a lease.
        self._count = _CLAIMED if desk.per_minute is None else min(_CLAIMED, 5 * desk.per_minute)

    async def run(self) -> None:
        """Send until nothing is left that may be sent now, or `is_stopping`.

        Raises `MailError` when the mail system could not be reached three times in a row, or at the very end, and when
        it refused five messages in a row, or some and took none, for another reason than the address: that is likely
        about us, so these are tried again later.
        """
        try:
            await self._send_all()
        finally:
            await self._give_back()
        if self._refused and self.outcomes[MailOutcome.ACCEPTED] and len(self._refused) < _MOST_REFUSED:
            await self._believe_refusals()
        if self._trouble:
            raise self._trouble[-1]
        if self._refused:
            digests = "a digest" if len(self._refused) == 1 else f"{len(self._refused)} digests in a row"
            raise MailError(
                f"The mail server refused {digests}, at last with: {self._refused[-1][1].rstrip('.')}. Look at "
                "TRIAGE_SMTP_USER and TRIAGE_MAIL_FROM; what was refused is tried again later."
            )

    async def _send_all(self) -> None:
        async with self._desk.database.read() as session:
            total = (await count_states(session))[DeliveryState.PENDING]
        done = 0
        while not (self._is_hopeless or self._desk.is_stopping()):
            delivery = await self._take_next()
            if delivery is None:
                break
            await self._send(delivery)
            done += 1
            self._desk.progress("send", done, max(done, total))

    @property
    def _is_hopeless(self) -> bool:
        return len(self._trouble) >= _PATIENCE or len(self._refused) >= _MOST_REFUSED

    async def _take_next(self) -> Delivery | None:
        """One whose domain may have a message now; waits only where all others must wait too."""
        while not self._desk.is_stopping():
            resting = self._pace.find_resting()
            ready = next((each for each in self._held if _find_domain(each) not in resting), None)
            if ready is not None:
                self._held.remove(ready)
                return ready
            if await self._claim_more(resting):
                continue
            if not self._held and not (resting and await self._claim_more(())):
                return None
            left = self._pace.seconds_left([_find_domain(each) for each in self._held])
            if left:
                await self._desk.sleep(min(left, _NAP))
        return None

    async def _claim_more(self, spared: Collection[str]) -> bool:
        now = self._desk.clock()
        async with self._desk.database.write() as session:
            claimed = await claim_deliveries(session, self._claim, self._count, now + LEASE, now, spared)
        self._held += claimed
        return bool(claimed)

    async def _send(self, delivery: Delivery) -> None:
        now = self._desk.clock()
        async with self._desk.database.write() as session:
            sending = await begin_sending(session, delivery.key, self._claim, now + LEASE, now)
        if sending is None:  # another has it, or it may not be sent any more
            return
        self._pace.take(_find_domain(delivery))
        try:
            receipt = await self._hand_over(delivery, sending, now)
        except MailError as error:
            self._trouble.append(error)
            await self._put_back(delivery, str(error))
            return
        self._trouble.clear()
        await self._settle(delivery, receipt)
        if receipt.outcome is MailOutcome.ACCEPTED:
            await self._believe_refusals()

    async def _believe_refusals(self) -> None:
        """The server takes mail from us: what it refused just before is refused for good."""
        for delivery, reply in self._refused:
            async with self._desk.database.write() as session:
                is_refused = await refuse(session, delivery, reply, self._desk.clock())
            self.outcomes[MailOutcome.REFUSED] += is_refused
            self.outcomes[MailOutcome.DEFERRED] -= is_refused
        self._refused.clear()

    async def _hand_over(self, delivery: Delivery, sending: Sending, now: datetime) -> MailReceipt:
        entry = LogEntry(sending.number, delivery.reader, delivery.week, delivery.message_id, now)
        await asyncio.to_thread(self._desk.log.append, entry)
        return await self._desk.mailer.send(sending.message, delivery.email)

    async def _settle(self, delivery: Delivery, receipt: MailReceipt) -> None:
        now, outcome, reply = self._desk.clock(), receipt.outcome, receipt.reply
        if outcome is MailOutcome.REFUSED and not receipt.is_address_bad:
            self._refused.append((delivery, reply))
            outcome = MailOutcome.DEFERRED  # until `_believe_refusals`
        self.outcomes[outcome] += 1
        state, not_before = _FINAL.get(outcome), None
        if state is None:
            state, not_before = _defer(delivery, now)
            reply = reply if not_before else f"not taken in time; the mail server's last answer: {reply}"
        async with self._desk.database.write() as session:
            is_settled = await settle(session, delivery.key, self._claim, state, reply, now, not_before)
            if receipt.is_address_bad:
                await suppress(session, delivery.email, "bounced", receipt.reply, now)
        if not is_settled:
            _log.warning("delivery_not_ours", delivery=delivery.key, outcome=receipt.outcome.value)

    async def _put_back(self, delivery: Delivery, detail: str) -> None:
        """Nothing was sent: as if it had not been tried, but after others."""
        later = self._desk.clock() + _BREATHER
        async with self._desk.database.write() as session:
            await release(session, delivery.key, self._claim, detail, later)

    async def _give_back(self) -> None:
        """What was claimed and not tried, for others."""
        async with self._desk.database.write() as session:
            await give_back(session, self._claim)
        self._held.clear()


def _defer(delivery: Delivery, now: datetime) -> tuple[DeliveryState, datetime | None]:
    """When to try again, twice as long after each attempt; never where that would be too late."""
    later = now + _FIRST_WAIT * 2 ** min(delivery.attempts, _DOUBLINGS)
    return (DeliveryState.DROPPED, None) if later > delivery.deadline else (DeliveryState.PENDING, later)


def _find_domain(delivery: Delivery) -> str:
    return delivery.email.rpartition("@")[2].lower()
