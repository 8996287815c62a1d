"""One request at a time and three seconds between two of them: arXiv's terms of use for all its legacy interfaces.

https://info.arxiv.org/help/api/tou.html: at most one request every three seconds and one connection at a time, over
all machines of one operator. `Pace` keeps the rule within a process, and with a lease over all that share the lease.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from triage.errors import SourceError, SourceStoppedError
from triage.ports import Grant, Lease

INTERVAL = 3.0  # seconds from the end of one request to the start of the next
_SHORTEST_POLL, _LONGEST_POLL = 0.2, 2.0  # seconds between two looks at a lease that someone else holds
_BEAT = 60.0  # longest sleep before a held lease is renewed; far less than any lease lives


class Pace:
    """Hands out turns to talk, one at a time, with a pause between; safe to share among threads.

    Time is monotonic, so a wall clock that is set back neither shortens nor lengthens a pause. A process that is
    suspended for longer than its lease lives asks for it anew, unless that hits it in the middle of a request.
    """

    def __init__(
        self,
        interval: float = INTERVAL,
        *,
        longest_wait: float = 900.0,
        lease: Lease | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`interval` and `longest_wait` are seconds; a turn that is further away than the latter is refused."""
        self._interval = interval
        self._longest_wait = longest_wait
        self._lease = lease
        self._monotonic = monotonic
        self._sleep = sleep
        self._longest_sleep = float("inf") if lease is None else _BEAT
        self._lock = threading.RLock()  # held for a whole turn; re-entered by postpone and stop within it
        self._not_before = float("-inf")
        self._stopped: str | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn and hold it; the pause counts from the moment the block ends, however it ends.

        Raises `SourceError` after a `stop` by any process, at once where the pause would be longer than
        `longest_wait`, and when others have not let go of the lease for that long; `StoreError` when the lease fails.
        """
        with self._lock:
            try:
                self._wait()
                try:
                    yield
                finally:
                    self._let_pass(self._interval)
            finally:
                if self._lease is not None:
                    self._lease.release(self._pause_left())

    def postpone(self, seconds: float) -> None:
        """Let nobody start within that many seconds from now; never shortens an earlier wait.

        Within a turn this holds for all processes, and even if this one dies; outside of one for this process alone.
        """
        with self._lock:
            self._let_pass(seconds)
            if self._lease is not None:
                self._lease.postpone(self._pause_left())

    def stop(self, reason: str) -> None:
        """Refuse every further turn with that reason, in all processes, until a person has seen to it: `resume`."""
        with self._lock:
            self._stopped = reason  # stands if the lease cannot take it
            if self._lease is not None:
                self._lease.stop(reason)
                self._stopped = None  # so that a word to any process is enough to go on

    def resume(self) -> str | None:
        """Grant turns again after a `stop`, on a person's word; returns the reason that stood, None without a stop."""
        with self._lock:
            reason, self._stopped = self._stopped, None
            shared = None if self._lease is None else self._lease.resume()
            return shared or reason

    def _wait(self) -> None:
        asked = self._monotonic()
        while True:
            self._let_pause_pass()
            grant = self._ask()
            if grant.is_after_other:
                self._let_pass(max(self._interval, grant.pause))
            elif not grant.is_ours:
                waited = self._monotonic() - asked
                if waited > self._longest_wait:
                    raise SourceError(
                        f"No turn to talk to arXiv came within {self._longest_wait:.0f} s: {grant.holder} has it. "
                        "Run the command again when that is done, or end it."
                    )
                self._sleep(min(max(waited / 10, _SHORTEST_POLL), _LONGEST_POLL))
            elif self._pause_left() <= 0:
                return

    def _ask(self) -> Grant:
        """Whose turn it is; raises `SourceError` after a stop."""
        if self._stopped is not None:
            raise SourceStoppedError(self._stopped)
        grant = Grant(is_ours=True) if self._lease is None else self._lease.acquire()
        if grant.stopped is not None:
            raise SourceStoppedError(grant.stopped)
        return grant

    def _let_pause_pass(self) -> None:
        """Sleep until the pause is over, or until a lease that may be ours wants renewing."""
        wait = self._pause_left()
        if wait > self._longest_wait:
            raise SourceError(f"The source asks for a pause of another {wait:.0f} s; run the command again after it.")
        if wait > 0:
            self._sleep(min(wait, self._longest_sleep))

    def _let_pass(self, seconds: float) -> None:
        self._not_before = max(self._not_before, self._monotonic() + seconds)

    def _pause_left(self) -> float:
        return max(0.0, self._not_before - self._monotonic())
