"""What stands in addresses: arXiv ids of both schemes, topics, weeks, tags, and which part of a list is wanted."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.openapi.spec import Example
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import PathParameter, QueryParameter
from litestar.types import Method, OperationIDCreator

from triage.core.paper import parse_arxiv_id
from triage.errors import NotFoundError
from triage.reading.naming import FARTHEST, MOST_ITEMS
from triage.reading.search import MOST_HITS

_TOPIC = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_WEEK = "(19|2[0-9])[0-9]{2}-W(0[1-9]|[1-4][0-9]|5[0-3])"
VISIBLE = r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]"
# Of the two spellings of an address each has its own parts; none of them is ever null in the address that has it.
_ALWAYS_THERE: dict[str, Any] = {"type": OpenAPIType.STRING, "oneOf": None}
_NOT_NEGATIVE: dict[str, Any] = {"minimum": 0}  # Litestar leaves a minimum of 0 out of the schema


def _show(value: str) -> list[Example]:
    return [Example(value=value)]


TopicName = Annotated[
    str,
    PathParameter(
        pattern=_TOPIC,
        max_length=64,
        description="A topic of the rubric; /topics lists them.",
        examples=_show("agent-evaluation"),
    ),
]
WeekName = Annotated[
    str,
    PathParameter(pattern=f"^{_WEEK}$", description="An ISO week of arXiv's listing days.", examples=_show("2026-W20")),
]
TagName = Annotated[
    str,
    PathParameter(
        pattern=f"^{VISIBLE}+$",
        max_length=64,
        description="A tag: printable characters without a slash.",
        examples=_show("semantic-ids"),
    ),
]
TagOwner = Annotated[
    str,
    QueryParameter(
        pattern="^([a-z0-9][a-z0-9._-]*)?$",
        max_length=64,
        description="Whose shared tag to take off, for editors; your own when left out.",
        examples=_show("ada"),
    ),
]
Offset = Annotated[
    int,
    QueryParameter(ge=0, le=FARTHEST, schema_extra=_NOT_NEGATIVE, description="How many items to pass over."),
]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST_ITEMS, description="How many items to answer at most.")]
HitLimit = Annotated[int, QueryParameter(ge=1, le=MOST_HITS, description="How many papers to answer at most.")]
Words = Annotated[
    str,
    QueryParameter(
        pattern=f"^{VISIBLE}*$",
        max_length=300,
        description="What to search for: an id, an author, a phrase, or anything.",
        examples=_show("semantic ids for recommendation"),
    ),
]
InWeek = Annotated[
    str,
    QueryParameter(
        pattern=f"^({_WEEK})?$", description="Only papers first listed in this ISO week.", examples=_show("2026-W20")
    ),
]
LastWeek = Annotated[
    str,
    QueryParameter(
        pattern=f"^({_WEEK})?$",
        description="The last ISO week; that of the newest listing when left out.",
        examples=_show("2026-W20"),
    ),
]
OnTopic = Annotated[
    str,
    QueryParameter(
        pattern=f"{_TOPIC}|^$",
        max_length=64,
        description="Scores are those for this topic.",
        examples=_show("generative-recommendation"),
    ),
]
Tagged = Annotated[
    str,
    QueryParameter(
        pattern=f"^{VISIBLE}*$", max_length=64, description="Only papers with this tag, your own or a shared one."
    ),
]
AtLeast = Annotated[
    float | None,
    QueryParameter(ge=0.0, le=1.0, schema_extra=_NOT_NEGATIVE, description="Only papers with at least this score."),
]
InCategory = Annotated[
    str,
    QueryParameter(
        pattern=r"^([a-z-]{2,16}(\.[A-Za-z-]{2,16})?)?$",
        description="Only papers of this arXiv category, cross-lists included.",
        examples=_show("cs.IR"),
    ),
]
_PaperId = Annotated[
    str | None,
    PathParameter(
        pattern="^[0-9]{2}(0[1-9]|1[0-2])[.][0-9]{4,5}(v[1-9][0-9]{0,3})?$",
        description="An arXiv id; a version at its end is passed over.",
        schema_extra=_ALWAYS_THERE,
        examples=_show("2605.90015"),
    ),
]
_Archive = Annotated[
    str | None,
    PathParameter(
        pattern="^[a-z]{1,8}(-[a-z]{2,4})?([.][A-Z]{2})?$",
        description="The archive of an arXiv id from before April 2007.",
        schema_extra=_ALWAYS_THERE,
        examples=_show("cs"),
    ),
]
_Number = Annotated[
    str | None,
    PathParameter(
        pattern="^[0-9]{2}(0[1-9]|1[0-2])[0-9]{3}(v[1-9][0-9]{0,3})?$",
        description="The number of an arXiv id from before April 2007.",
        schema_extra=_ALWAYS_THERE,
        examples=_show("0601001"),
    ),
]

_OLD_PATH: Final = "/{archive:str}/{number:str}"


def paper_paths(rest: str = "") -> list[str]:
    """Below /papers, the path of a paper by its id, and by archive and number: ids before 2007 have a slash."""
    return [f"/{{paper_id:str}}{rest}", f"{_OLD_PATH}{rest}"]


def name_operation(name: str) -> OperationIDCreator:
    """Operation ids of a handler with both paths: `name`, and `name_by_old_id`."""

    def create(_: HTTPRouteHandler, __: Method, components: Sequence[Any]) -> str:
        has_archive = any(getattr(component, "name", "") == "archive" for component in components)
        return f"{name}_by_old_id" if has_archive else name

    return create


def provide_arxiv_id(paper_id: _PaperId = None, archive: _Archive = None, number: _Number = None) -> str:
    """The canonical id, without a version; raises `NotFoundError` for one that arXiv cannot have given."""
    try:
        return parse_arxiv_id(paper_id or f"{archive}/{number}").id
    except ValueError as error:
        raise NotFoundError(f"{error}.") from error
