"""The topics whose shortlist a reader gets every week."""

from litestar import Controller, delete, get, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency

from api.auth import allow_known, allow_writers
from api.openapi import answer, problems
from api.routes import examples
from api.routes.paths import TopicName
from triage.core.account import Principal
from triage.reading.library import Library
from triage.reading.marks import list_subscriptions, subscribe, unsubscribe

_TOPICS = answer(200, tuple[str, ...], examples.SUBSCRIPTIONS, "The topics you get")


class SubscriptionController(Controller):
    """What is sent to whom."""

    path = "/subscriptions"
    tags = ("Marks",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        guards=[allow_known],
        operation_id="list_subscriptions",
        summary="Your subscriptions",
        responses=_TOPICS | problems(),
    )
    async def list_subscriptions(
        self, library: NamedDependency[Library], principal: NamedDependency[Principal]
    ) -> tuple[str, ...]:
        """List the topics whose shortlist you get every week."""
        return await list_subscriptions(library, principal.reader)

    @put(
        "/{topic:str}",
        guards=[allow_writers],
        operation_id="subscribe",
        summary="Subscribe",
        responses=_TOPICS | problems(400, 404),
    )
    async def subscribe(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        topic: TopicName,
    ) -> tuple[str, ...]:
        """Get a topic's shortlist every week. Idempotent."""
        return await subscribe(library, principal.reader, topic)

    @delete(
        "/{topic:str}",
        status_code=200,
        guards=[allow_writers],
        operation_id="unsubscribe",
        summary="Unsubscribe",
        responses=_TOPICS | problems(400, 404),
    )
    async def unsubscribe(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        topic: TopicName,
    ) -> tuple[str, ...]:
        """Get it no more. Idempotent."""
        return await unsubscribe(library, principal.reader, topic)
