"""What the steps need from outside, nothing else; `adapters` has a real and an offline implementation of each."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.paper import Paper
from triage.core.question import Answer, Question
from triage.core.vectors import Neighbour


class SetAside(msgspec.Struct, frozen=True):
    """A record that a source gave and that is no usable paper: its raw text, and why.

    `arxiv_id` and `datestamp` (UTC day of the last change) where they could be read nevertheless.
    """

    raw: str
    reason: str
    arxiv_id: str | None = None
    datestamp: date | None = None


EARLIEST = date(2005, 9, 16)
"""arXiv's first datestamp: its archives refuse to list changes from before it."""
DELETED = "deleted"
"""The reason of a record that is set aside because its paper is gone."""


class Header(msgspec.Struct, frozen=True):
    """A line of an archive's list: a paper, the UTC day its metadata last changed, its categories, primary unknown."""

    arxiv_id: str
    datestamp: date
    categories: tuple[str, ...]


class Record(msgspec.Struct, frozen=True):
    """A paper with its version history (`Paper.versions`), and the UTC day its metadata last changed."""

    paper: Paper
    datestamp: date


class RecordPage(msgspec.Struct, frozen=True):
    """A page of an archive's list. `responded_at` (aware, UTC) is the server's time when it began the list.

    `is_last` is only true on the page after which the server has nothing more.
    """

    records: tuple[Record, ...]
    set_aside: tuple[SetAside, ...]
    responded_at: datetime
    is_last: bool


class Announcement(msgspec.Struct, frozen=True):
    """A line of the day's listing; `kind` is `new`, `cross`, `replace` or `replace-cross`."""

    arxiv_id: str
    version: int
    kind: str


class Listing(msgspec.Struct, frozen=True):
    """What arXiv announced of a category on a listing day (America/New_York)."""

    category: str
    day: date
    announcements: tuple[Announcement, ...]


class Archive(Protocol):
    """Every change of an archive's metadata since a day (OAI-PMH): the source that loses nothing."""

    @property
    def name(self) -> str:
        """Names the source in reports, in marks and in `Paper.source`."""
        ...

    @property
    def set_aside(self) -> Sequence[SetAside]:
        """Everything so far that `headers_since` could not take for a header."""
        ...

    def records_since(self, archive: str, start: date) -> Iterator[RecordPage]:
        """Pages of an archive such as `cs`, by datestamp from `start` (UTC) on, to the end; a paper may come again.

        A list that contradicts itself or expires is begun again from `start`. Raises `SourceError` when an answer is
        missing or cannot be believed, also for an empty list; never ends early in silence.
        """
        ...

    def headers_since(self, archive: str, start: date) -> Iterator[Header]:
        """The same list without the records, to check against; raises `SourceError` as `records_since` does."""
        ...


class Feed(Protocol):
    """The day's listing, one category at a time."""

    @property
    def name(self) -> str:
        """Names the source in the ledger."""
        ...

    def read_listing(self, category: str) -> Listing:
        """The newest listing of a category, empty on days without one; raises `SourceError`."""
        ...


class Source(Protocol):
    """Where papers come from when asked by time or id: the query API."""

    @property
    def name(self) -> str:
        """Names the source in reports and in `Paper.source`."""
        ...

    @property
    def set_aside(self) -> Sequence[SetAside]:
        """Everything so far that could not be taken for a paper, for quarantine."""
        ...

    def submitted_between(self, start: datetime, end: datetime, categories: Sequence[str]) -> Iterator[Paper]:
        """Papers submitted in `[start, end)` (aware) in any of the categories, cross-lists included, each once.

        Raises `SourceError` when an answer is missing or cannot be believed; never ends early in silence.
        """
        ...

    def by_id(self, arxiv_ids: Iterable[str]) -> Iterator[Paper]:
        """The papers with those ids that the source has; raises `SourceError` like `submitted_between`."""
        ...


class Grant(msgspec.Struct, frozen=True):
    """The answer to a process that asks for its turn to talk to a source.

    `is_ours`: the caller holds the lease. `is_after_other`: someone else held it since the caller did; then the caller
    lets its interval and `pause` (seconds, from now) pass, whichever is longer. `holder`: who has it if not the caller.
    `stopped`: why nobody may talk until a person has seen to it.
    """

    is_ours: bool = False
    is_after_other: bool = False
    pause: float = 0.0
    holder: str = ""
    stopped: str | None = None


class Lease(Protocol):
    """The one turn to talk to a source, over all processes. No call waits for the holder; all raise `StoreError`."""

    def acquire(self) -> Grant:
        """Take the lease, or show that it is still ours; to be called directly before each request."""
        ...

    def postpone(self, seconds: float) -> None:
        """Let whoever comes next pause that long from now, even if this process dies; only while the lease is ours."""
        ...

    def release(self, pause: float) -> None:
        """Give the lease back; whoever comes next pauses that many seconds from now. Nothing if it is not ours."""
        ...

    def stop(self, reason: str) -> None:
        """Refuse everybody, with the first reason given, until `resume`."""
        ...

    def resume(self) -> str | None:
        """Undo `stop`, which is for a person to decide; returns the reason that stood, None if there was none."""
        ...


class Embedder(Protocol):
    """Texts to unit vectors."""

    @property
    def name(self) -> str:
        """Model, weights, variant and length limit: vectors of different names are never compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(n, d) float32`, unit rows, in the order of the texts."""
        ...


class Judge(Protocol):
    """A language model that answers one question at a time; it keeps nothing and repeats nothing."""

    @property
    def name(self) -> str:
        """Where it is and which model it is: answers of different names are never mixed."""
        ...

    async def answer(self, question: Question) -> Answer:
        """One exchange, in a bounded time and size.

        Raises `JudgeError` when this call failed and another may not, `JudgeStoppedError` when none will succeed.
        """
        ...


class Index(Protocol):
    """Nearest neighbours among unit vectors of one embedder; a cache that can be deleted at any time."""

    def __len__(self) -> int:
        """How many vectors it holds."""
        ...

    @property
    def is_overgrown(self) -> bool:
        """Whether so many vectors came or went that one built anew would find faster."""
        ...

    def add(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Take `(n, d) float32`, unit rows, or raise `StoreError`; a key that it has keeps its newest vector."""
        ...

    def remove(self, keys: Sequence[int]) -> None:
        """Forget them; unknown ones change nothing."""
        ...

    def search(self, vector: NDArray[np.float32], count: int) -> list[Neighbour]:
        """The nearest of them, `count` or all, nearest first, equals by key; `vector` is `(d,) float32`, unit."""
        ...


class MailOutcome(StrEnum):
    """What became of a message.

    `DEFERRED`: not taken, and may be tried again later. `UNKNOWN`: the connection broke when it may have been taken.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"


class MailReceipt(msgspec.Struct, frozen=True):
    """The outcome, and the server's own words. `is_address_bad`: it said that there is no such mailbox."""

    outcome: MailOutcome
    reply: str = ""
    is_address_bad: bool = False


class Mailer(Protocol):
    """Hands finished messages to a mail system."""

    async def send(self, message: bytes, recipient: str) -> MailReceipt:
        """One message, headers and all, to one address; tries once.

        Raises `MailError` when the system could not be talked to at all: then nothing was sent, to anybody.
        """
        ...

    async def close(self) -> None:
        """Give connections back; it may be used again after."""
        ...


class LogEntry(msgspec.Struct, frozen=True):
    """One attempt to send. `number` counts all attempts made from a database, in order; `at` is aware, UTC."""

    number: int
    reader: str
    week: str
    message_id: str
    at: datetime


class MailLog(Protocol):
    """What was sent, kept outside the database: it tells a database that was restored from an older copy."""

    def append(self, entry: LogEntry) -> None:
        """Keep an attempt, on disk before this returns; raises `MailError` when it cannot be kept."""
        ...

    def last_number(self) -> int:
        """The highest number among the newest entries, 0 where there is none; raises `MailError`."""
        ...

    def read(self) -> Sequence[LogEntry]:
        """All of it, the oldest first; raises `MailError`."""
        ...
