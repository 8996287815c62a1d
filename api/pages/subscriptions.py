"""The topics whose shortlist a reader gets every week."""

from typing import Annotated, Literal

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from api.auth import allow_known, allow_writers
from api.pages.templating import PageRequest, render, see_other
from triage.core.account import Principal
from triage.reading.library import Library
from triage.reading.marks import list_subscriptions, subscribe, unsubscribe
from triage.reading.shortlists import list_topics


class SubscriptionForm(msgspec.Struct, frozen=True):
    """A topic to get, or to get no more."""

    topic: Annotated[str, msgspec.Meta(max_length=64)]
    action: Literal["subscribe", "unsubscribe"]


class SubscriptionPages(Controller):
    """Choosing what comes by itself."""

    path = "/subscriptions"

    @get(guards=[allow_known])
    async def show(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
    ) -> Response[str]:
        """All topics with their feeds, and subscriptions to topics that the rubric has no more."""
        topics = await list_topics(library)
        subscribed = await list_subscriptions(library, principal.reader)
        known = {topic.name for topic in topics}
        return render(
            request,
            "subscriptions.html.j2",
            topics=topics,
            subscribed=frozenset(subscribed),
            gone=[name for name in subscribed if name not in known],
        )

    @post(guards=[allow_writers], status_code=200)
    async def change(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        data: URLEncodedBody[SubscriptionForm],
    ) -> Redirect:
        """Subscribe or leave."""
        act = subscribe if data.action == "subscribe" else unsubscribe
        await act(library, principal.reader, data.topic)
        return see_other(f"/subscriptions#{data.topic}")
