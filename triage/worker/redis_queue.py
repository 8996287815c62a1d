"""SAQ's queue on Redis. Only imported where the queue is opened: the extra `redis` may be absent."""

from redis.asyncio import from_url
from saq.queue.redis import RedisQueue

from triage.worker.held import HeldOnly

_REFRESH = 0.1  # seconds


def make_queue(url: str, name: str, swept: str) -> RedisQueue:
    """Not connected; `swept` is what is kept of a job that was taken from a worker too often."""
    return SweptSoonQueue(from_url(url, socket_connect_timeout=10), name=name, swept_error_message=swept)


class SweptSoonQueue(HeldOnly, RedisQueue):  # type: ignore[misc]  # mypy does not follow saq
    """Takes the jobs of dead workers back one after the other, but without waiting seconds for each."""

    async def sweep(self, lock: int = 60, abort: float = _REFRESH) -> list[str]:
        """SAQ's own, in little time: a dead worker does not answer, and one that lives beats."""
        swept: list[str] = await super().sweep(lock, min(abort, _REFRESH))
        return swept
