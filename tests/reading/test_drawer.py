import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import structlog
from fakes.judging_case import wait_until

from triage.errors import BusyError, StoreError
from triage.reading.drawer import Drawer, run_abandonable
from triage.store.week_maps import Drawing, DrawnTheme

Make = Callable[[], Coroutine[Any, Any, Drawing]]


class Studio:
    """Drawings that tests hold up and count."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.gate = asyncio.Event()

    def make(self, name: str) -> Make:
        """A drawing of one theme that has this name, made when the gate is open."""

        async def draw() -> Drawing:
            self.begun.append(name)
            await self.gate.wait()
            return Drawing((), (DrawnTheme(name, 0.0, 0.0),))

        return draw


def read_name(drawing: Drawing) -> str:
    """That of its theme."""
    return drawing.themes[0].label


async def test_a_map_is_drawn_once_for_all_who_wait() -> None:
    """One at a time; whoever goes away takes it from nobody; who asks later has it drawn again."""
    studio, drawer = Studio(), Drawer()
    asked = [asyncio.create_task(drawer.fetch(name, studio.make(name))) for name in ("a", "a", "b", "a")]
    await wait_until(lambda: studio.begun)
    asked[0].cancel()
    assert studio.begun == ["a"]
    studio.gate.set()

    assert [read_name(each) for each in await asyncio.gather(*asked[1:])] == ["a", "b", "a"]
    assert studio.begun == ["a", "b"]
    await drawer.fetch("a", studio.make("a"))
    assert studio.begun == ["a", "b", "a"]


async def test_only_so_many_wait() -> None:
    """A further map is refused with a time to come back; one that is waited for already is not."""
    studio, drawer = Studio(), Drawer(most_waiting=1)
    asked = [asyncio.create_task(drawer.fetch(name, studio.make(name))) for name in ("a", "b")]
    await wait_until(lambda: studio.begun)

    with pytest.raises(BusyError, match="ask again in 20 seconds") as busy:
        await drawer.fetch("c", studio.make("c"))
    assert busy.value.retry_after == 20
    asked.append(asyncio.create_task(drawer.fetch("b", studio.make("b"))))
    studio.gate.set()
    assert [read_name(each) for each in await asyncio.gather(*asked)] == ["a", "b", "b"]
    assert read_name(await drawer.fetch("c", studio.make("c"))) == "c"


async def test_closing_ends_what_waits() -> None:
    """Whoever asked is cancelled; nothing else is begun."""
    studio, drawer = Studio(), Drawer()
    asked = [asyncio.create_task(drawer.fetch(name, studio.make(name))) for name in ("a", "b")]
    await wait_until(lambda: studio.begun)
    await drawer.close()

    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in outcomes] == [asyncio.CancelledError] * 2
    assert studio.begun == ["a"]


@pytest.mark.parametrize(("error", "events"), [(StoreError("It is full."), []), (OSError("x"), ["week_map_failed"])])
async def test_a_failure_is_told_and_not_kept(error: Exception, events: list[str]) -> None:
    """What nobody foresaw is logged too, since whoever asked may have gone."""
    studio, drawer = Studio(), Drawer()

    async def fail() -> Drawing:
        raise error

    with structlog.testing.capture_logs() as logs:
        with pytest.raises(type(error)):
            await drawer.fetch("a", fail)
        await asyncio.sleep(0)
    assert [log["event"] for log in logs] == events
    studio.gate.set()
    assert read_name(await drawer.fetch("a", studio.make("a"))) == "a"


async def test_work_in_a_thread_that_is_given_up() -> None:
    """Its result or error comes to whoever waits; who stops waiting leaves it alone; no process waits for it."""
    seen: list[bool] = []
    gate = threading.Event()

    def work() -> int:
        seen.append(threading.current_thread().daemon)
        return 7

    def fail() -> int:
        raise ZeroDivisionError

    assert await run_abandonable(work) == 7
    with pytest.raises(ZeroDivisionError):
        await run_abandonable(fail)
    waiting = asyncio.create_task(run_abandonable(gate.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert seen == [True]
