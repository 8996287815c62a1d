"""How often a password was guessed wrong for an address, from wherever: many machines may guess at one account."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from triage.errors import LimitError, SignInError

MOST_GUESSES = 20
"""Wrong ones per hour of the clock and address; emailed links go on working, so nobody can lock another out."""


class Guesses:
    """Counts in the memory of this process, by hash of the address, whether it is anybody's or not."""

    def __init__(self) -> None:
        self._hour: datetime | None = None
        self._counts: Counter[bytes] = Counter()

    @contextmanager
    def count(self, email: str, now: datetime) -> Iterator[None]:
        """Around a comparison: it counts where it ends in `SignInError`. Raises `LimitError` after too many."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour = hour
            self._counts.clear()
        name = hashlib.sha256(email.lower().encode("utf-8", "surrogatepass")).digest()
        if self._counts[name] >= MOST_GUESSES:
            raise LimitError("Too many passwords were tried for this address: have a link sent, or wait for an hour.")
        self._counts[name] += 1  # now, so that those at the same time count too
        try:
            yield
        except SignInError:
            raise
        except BaseException:
            self._take_back(name)
            raise
        self._take_back(name)

    def _take_back(self, name: bytes) -> None:
        if self._counts[name] > 1:
            self._counts[name] -= 1
        else:
            del self._counts[name]
