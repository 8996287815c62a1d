"""The miss audit: what readers are asked about papers below the line, and what their answers tell."""

from typing import Annotated

from litestar import Controller, get
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.auth import allow_readers
from api.openapi import answer, problems
from api.routes import examples_trust as examples
from api.routes.paths import TopicName, WeekName
from triage.core.account import Principal
from triage.core.misses import MissEstimate
from triage.errors import NotFoundError
from triage.reading.audits import Questions, estimate_topic, view_questions
from triage.reading.library import Library

Wanted = Annotated[
    float,
    QueryParameter(
        ge=0.01, le=0.99, description="The share of the relevant papers that the list is to hold, for `cut` to tell."
    ),
]


class AuditController(Controller):
    """Below the line."""

    tags = ("Trust",)
    guards = (allow_readers,)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/shortlists/{topic:str}/{week:str}/audit",
        operation_id="get_questions",
        summary="Papers below the line",
        responses=answer(200, Questions, examples.QUESTIONS, "The papers, and your votes on them") | problems(400, 404),
    )
    async def get_questions(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        topic: TopicName,
        week: WeekName,
    ) -> Questions:
        """Read which papers that missed the list were drawn at random, for readers to say whether they are relevant.

        They come in an order of your own, without scores and ranks, which would sway the answer. To answer, vote on the
        paper for the topic; `vote` is null while you have not.
        """
        return await view_questions(library, principal.reader, topic, week)

    @get(
        "/audits/{topic:str}",
        operation_id="get_miss_estimate",
        summary="What the lists miss",
        responses=answer(200, MissEstimate, examples.MISSES, "The estimate, with intervals") | problems(400, 404),
    )
    async def get_miss_estimate(
        self, library: NamedDependency[Library], topic: TopicName, wanted: Wanted = 0.8
    ) -> MissEstimate:
        """Estimate from all readers' answers how many relevant papers a topic's lists left out.

        404 while nobody has answered anything.
        """
        found = await estimate_topic(library, topic, wanted)
        if found is None:
            raise NotFoundError(
                f"Nobody has answered yet what was drawn below the line of {topic}: "
                f"GET /api/v1/shortlists/{topic}/WEEK/audit lists the papers, and a vote on one is an answer."
            )
        return found
