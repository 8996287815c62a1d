"""The server's clock: mail that is due goes out without cron."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from msgspec.structs import replace

from triage.bootstrap import Services
from triage.delivery.deliver import deliver, to_step
from triage.delivery.desk import DeliverReport
from triage.errors import TriageError

_PATIENCE = 5.0  # seconds that a message which is being sent when the server ends may take
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_clock(services: Services, forget: Callable[[], object], minute: float = 60.0) -> AsyncIterator[None]:
    """Deliver every `deliver_every` minutes until the context ends, first after one minute; 0: never.

    `forget` is called when shortlists may have been published. An error is logged, and the next look goes on. At the
    end the message that is being sent is finished, if that takes no more than seconds. A minute lasts `minute` seconds.
    """
    if not services.settings.deliver_every:
        yield
        return
    ending = asyncio.Event()
    task = asyncio.create_task(_run(services, forget, ending, minute))
    try:
        yield
    finally:
        ending.set()
        await asyncio.wait({task}, timeout=_PATIENCE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _run(services: Services, forget: Callable[[], object], ending: asyncio.Event, minute: float) -> None:
    wait = minute
    while not await _is_ending(ending, wait):
        (outcome,) = await asyncio.gather(_look(services, ending), return_exceptions=True)
        if isinstance(outcome, TriageError):
            _log.error("deliver_failed", error=str(outcome))
        elif isinstance(outcome, BaseException):
            _log.error("deliver_failed", exc_info=outcome)
        elif outcome.queued:
            forget()
        wait = services.settings.deliver_every * minute


async def _look(services: Services, ending: asyncio.Event) -> DeliverReport:
    report = await deliver(replace(services.open_deliver_desk(), is_stopping=ending.is_set))
    step = to_step(report)
    if report.queued or step.seen:
        _log.info("delivered", counts=step.note)
    return report


async def _is_ending(ending: asyncio.Event, seconds: float) -> bool:
    """Wait that long, or until the server ends."""
    try:
        await asyncio.wait_for(ending.wait(), seconds)
    except TimeoutError:
        return False
    return True
