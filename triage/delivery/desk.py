"""What delivering works with, and what it says of itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import msgspec

from triage.pipeline.asking import JudgeDesk
from triage.pipeline.report import Progress, keep_quiet
from triage.ports import Mailer, MailLog
from triage.reading.library import Library
from triage.store.engine import Database


class DeliverDesk(msgspec.Struct, frozen=True):
    """What digests are made from, and the mail system.

    `sender` is as `name_sender` writes it. `per_minute` is the most mails a minute to one domain, None for no limit.
    `open_judge` opens who may tell a week's overview; None: the data alone does. `is_stopping` is asked between
    messages: once it says yes, the one being sent was the last. `monotonic` and `sleep` are in seconds.
    """

    library: Library
    mailer: Mailer
    log: MailLog
    public_url: str
    sender: str
    per_minute: int | None = None
    notice: str = ""
    open_judge: Callable[[], AbstractAsyncContextManager[JudgeDesk]] | None = None
    progress: Progress = keep_quiet
    is_stopping: Callable[[], bool] = lambda: False
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def database(self) -> Database:
        """Where the outbox is."""
        return self.library.database

    @property
    def clock(self) -> Callable[[], datetime]:
        """What time it is (aware)."""
        return self.library.clock


class Waiting(msgspec.Struct, frozen=True):
    """A week that so many readers are owed and cannot be sent yet, and why; `remedy` is the command that mends it."""

    week: str
    readers: int
    reason: str
    remedy: str | None = None


class DeliverReport(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `queued` digests were written into the outbox; the other counts are what became of deliveries.

    `dropped` counts all that were dropped while this ran, `unknown` those in doubt since, a crashed worker's included;
    `pending` is how many are in the outbox still, the first of which may be tried at `pending_at` (aware, UTC).
    `unconfirmed` addresses get nothing before they are confirmed. `next_at` (aware, UTC) is when `next_readers` are to
    be served next. `is_stopped`: it was asked to stop before its end.
    """

    queued: int
    accepted: int
    deferred: int
    refused: int
    unknown: int
    dropped: int
    pending: int
    pending_at: datetime | None
    unconfirmed: int
    waiting: tuple[Waiting, ...]
    next_at: datetime | None
    next_readers: int
    is_stopped: bool
    seconds: float
