"""SAQ's worker, that ends as soon as the jobs in hand have. Only imported where a worker is made."""

from typing import Any

from saq.worker import Worker


class PromptWorker(Worker[Any]):  # type: ignore[misc]  # mypy does not follow saq
    """Leaves signals to us, and does not wait for its own timers to wake up before it ends."""

    SIGNALS = ()

    async def stop(self) -> None:
        """Let the jobs in hand end, as SAQ's does; what only looks after the queue is cancelled."""
        self.event.set()
        for task in self.tasks:
            if task.get_name() != "process":
                task.cancel()
        await super().stop()
