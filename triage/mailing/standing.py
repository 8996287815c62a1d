"""How a reader's mail stands, as they are told: what was chosen, what is missing, and what became of each digest."""

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, get_args

import msgspec

from triage.core.mailing import Delivery, DeliveryState, Mailing
from triage.core.schedule import Slot
from triage.mailing.mailings import next_due, view_mailing
from triage.store.engine import Database
from triage.store.outbox import list_own_deliveries, list_queued_weeks
from triage.store.suppressions import find_suppression

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)
"""In the order of `Slot.weekday`."""
_SHOWN: Final = 8
_WORDS: Final = {
    DeliveryState.PENDING: "on its way",
    DeliveryState.CLAIMED: "on its way",
    DeliveryState.SENDING: "on its way",
    DeliveryState.ACCEPTED: "sent",
    DeliveryState.REFUSED: "refused",
    DeliveryState.UNKNOWN: "not known: the mail server went silent after taking it; not sent again by itself",
    DeliveryState.DROPPED: "dropped",
}
_EXPLAINED: Final = frozenset({DeliveryState.REFUSED, DeliveryState.DROPPED})


class MailState(StrEnum):
    """Whether digests come, and if not, why: nothing chosen yet, address not confirmed, paused, left, or bouncing."""

    NONE = "none"
    UNCONFIRMED = "unconfirmed"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"
    SUPPRESSED = "suppressed"


class MailingView(msgspec.Struct, frozen=True, kw_only=True):
    """Your weekly mail. `hour` is on the clocks of `zone`; `size` is places per topic, null for the whole list.

    `next_due` is when the next digest comes, null where none does. Times are UTC.
    """

    state: MailState = MailState.NONE
    email: str | None = None
    weekday: Weekday = WEEKDAYS[Slot().weekday]
    hour: int = Slot().hour
    zone: str = Slot().zone
    language: str = "en"
    size: int | None = None
    topics: tuple[str, ...] = ()
    next_due: datetime | None = None
    created_at: datetime | None = None
    confirmed_at: datetime | None = None
    paused_at: datetime | None = None


class DeliveryView(msgspec.Struct, frozen=True):
    """A week's digest and what became of it; `detail` says it in words. Times are UTC."""

    week: str
    state: DeliveryState
    detail: str
    queued_at: datetime
    finished_at: datetime | None


async def view_standing(database: Database, reader: str, now: datetime, account_email: str | None) -> MailingView:
    """The reader's; before anything was chosen, the defaults, with the account's address where there is one."""
    mailing = await view_mailing(database, reader)
    if mailing is None:
        return MailingView(email=account_email)
    async with database.read() as session:
        is_suppressed = await find_suppression(session, mailing.email) is not None
        queued = (await list_queued_weeks(session, [reader]))[reader]
    state = _name_state(mailing, is_suppressed=is_suppressed)
    return MailingView(
        state=state,
        email=mailing.email,
        weekday=WEEKDAYS[mailing.slot.weekday],
        hour=mailing.slot.hour,
        zone=mailing.slot.zone,
        language=mailing.language,
        size=mailing.size,
        topics=mailing.topics,
        next_due=next_due(mailing, now, queued) if state is MailState.ACTIVE and mailing.topics else None,
        created_at=mailing.created_at,
        confirmed_at=mailing.confirmed_at,
        paused_at=mailing.paused_at,
    )


async def list_deliveries(database: Database, reader: str) -> tuple[DeliveryView, ...]:
    """The reader's last digests, the newest week first."""
    async with database.read() as session:
        deliveries = await list_own_deliveries(session, _SHOWN, reader=reader)
    return tuple(
        DeliveryView(each.week, each.state, _tell_delivery(each), each.queued_at, each.finished_at)
        for each in deliveries
    )


def _name_state(mailing: Mailing, *, is_suppressed: bool) -> MailState:
    """The first reason that would have to go before digests come."""
    reasons = (
        (mailing.left_at is not None, MailState.LEFT),
        (is_suppressed, MailState.SUPPRESSED),
        (mailing.confirmed_at is None, MailState.UNCONFIRMED),
        (mailing.paused_at is not None, MailState.PAUSED),
    )
    return next((state for holds, state in reasons if holds), MailState.ACTIVE)


def _tell_delivery(delivery: Delivery) -> str:
    words = _WORDS[delivery.state]
    return f"{words}: {delivery.detail}" if delivery.state in _EXPLAINED and delivery.detail else words
