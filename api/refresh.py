"""What follows a change by a reader: finished answers are forgotten, and the drafts it matters to are ranked anew."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager

from api.cache import AnswerCache
from triage.bootstrap import Services, open_services
from triage.reading.rebuild import Rebuilder, rebuild_drafts


class Refresher:
    """Called after every vote, every tag that counts as one, and every publication."""

    def __init__(self, answers: AnswerCache, rebuilder: Rebuilder) -> None:
        self._answers, self.rebuilder = answers, rebuilder

    def follow(self, topics: Iterable[str] = ()) -> None:
        """Forget finished answers, and have the drafts of these topics ranked anew in the background."""
        self._answers.drop()
        for topic in topics:
            self.rebuilder.request(topic)


@asynccontextmanager
async def open_refresher(services: Services, answers: AnswerCache) -> AsyncIterator[Refresher]:
    """A refresher that works until the context ends; a draft that is being ranked then is finished first."""

    async def rebuild(topic: str) -> AsyncGenerator[str, None]:
        # In a thread and loop of its own, hence a database of its own; the model is the one that searches use.
        opened = open_services(services.settings, services.clock, lambda: services.embedder)
        async with opened as own, aclosing(rebuild_drafts(own.bench(), topic)) as weeks:
            async for week in weeks:
                answers.drop()
                yield week

    rebuilder = Rebuilder(rebuild)
    try:
        yield Refresher(answers, rebuilder)
    finally:
        await rebuilder.close()
