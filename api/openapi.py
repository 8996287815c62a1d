"""The description of the API that programs read: OpenAPI 3.1, with examples, keys and every answer that may come."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, Example, SecurityRequirement, Tag

import triage
from api.auth import security_schemes
from api.problems import PROBLEM_TYPE, Problem, example_problem
from triage.config import Settings

OPEN: Final[list[SecurityRequirement]] = [{}]
"""The security of what anybody may ask."""
TITLE: Final = "Triage"
PATH: Final = "/api/v1/openapi.json"

_DESCRIPTION: Final = """\
Ranked shortlists of new arXiv papers by topic and week, with a true line on each, and what a reader makes of them.

Keys in addresses are natural: arXiv ids, topics, ISO weeks. Ids from before April 2007 have a slash and take the
address with archive and number. Lists have a total order, and are read in parts by `offset` and `limit`. Every error is
`application/problem+json` (RFC 9457): `code` names its kind, `detail` says what to do.
"""
_TAGS: Final = (
    Tag("Shortlists", "Topics, weeks and the ranked lists."),
    Tag("Papers", "Papers with their scores, history and neighbours; search."),
    Tag("Feeds", "Shortlists and tags for feed readers."),
    Tag("Marks", "Your own tags, votes, notes and subscriptions, and your weekly mail."),
    Tag("Account", "Who you are."),
    Tag(
        "Trust",
        "What was expected, what came, by what rules it was ranked, what the lists miss, and how far readers agree.",
    ),
    Tag("Health", "For whoever runs the server."),
)
_MEANINGS: Final = {
    400: "A field is wrong; `errors` says which, and what was expected.",
    401: "Nobody signed in, or the key is none.",
    403: "The role or the key's scopes do not include this.",
    404: "There is no such thing, or it is another reader's.",
    409: "The change contradicts what is there.",
    413: "The body is larger than 64 KiB.",
    429: "Too many requests from this address.",
    500: "A fault of the server; its log says more.",
    503: "The database or the mail system cannot be used; or so much waits that `Retry-After` says when to ask again.",
}


def describe_api(settings: Settings, plugins: Sequence[OpenAPIRenderPlugin] = ()) -> OpenAPIConfig:
    """The configuration of the application; served at `PATH` and nowhere else. `plugins` are for pages that render it.

    Keys are asked for with accounts only; with anonymous reading, what needs none says so itself.
    """
    schemes = security_schemes(settings) if settings.accounts else {}
    return OpenAPIConfig(
        title=TITLE,
        version=triage.__version__,
        summary="The papers of the week that matter to you.",
        description=_DESCRIPTION,
        tags=list(_TAGS),
        components=Components(security_schemes={**schemes}) if schemes else Components(),
        security=[{name: []} for name in ("token", "session")] if schemes else None,
        use_handler_docstrings=True,
        path=PATH,
        render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"]), *plugins],
    )


def answer(status: int, kind: Any, example: Any, description: str, media_type: str = "application/json") -> Any:
    """The documentation of a good answer, for `responses=` of a handler."""
    value = msgspec.to_builtins(example)
    return {
        status: ResponseSpec(
            kind,
            generate_examples=False,
            description=description,
            media_type=media_type,
            examples=[Example(summary="As it looks", value=value)],
        )
    }


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The documentation of errors, for `responses=` of a handler; those that any address may answer are added."""
    return {status: _document_problem(status) for status in sorted({*statuses, 401, 403, 429, 500, 503})}


def _document_problem(status: int) -> ResponseSpec:
    return ResponseSpec(
        Problem,
        generate_examples=False,
        description=_MEANINGS[status],
        media_type=PROBLEM_TYPE,
        examples=[Example(summary=_MEANINGS[status], value=msgspec.to_builtins(example_problem(status)))],
    )
