"""The kinds of jobs, as they are named on the wire, and the rules each is run by."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from triage.core.week import Week

HEARTBEAT: Final = 15
"""Seconds without a sign of life after which a job is given to another worker."""
BEAT: Final = 4.0
"""Seconds between two signs of life: three may be lost."""
KEPT: Final = 30 * 24 * 3600
"""Seconds that a failed job is kept for people to see; one that went well is deleted, which sets its key free."""
BATCH: Final = 256
"""Papers of one `embed` job: some seconds of work, so that little is lost with a worker."""
_MINUTE, _HOUR = 60, 3600


class Rules(msgspec.Struct, frozen=True):
    """`timeout` is in seconds. `attempts` counts kills too; after an error the next waits longer each time.

    `priority`: the lower, the sooner (PostgreSQL only). `is_followed`: asked for while it runs, it is run once more
    after, since it may have begun before what it is asked to see.
    """

    timeout: int
    priority: int
    attempts: int = 5
    delay: float = 5.0
    is_followed: bool = False


KINDS: Final[Mapping[str, Rules]] = {
    "harvest": Rules(6 * _HOUR, priority=10, delay=60.0),
    "plan": Rules(10 * _MINUTE, priority=4, is_followed=True),
    "embed": Rules(_HOUR, priority=20),
    "score": Rules(_HOUR, priority=3, is_followed=True),
    "judge": Rules(12 * _HOUR, priority=2, delay=30.0, is_followed=True),
    "shortlist": Rules(_HOUR, priority=1, is_followed=True),
    "deliver": Rules(12 * _HOUR, priority=0, delay=60.0),
}
"""What is nearer to a reader comes first: a week is finished before the next is begun, and a backfill waits for all."""

REST: Final = 3600
"""Seconds after which what was given up is tried again unasked: by then its cause may be gone."""
UNHURRIED: Final = 30
"""The priority of a backfill."""
LONGEST_DELAY: Final = 600.0
"""Seconds that no further attempt waits longer."""


class Piece(msgspec.Struct, frozen=True):
    """One job to put in: `key` names what it is about, so that the same work waits once.

    `rest`: not if the last of that key was given up less than so many seconds ago.
    """

    kind: str
    key: str
    arguments: dict[str, Any] = {}
    is_urgent: bool = True
    rest: int = 0


def make_harvest() -> Piece:
    """One at a time: its key is always the same."""
    return Piece("harvest", "harvest")


def make_plan(week: Week, *, again: bool = False) -> Piece:
    """`again`: also what failed lately, and lists that look finished."""
    suffix = ":again" if again else ""
    return Piece("plan", f"plan:{week}{suffix}", {"week": str(week), "again": again})


def make_embed(keys: Sequence[int], week: Week | None, embedder: str) -> Piece:
    """A batch of papers for that embedder; without a week a backfill, which can wait and which nothing follows."""
    digest = hashlib.sha256(",".join((embedder, *map(str, keys))).encode()).hexdigest()[:24]
    name = str(week) if week else "any"
    arguments = {"keys": list(keys), "week": str(week) if week else None, "embedder": embedder}
    return Piece("embed", f"embed:{name}:{digest}", arguments, is_urgent=week is not None)


def make_step(kind: str, week: Week, topic: str) -> Piece:
    """`score`, `judge` or `shortlist` of a topic's week."""
    return Piece(kind, f"{kind}:{week}:{topic}", {"week": str(week), "topic": topic})


def make_deliver() -> Piece:
    """One at a time."""
    return Piece("deliver", "deliver")
