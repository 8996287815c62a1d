"""Topics, weeks, and the shortlist of one topic in one week, in every format."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from litestar import Controller, Request, Response, get, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIHeader, OpenAPIMediaType, OpenAPIResponse, Operation, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import QueryParameter

from api.auth import allow_editors, allow_readers
from api.cache import DRAFT, PUBLISHED, Answer, AnswerCache, make_answer, send_answer
from api.openapi import answer, problems
from api.refresh import Refresher
from api.routes import examples
from api.routes.answers import ShortlistView
from api.routes.paths import Limit, Offset, TopicName, WeekName
from triage.bootstrap import Services
from triage.core.account import Principal
from triage.reading.exports import FORMATS, FileFormat, export_shortlist
from triage.reading.library import Library
from triage.reading.records import Page, TopicView, WeekView
from triage.reading.shortlists import encode_shortlist, find_shortlist, list_topics, list_weeks, publish

_JSON = "application/json"


@dataclass
class ShortlistOperation(Operation):
    """Documents what Litestar has no words for: one address, several media types, and headers for caches."""

    def __post_init__(self) -> None:
        found = (self.responses or {}).get("200")
        if isinstance(found, OpenAPIResponse) and found.content is not None:
            for kind in FORMATS.values():
                form = OpenAPIType.ARRAY if kind.media_type.endswith("json") else OpenAPIType.STRING
                found.content.setdefault(kind.media_type.partition(";")[0], OpenAPIMediaType(schema=Schema(type=form)))
            text = Schema(type=OpenAPIType.STRING)
            found.headers = {
                "ETag": OpenAPIHeader(schema=text, required=True, description="A hash of the body."),
                "Cache-Control": OpenAPIHeader(
                    schema=text, required=True, description="`max-age=60` once published; before, ask first."
                ),
            }


class TopicController(Controller):
    """What there is to read."""

    tags = ("Shortlists",)
    guards = (allow_readers,)

    @get(
        "/topics",
        operation_id="list_topics",
        summary="Topics",
        responses=answer(200, tuple[TopicView, ...], examples.TOPICS, "Topics") | problems(),
    )
    async def list_topics(self, library: NamedDependency[Library]) -> tuple[TopicView, ...]:
        """List the topics of the rubric, each with the weeks that have a shortlist, the newest first."""
        return await list_topics(library)

    @get(
        "/weeks",
        operation_id="list_weeks",
        summary="Weeks",
        responses=answer(200, Page[WeekView], examples.WEEKS, "Weeks") | problems(400),
    )
    async def list_weeks(
        self, library: NamedDependency[Library], offset: Offset = 0, limit: Limit = 20
    ) -> Page[WeekView]:
        """List the weeks that hold papers, the newest first."""
        return await list_weeks(library, offset, limit)


class ShortlistController(Controller):
    """A ranked list."""

    path = "/shortlists/{topic:str}/{week:str}"
    tags = ("Shortlists",)

    @get(
        guards=[allow_readers],
        operation_id="get_shortlist",
        summary="Shortlist",
        operation_class=ShortlistOperation,
        responses=answer(200, ShortlistView, examples.SHORTLIST, "The list, in the format asked for")
        | {304: ResponseSpec(None, description="You have it already.")}
        | problems(400, 404),
    )
    async def get_shortlist(
        self,
        request: Request[Principal | None, str | None, State],
        topic: TopicName,
        week: WeekName,
        format: Annotated[  # noqa: A002 - the parameter's own name stands in errors
            FileFormat,
            QueryParameter(description="JSON, a Markdown digest, BibTeX, RIS, CSL-JSON, or a table for spreadsheets."),
        ] = "json",
    ) -> Response[bytes]:
        """Read a shortlist. As JSON it is what `triage shortlist --json` prints; send `If-None-Match` to save it."""
        # No dependencies here: Litestar takes longer to hand them over than all of this takes (benchmarks/api_load.py).
        answers: AnswerCache = request.app.state.answers
        services: Services = request.app.state.services
        make = partial(_write_shortlist, services, topic, week, format)
        return send_answer(request, await answers.fetch(f"{topic}/{week}.{format}", make))

    @put(
        "/publication",
        guards=[allow_editors],
        operation_id="publish_shortlist",
        summary="Publish",
        responses=answer(200, ShortlistView, examples.SHORTLIST, "The list as it is now") | problems(400, 404),
    )
    async def publish_shortlist(
        self,
        library: NamedDependency[Library],
        refresher: NamedDependency[Refresher],
        topic: TopicName,
        week: WeekName,
    ) -> Response[bytes]:
        """Freeze a shortlist for good. Idempotent; editors only."""
        shortlist = await publish(library, topic, week)
        refresher.follow()
        return Response(encode_shortlist(shortlist), media_type=_JSON)


async def _write_shortlist(services: Services, topic: str, week: str, form: FileFormat) -> Answer:
    library = services.library
    shortlist = await find_shortlist(library, topic, week)
    cache_control = PUBLISHED if shortlist.published_at else DRAFT
    if form == "json":
        return make_answer(encode_shortlist(shortlist), _JSON, cache_control)
    export = await export_shortlist(library, shortlist, form)
    return make_answer(export.body, export.media_type, cache_control, export.name)
