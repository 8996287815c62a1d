"""Feeds per topic and per tag, as Atom and JSON Feed; feed readers may send a key as the password of HTTP Basic."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.spec import Example, Operation
from litestar.params import PathParameter

from api.auth import allow_known, allow_readers
from api.cache import DRAFT, Answer, AnswerCache, make_answer, send_answer
from api.routes.files import document_file, name_media_types
from triage.bootstrap import Services
from triage.core.account import Principal
from triage.reading.aside import run_aside
from triage.reading.feeds import Feed, gather_tag, gather_topic, write_atom, write_json_feed
from triage.reading.library import Library


class Form(msgspec.Struct, frozen=True):
    """How a feed is written, and as what it is sent."""

    write: Callable[[Feed], bytes]
    media_type: str


FORMS: Final[Mapping[str, Form]] = {
    "atom": Form(write_atom, "application/atom+xml; charset=utf-8"),
    "json": Form(write_json_feed, "application/feed+json"),
}
_ENDING = r"\.(atom|json)$"
TopicFile = Annotated[
    str,
    PathParameter(
        pattern=f"^[a-z][a-z0-9]*(-[a-z0-9]+)*{_ENDING}",
        max_length=70,
        description="A topic of the rubric and how its feed is written: `.atom` or `.json`.",
        examples=[Example(value="agent-evaluation.atom")],
    ),
]
TagFile = Annotated[
    str,
    PathParameter(
        pattern=r"^[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+" + _ENDING,
        max_length=70,
        description="A tag and how its feed is written: `.atom` or `.json`.",
        examples=[Example(value="semantic-ids.json")],
    ),
]


@dataclass
class FeedOperation(Operation):
    """One address, two media types."""

    def __post_init__(self) -> None:
        name_media_types(self, (form.media_type for form in FORMS.values()))


class FeedController(Controller):
    """What is new, for feed readers."""

    path = "/feeds"
    tags = ("Feeds",)

    @get(
        "/{file:str}",
        guards=[allow_readers],
        operation_id="get_topic_feed",
        summary="Topic as a feed",
        operation_class=FeedOperation,
        responses=document_file("The feed", FORMS["atom"].media_type, 400, 404),
    )
    async def get_topic_feed(
        self,
        request: Request[Principal | None, None, State],
        library: NamedDependency[Library],
        services: NamedDependency[Services],
        answers: NamedDependency[AnswerCache],
        file: TopicFile,
    ) -> Response[bytes]:
        """Follow a topic: the ranked papers of its last eight published weeks, or of its drafts before any is."""
        topic, _, ending = file.rpartition(".")

        async def make() -> Answer:
            feed = await gather_topic(library, topic, services.settings.public_url)
            return await run_aside(_write, feed, FORMS[ending])

        return send_answer(request, await answers.fetch(f"feeds/{file}", make))

    @get(
        "/tags/{file:str}",
        guards=[allow_known],
        operation_id="get_tag_feed",
        summary="Tag as a feed",
        operation_class=FeedOperation,
        responses=document_file("The feed", FORMS["atom"].media_type, 400, 404),
    )
    async def get_tag_feed(
        self,
        request: Request[Principal | None, None, State],
        library: NamedDependency[Library],
        services: NamedDependency[Services],
        principal: NamedDependency[Principal],
        file: TagFile,
    ) -> Response[bytes]:
        """Follow a tag: the papers on which you see it, the last tagged first."""
        name, _, ending = file.rpartition(".")
        feed = await gather_tag(library, name, principal.reader, services.settings.public_url)
        return send_answer(request, await run_aside(_write, feed, FORMS[ending]))


def _write(feed: Feed, form: Form) -> Answer:
    return make_answer(form.write(feed), form.media_type, DRAFT)
