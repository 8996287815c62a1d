from contextlib import nullcontext
from datetime import timedelta

import pytest
from fakes.accounts_case import NOW

from triage.accounts.guesses import MOST_GUESSES, Guesses
from triage.errors import BusyError, LimitError, SignInError

_BOB = "bob@example.org"
_WRONG = SignInError("wrong")


def guess(guesses: Guesses, email: str = _BOB, *, minutes: int = 0, error: Exception | None = _WRONG) -> None:
    """One comparison, which ends in the error, if any."""
    with guesses.count(email, NOW + timedelta(minutes=minutes)):
        if error is not None:
            raise error


def guess_to_the_end(guesses: Guesses) -> None:
    """As many wrong ones as there may be."""
    for _ in range(MOST_GUESSES):
        with pytest.raises(SignInError):
            guess(guesses)


def test_an_account_is_guessed_at_so_often_an_hour() -> None:
    """However the address is written; even the right password is not compared then, and others are not concerned."""
    guesses = Guesses()
    guess_to_the_end(guesses)
    for email in (_BOB, _BOB.upper()):
        with pytest.raises(LimitError, match="have a link sent"):
            guess(guesses, email, minutes=59, error=None)
    guess(guesses, "ada@example.org", error=None)


def test_the_next_hour_begins_anew() -> None:
    """With as many."""
    guesses = Guesses()
    guess_to_the_end(guesses)
    guess(guesses, minutes=60, error=None)


@pytest.mark.parametrize("error", [None, BusyError("full", 60), KeyError()])
def test_only_wrong_ones_count(error: Exception | None) -> None:
    """Neither right ones nor what could not be compared."""
    guesses = Guesses()
    for _ in range(MOST_GUESSES - 1):
        with pytest.raises(SignInError):
            guess(guesses)
    for _ in range(3):
        with nullcontext() if error is None else pytest.raises(type(error)):
            guess(guesses, error=error)
    with pytest.raises(SignInError):
        guess(guesses)


def test_those_at_the_same_time_count() -> None:
    """Before any of them has ended."""
    guesses = Guesses()

    def nest(depth: int) -> None:
        with guesses.count(_BOB, NOW):
            nest(depth + 1) if depth < 2 * MOST_GUESSES else pytest.fail("too many at once")

    with pytest.raises(LimitError):
        nest(1)
    guess(guesses, error=None)


def test_any_text_may_be_an_address() -> None:
    """Forms bring what they like."""
    for email in ("", "\x00", "\ud800", "x" * 254):
        guess(Guesses(), email, error=None)
