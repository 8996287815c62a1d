"""SAQ's worker, that ends as soon as the jobs in hand have. Only imported where a worker is made."""

import asyncio
from typing import Any

import structlog
from saq.worker import Worker

from triage.worker.queue import describe, list_failures

_REST = 1.0  # seconds before the next try
_log = structlog.get_logger(__name__)


class PromptWorker(Worker[Any]):  # type: ignore[misc]  # mypy does not follow saq
    """Leaves signals to us, and does not wait for its own timers to wake up before it ends."""

    SIGNALS = ()

    async def process(self) -> bool:
        """As SAQ's; where a job's end cannot be told, the job comes back as that of a dead worker."""
        try:
            done: bool = await super().process()
        except list_failures() as error:
            _log.warning("queue", says="The end of a job could not be told.", error=describe(error))
            await asyncio.sleep(_REST)
            return False
        return done

    async def stop(self) -> None:
        """Let the jobs in hand end, as SAQ's does; what only looks after the queue is cancelled."""
        self.event.set()
        for task in self.tasks:
            if task.get_name() != "process":
                task.cancel()
        await super().stop()
