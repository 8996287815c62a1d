import asyncio
from threading import Event

import pytest
from argon2 import PasswordHasher

from triage.accounts.passwords import _RUNNING, _THREADS, _WAITING, check_length, hash_password, verify_password
from triage.errors import BusyError, InputError

_PASSWORD = "correct horse battery"  # noqa: S105 - made up


async def test_a_password_fits_its_hash_only() -> None:
    """And the hash is argon2id with the library's parameters, salted."""
    first, second = await hash_password(_PASSWORD), await hash_password(_PASSWORD)
    assert first != second
    assert first.startswith("$argon2id$")
    assert not PasswordHasher().check_needs_rehash(first)
    assert (await verify_password(first, _PASSWORD)).fits
    assert not (await verify_password(first, _PASSWORD + " ")).fits


async def test_letters_fit_however_they_were_composed() -> None:
    """One keyboard sends é, another e and an accent."""
    assert (await verify_password(await hash_password("caf\u00e9 au lait"), "cafe\u0301 au lait")).fits


async def test_a_hash_with_parameters_of_the_past_is_made_anew() -> None:
    """Only when the password fits; then the new hash fits too, and needs no other."""
    old = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(_PASSWORD)
    assert (await verify_password(old, "something else")).new_hash is None
    verdict = await verify_password(old, _PASSWORD)
    assert verdict.new_hash is not None
    again = await verify_password(verdict.new_hash, _PASSWORD)
    assert again.fits
    assert again.new_hash is None


@pytest.mark.parametrize("password", ["", "wrong", "x" * 65_000, "\ud800 half a pair", "nobody's password", "\x00"])
async def test_without_a_hash_nothing_fits(password: str) -> None:
    """Not even what the decoy was made of, and nothing fails."""
    assert not (await verify_password(None, password)).fits


@pytest.mark.parametrize("length", [0, 9, 1001])
async def test_too_short_and_too_long_are_refused(length: int) -> None:
    """Before any work is done."""
    with pytest.raises(InputError, match="10 to 1000"):
        await hash_password("x" * length)


@pytest.mark.parametrize("length", [10, 1000])
def test_the_limits_are_inside(length: int) -> None:
    """Both of them."""
    check_length("x" * length)


async def test_only_so_many_wait() -> None:
    """The next one is refused at once; when there is room again, it is compared."""
    gate = Event()
    held = [_THREADS.submit(gate.wait) for _ in range(_RUNNING)]
    waiting = [asyncio.create_task(verify_password(None, _PASSWORD)) for _ in range(_RUNNING + _WAITING)]
    try:
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="try again"):
            await verify_password(None, _PASSWORD)
        with pytest.raises(BusyError, match="try again"):
            await hash_password(_PASSWORD)
        waiting[-1].cancel()  # whoever goes makes room
        await asyncio.sleep(0)
        waiting.append(asyncio.create_task(verify_password(None, _PASSWORD)))
    finally:
        gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result).__name__ for result in results].count("Verdict") == _RUNNING + _WAITING
    assert all(future.done() for future in held)
