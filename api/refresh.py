"""What follows a change by a reader: what is kept is forgotten, and the drafts it matters to are ranked anew."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Protocol

from triage.bootstrap import Services, open_services
from triage.reading.rebuild import Rebuilder, rebuild_drafts


class Forgetful(Protocol):
    """What keeps something for a moment."""

    def drop(self) -> None:
        """Forget everything: something changed."""


def forget_all(caches: Iterable[Forgetful]) -> None:
    """Let each make anew what is asked for next."""
    for cache in caches:
        cache.drop()


class Refresher:
    """Called after every vote, every tag that counts as one, and every publication; `forget` drops what is kept."""

    def __init__(self, forget: Callable[[], None], rebuilder: Rebuilder) -> None:
        self._forget, self.rebuilder = forget, rebuilder

    def follow(self, topics: Iterable[str] = ()) -> None:
        """Forget what is kept, and have the drafts of these topics ranked anew in the background."""
        self._forget()
        for topic in topics:
            self.rebuilder.request(topic)


@asynccontextmanager
async def open_refresher(services: Services, forget: Callable[[], None]) -> AsyncIterator[Refresher]:
    """A refresher that works until the context ends; a draft that is being ranked then is finished first."""
    loop = asyncio.get_running_loop()

    async def rebuild(topic: str) -> AsyncGenerator[str, None]:
        # In a thread and loop of its own, hence a database of its own; the model is the one that searches use.
        opened = open_services(services.settings, services.clock, lambda: services.embedder)
        async with opened as own, aclosing(rebuild_drafts(own.bench(), topic)) as weeks:
            async for week in weeks:
                loop.call_soon_threadsafe(forget)
                yield week

    rebuilder = Rebuilder(rebuild)
    try:
        yield Refresher(forget, rebuilder)
    finally:
        await rebuilder.close()
