"""One request at a time and three seconds between two of them: arXiv's terms of use for all its legacy interfaces.

https://info.arxiv.org/help/api/tou.html: at most one request every three seconds and one connection at a time, over
all machines of one operator. `Pace` keeps the rule within a process; a lease in the database can stand behind the same
three calls to keep it over many.
"""

import functools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from triage.errors import SourceError

INTERVAL = 3.0  # seconds from the end of one request to the start of the next


class Pace:
    """Hands out turns to talk, one at a time, with a pause between; safe to share among threads.

    Time is monotonic, so a wall clock that is set back neither shortens nor lengthens a pause.
    """

    def __init__(
        self,
        interval: float = INTERVAL,
        *,
        longest_wait: float = 900.0,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`interval` and `longest_wait` are seconds; a turn that is further away than the latter is refused."""
        self._interval = interval
        self._longest_wait = longest_wait
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.RLock()  # held for a whole turn; re-entered by postpone and stop within it
        self._not_before = float("-inf")
        self._stopped: str | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn and hold it; the pause counts from the moment the block ends, however it ends.

        Raises `SourceError` after `stop`, and at once where the wait would be longer than `longest_wait`.
        """
        with self._lock:
            self._wait()
            try:
                yield
            finally:
                self.postpone(self._interval)

    def postpone(self, seconds: float) -> None:
        """Let nobody start within that many seconds from now; never shortens an earlier wait."""
        with self._lock:
            self._not_before = max(self._not_before, self._monotonic() + seconds)

    def stop(self, reason: str) -> None:
        """Refuse every further turn with that reason, until a person has seen to it and starts anew."""
        with self._lock:
            self._stopped = reason

    def _wait(self) -> None:
        if self._stopped is not None:
            raise SourceError(self._stopped)
        while (wait := self._not_before - self._monotonic()) > 0:
            if wait > self._longest_wait:
                raise SourceError(
                    f"The source asks for a pause of another {wait:.0f} s; run the command again after it."
                )
            self._sleep(wait)


@functools.cache
def process_pace() -> Pace:
    """The one pace that everything in this process that talks to arXiv shares."""
    return Pace()
