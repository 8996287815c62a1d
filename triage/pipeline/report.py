"""What every step says of itself, and how it tells its progress."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is: 0 where nobody knows."""


Remember = Callable[[str, datetime, Mapping[str, Any]], None]
"""Called before a source is asked, with the kind of harvest, its time and what a replay must know of it."""


class StepReport(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of one step. `seen = done + skipped + failed`; `cost` is in US dollars.

    `maker` names the model or scorer that did it, in full; `note` is for people.
    """

    step: str
    week: str | None = None
    seen: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    maker: str = ""
    note: str = ""


def keep_quiet(label: str, done: int, total: int) -> None:
    """Tell nobody."""
    del label, done, total


def forget(kind: str, started_at: datetime, details: Mapping[str, Any]) -> None:
    """Keep no answers."""
    del kind, started_at, details
