"""Passwords as argon2id hashes with the library's parameters (RFC 9106, low memory), off the event loop."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import msgspec

from triage.errors import BusyError, InputError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

P = ParamSpec("P")
T = TypeVar("T")

SHORTEST, LONGEST = 10, 1000
"""Characters of a new password; NIST SP 800-63B wants 8 at least, and no rule on which."""
# Each hash takes 64 MiB for as long as it runs: more of them at a time would let strangers fill the memory.
_RUNNING, _WAITING = 2, 20
_RETRY_AFTER = 60  # seconds
_THREADS = ThreadPoolExecutor(_RUNNING, thread_name_prefix="argon2")
_PLACES = BoundedSemaphore(_RUNNING + _WAITING)


class Verdict(msgspec.Struct, frozen=True):
    """Whether a password fits; `new_hash` where the stored one was made with parameters of the past."""

    fits: bool
    new_hash: str | None = None


async def hash_password(password: str) -> str:
    """The hash to store; raises `InputError` for a password that is too short or too long, `BusyError` when busy."""
    check_length(password)
    return await _run(_hash, password)


async def verify_password(password_hash: str | None, password: str) -> Verdict:
    """Compare; without a hash to compare with, the answer is no after the same work. Raises `BusyError` when busy."""
    return await _run(_verify, password_hash, password)


def check_length(password: str) -> None:
    """Raise `InputError` for a new password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"A password has {SHORTEST} to {LONGEST} characters.")


async def _run(work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """In a thread; raises `BusyError` where too many wait already."""
    if not _PLACES.acquire(blocking=False):
        raise BusyError("Too many passwords are being checked at the moment: try again in a minute.", _RETRY_AFTER)
    future = _THREADS.submit(work, *arguments, **options)
    future.add_done_callback(lambda _: _PLACES.release())
    return await asyncio.wrap_future(future)


def _hash(password: str) -> str:
    return _hasher().hash(_encode(password))


def _verify(password_hash: str | None, password: str) -> Verdict:
    from argon2.exceptions import VerifyMismatchError

    decoy = _decoy()  # made at the first sign-in of the process, whoever it is
    try:
        _hasher().verify(password_hash or decoy, _encode(password))
    except VerifyMismatchError:
        return Verdict(fits=False)
    if password_hash is None:
        return Verdict(fits=False)
    is_old = _hasher().check_needs_rehash(password_hash)
    return Verdict(fits=True, new_hash=_hash(password) if is_old else None)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _decoy() -> str:
    return _hasher().hash(b"nobody's password")


def _encode(password: str) -> bytes:
    """The same letters, however a keyboard composes them; half a surrogate pair is no reason to fail."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
