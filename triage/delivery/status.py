"""How the outbox stands: what became of the newest weeks' digests, what is in doubt, and who gets no mail."""

from datetime import UTC, datetime, timedelta

import msgspec

from triage.core.mailing import Delivery, DeliveryState
from triage.core.week import week_of
from triage.store.engine import Database, Session
from triage.store.outbox import count_states, list_deliveries
from triage.store.suppressions import Suppression, list_suppressions

_WEEKS = 5
_SHOWN = 50


class WeekStates(msgspec.Struct, frozen=True):
    """How many digests of a week (None: of all weeks) are in each state."""

    week: str | None
    counts: dict[DeliveryState, int]


class OutboxStatus(msgspec.Struct, frozen=True):
    """`weeks` are the newest that have deliveries, then all together; of what is named the newest 50."""

    weeks: tuple[WeekStates, ...]
    pending: tuple[Delivery, ...]
    unknown: tuple[Delivery, ...]
    refused: tuple[Delivery, ...]
    dropped: tuple[Delivery, ...]
    suppressed: tuple[Suppression, ...]


async def read_status(database: Database, now: datetime) -> OutboxStatus:
    """As of now (aware); nothing is changed."""
    async with database.read() as session:
        weeks = [*await _count_weeks(session, now), WeekStates(None, await count_states(session))]
        return OutboxStatus(
            weeks=tuple(weeks),
            pending=await list_deliveries(session, state=DeliveryState.PENDING, limit=_SHOWN),
            unknown=await list_deliveries(session, state=DeliveryState.UNKNOWN, limit=_SHOWN),
            refused=await list_deliveries(session, state=DeliveryState.REFUSED, limit=_SHOWN),
            dropped=await list_deliveries(session, state=DeliveryState.DROPPED, limit=_SHOWN),
            suppressed=await list_suppressions(session),
        )


async def _count_weeks(session: Session, now: datetime) -> list[WeekStates]:
    today = now.astimezone(UTC).date()
    names = [str(week_of(today - timedelta(weeks=back))) for back in range(_WEEKS)]
    counted = [WeekStates(name, await count_states(session, name)) for name in names]
    return [each for each in counted if any(each.counts.values())]
