"""How answers on the weekly mail look, for the documentation."""

from datetime import UTC, datetime
from typing import Final

from triage.core.mailing import DeliveryState
from triage.mailing.standing import DeliveryView, MailingView, MailState

_NOON: Final = datetime(2026, 5, 18, 12, tzinfo=UTC)
MAILING: Final = MailingView(
    state=MailState.ACTIVE,
    email="ada@example.org",
    weekday="monday",
    hour=7,
    zone="Europe/Berlin",
    language="en",
    size=10,
    topics=("generative-recommendation",),
    next_due=datetime(2026, 5, 25, 5, tzinfo=UTC),
    created_at=_NOON,
    confirmed_at=_NOON,
)
DELIVERIES: Final = (DeliveryView("2026-W20", DeliveryState.ACCEPTED, "sent", _NOON, _NOON),)
