import asyncio
import threading
from contextvars import ContextVar

import pytest
from fakes.judging_case import wait_until

from triage.reading.aside import HANDS, run_aside

_WHO = ContextVar("_WHO", default="nobody")


async def test_work_aside_leaves_the_loop_free() -> None:
    """It runs in another thread, with what is known of the request, and its errors come back."""

    def work(first: str, *, second: str) -> tuple[str, bool]:
        return f"{first} {second} {_WHO.get()}", threading.current_thread() is threading.main_thread()

    _WHO.set("ada")
    assert await run_aside(work, "one", second="two") == ("one two ada", False)
    with pytest.raises(ZeroDivisionError):
        await run_aside(lambda: 1 // 0)


async def test_only_so_much_is_done_at_once() -> None:
    """The rest waits its turn."""
    gate, begun = threading.Event(), []

    def work(number: int) -> int:
        begun.append(number)
        gate.wait(30)
        return number

    asked = [asyncio.create_task(run_aside(work, number)) for number in range(HANDS + 3)]
    await wait_until(lambda: len(begun) == HANDS)
    for _ in range(100):
        await asyncio.sleep(0)
    assert begun == list(range(HANDS))
    gate.set()
    assert await asyncio.gather(*asked) == list(range(HANDS + 3))
