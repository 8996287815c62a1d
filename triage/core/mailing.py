"""How a reader gets the weekly digest, and what became of each one."""

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

import msgspec

from triage.core.schedule import Slot

MAIL_KEY_LENGTH: Final = 32
"""Characters of a mail key: 24 random bytes (192 bits) in URL-safe base64."""

MailKeyKind = Literal["confirm", "digest"]
"""What a key in a mail is for: to confirm an address, or to act on a digest (leave, pause, vote on its papers)."""


class DeliveryState(StrEnum):
    """`pending` -> `claimed` (by a worker, for a while) -> `sending` (kept before connecting) -> the rest, for good.

    `unknown`: it may have arrived, so it is not sent again by itself. `dropped`: never sent, and `detail` says why.
    """

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


class Mailing(msgspec.Struct, frozen=True, kw_only=True):
    """A reader's wish to get the digest. `size` is places per topic, None for the whole list; times are aware, UTC.

    `first_week` is the first one owed, set when the address is confirmed and again when a pause ends.
    """

    reader: str
    email: str
    slot: Slot
    language: str = "en"
    size: int | None = None
    topics: tuple[str, ...] = ()
    created_at: datetime
    changed_at: datetime
    confirmed_at: datetime | None = None
    paused_at: datetime | None = None
    left_at: datetime | None = None
    first_week: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether digests are owed."""
        return self.confirmed_at is not None and self.paused_at is None and self.left_at is None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One digest to one reader. `detail` is the mail server's reply, or why it was dropped.

    `has_message`: the text is still there, so that it can be sent.

    `deadline` is until when it may be sent, `not_before` the earliest time of the next attempt (aware, UTC).
    """

    key: int
    reader: str
    week: str
    email: str
    topics: tuple[str, ...]
    message_id: str
    state: DeliveryState
    detail: str
    attempts: int
    has_message: bool
    queued_at: datetime
    not_before: datetime
    deadline: datetime
    finished_at: datetime | None


def mint_mail_key() -> str:
    """A new key; whoever has it may do what its kind allows, and nothing else."""
    return secrets.token_urlsafe(MAIL_KEY_LENGTH * 3 // 4)


def digest_mail_key(key: str) -> str:
    """What is stored of it: SHA-256, in hex; a secret of 192 random bits needs no slow hash (ASVS 6.5.2)."""
    return hashlib.sha256(key.encode()).hexdigest()
