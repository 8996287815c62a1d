"""Where a command may be killed: counts what it writes, says and hears, and ends it (SIGKILL) at the n-th such point.

A point lies before and after each SQL statement and each commit, of the store and of the lease; before a file or
folder is made, written, synced, renamed or removed, and in the middle of a file; before and after each request.
"""

import io
import os
import signal
import sys
from collections.abc import Callable
from functools import partial, wraps
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

_FILE_EVENTS = frozenset({"os.rename", "os.mkdir", "os.remove", "os.rmdir"})
_WRITING = os.O_WRONLY | os.O_RDWR


class Points:
    """Counts points; at number `last` (0: never) tells its kind and number and ends the process."""

    def __init__(self, last: int, told: Connection) -> None:
        self._last = last
        self._told = told
        self.count = 0

    def reach(self, kind: str) -> None:
        """One more."""
        self.count += 1
        if self.count == self._last:
            self._told.send((kind, self.count))
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call with a point before and one after it."""

        @wraps(call)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.reach(kind)
            result = call(*args, **kwargs)
            self.reach(kind)
            return result

        return wrapped


def place_points(points: Points, home: Path) -> None:
    """For the rest of this process's life: to be called in a child that does one thing and ends."""
    for moment in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(Engine, moment, lambda *_args: points.reach("SQL statement"))
    replaced: tuple[tuple[Any, str, Callable[[Any], Any]], ...] = (
        (DefaultDialect, "do_commit", partial(points.around, "commit")),
        (HTTPAdapter, "send", partial(points.around, "request")),
        (os, "fsync", partial(points.around, "file")),
        (Path, "open", partial(_tear, points)),
    )
    for owner, name, change in replaced:
        setattr(owner, name, change(getattr(owner, name)))
    sys.addaudithook(partial(_watch, points, f"{home}{os.sep}"))


def _tear(points: Points, plain_open: Callable[..., Any]) -> Callable[..., Any]:
    """`Path.open` for files that are written at once: there is a point where half of such a file is on disk."""

    class Torn(io.BufferedWriter):
        def write(self, data: Any) -> int:
            half = len(data) // 2
            super().write(data[:half])
            self.flush()
            points.reach("file")
            return half + super().write(data[half:])

    def open_path(self: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        return Torn(io.FileIO(self, "wb")) if mode == "wb" else plain_open(self, mode, *args, **kwargs)

    return open_path


def _watch(points: Points, home: str, name: str, args: tuple[Any, ...]) -> None:
    """Python tells what it is about to do: https://docs.python.org/3/library/audit_events.html."""
    if name == "open":
        is_ours = str(args[0]).startswith(home) and bool(args[2] & _WRITING)
    else:
        is_ours = name in _FILE_EVENTS and (str(args[0]).startswith(home) or args[-1] >= 0)  # or relative to a folder
    if is_ours:
        points.reach("file")
