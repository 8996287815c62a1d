import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
import structlog
from fakes.judging_case import wait_until

from triage.errors import StoreError
from triage.reading.rebuild import Rebuilder


class Workshop:
    """A rebuild that tests hold up, spoil and watch; it counts the weeks that it finished, per topic."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.finished: list[tuple[str, str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fault: Exception | None = None
        self.threads: set[int] = set()

    async def rebuild(self, topic: str) -> AsyncGenerator[str, None]:
        """Two weeks, each when the gate is open."""
        self.begun.append(topic)
        self.threads.add(threading.get_ident())
        for week in ("2026-W16", "2026-W15"):
            self.gate.wait(30)
            if self.fault is not None:
                raise self.fault
            self.finished.append((topic, week))
            yield week


@pytest.fixture
def workshop() -> Workshop:
    """With the gate open and nothing wrong."""
    return Workshop()


@pytest.fixture
async def rebuilder(workshop: Workshop) -> AsyncIterator[Rebuilder]:
    """One that works in the workshop."""
    rebuilder = Rebuilder(workshop.rebuild, quiet=0.0)
    yield rebuilder
    workshop.gate.set()
    await rebuilder.close()


async def finish(rebuilder: Rebuilder, *topics: str) -> None:
    """Wait until nothing of these is under way."""
    await wait_until(lambda: not any(rebuilder.is_busy(topic) for topic in topics))


async def test_a_request_rebuilds_beside_the_server(workshop: Workshop, rebuilder: Rebuilder) -> None:
    """All weeks, in a thread that is not the loop's; what was not asked for is never busy."""
    rebuilder.request("a")
    await finish(rebuilder, "a")

    assert workshop.finished == [("a", "2026-W16"), ("a", "2026-W15")]
    assert threading.get_ident() not in workshop.threads
    assert not rebuilder.is_busy("b")
    assert rebuilder.last_error("a") is None


async def test_requests_while_busy_make_one_further_run(workshop: Workshop, rebuilder: Rebuilder) -> None:
    """However many votes come while a topic is built, it is built once more; another topic waits its turn."""
    workshop.gate.clear()
    rebuilder.request("a")
    await wait_until(lambda: workshop.begun)
    for topic in ("a", "b", "a", "a", "b"):
        rebuilder.request(topic)
    assert rebuilder.is_busy("a")
    assert rebuilder.is_busy("b")
    workshop.gate.set()
    await finish(rebuilder, "a", "b")

    assert workshop.begun == ["a", "a", "b"]
    assert len(workshop.threads) == 1


async def test_a_row_of_requests_makes_one_run(workshop: Workshop) -> None:
    """The topic waits until nobody asks any more, and is busy meanwhile; one that is quiet sooner goes first."""
    rebuilder = Rebuilder(workshop.rebuild, quiet=0.2)
    for topic in ("a", "b", "a", "a"):
        rebuilder.request(topic)
        assert rebuilder.is_busy(topic)
    await finish(rebuilder, "a", "b")
    await rebuilder.close()

    assert workshop.begun == ["b", "a"]


async def test_a_row_without_end_makes_runs_too(workshop: Workshop) -> None:
    """However often a topic is asked for, it is built once its first request has waited for long enough."""
    rebuilder = Rebuilder(workshop.rebuild, quiet=60.0, longest=0.1)

    def ask_again() -> list[str]:
        rebuilder.request("a")
        return workshop.begun

    await wait_until(ask_again)
    await rebuilder.close()

    assert workshop.begun[0] == "a"


async def test_the_loop_goes_on_while_a_topic_is_built(workshop: Workshop, rebuilder: Rebuilder) -> None:
    """Building holds its own thread only: others have their turn while it stands still."""
    workshop.gate.clear()
    rebuilder.request("a")
    await wait_until(lambda: workshop.begun)
    for _ in range(100):
        await asyncio.sleep(0)

    assert rebuilder.is_busy("a")
    assert workshop.finished == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (StoreError("The database is full."), "The database is full."),
        (ZeroDivisionError("/secret/path"), "The drafts could not be ranked anew (ZeroDivisionError)"),
    ],
)
async def test_an_error_is_kept_until_a_run_succeeds(
    workshop: Workshop, rebuilder: Rebuilder, fault: Exception, told: str
) -> None:
    """It is logged, told in a sentence without inner details, and stops neither the topic nor the others."""
    workshop.fault = fault
    with structlog.testing.capture_logs() as logs:
        rebuilder.request("a")
        await finish(rebuilder, "a")
    error = rebuilder.last_error("a") or ""
    assert error.startswith(told)
    assert "secret" not in error
    assert [(log["event"], log["topic"]) for log in logs] == [("rebuild_failed", "a")]
    assert rebuilder.last_error("b") is None
    workshop.fault = None
    rebuilder.request("a")
    await finish(rebuilder, "a")

    assert rebuilder.last_error("a") is None
    assert workshop.finished == [("a", "2026-W16"), ("a", "2026-W15")]


async def test_closing_stops_between_weeks(workshop: Workshop, rebuilder: Rebuilder) -> None:
    """The week in hand is finished, what waits is dropped, and requests afterwards do nothing; twice is once."""
    workshop.gate.clear()
    for topic in ("a", "b"):
        rebuilder.request(topic)
    await wait_until(lambda: workshop.begun)
    closing = asyncio.create_task(rebuilder.close())
    await wait_until(lambda: not rebuilder.is_busy("b"))
    workshop.gate.set()
    await closing
    rebuilder.request("c")
    await rebuilder.close()

    assert workshop.finished == [("a", "2026-W16")]
    assert workshop.begun == ["a"]
    assert not any(rebuilder.is_busy(topic) for topic in "abc")
