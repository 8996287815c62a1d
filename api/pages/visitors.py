"""What pages need to know of a request: whose marks to show, and which paper is meant."""

from api.auth import ANONYMOUS
from api.pages.templating import PageRequest
from triage.core.paper import parse_arxiv_id
from triage.errors import NotFoundError
from triage.reading.library import Library
from triage.reading.marks import list_tags
from triage.reading.records import TagSummary


def name_reader(request: PageRequest) -> str:
    """The reader's name; that of nobody for a visitor, whom templates show no tags, not even shared ones."""
    return request.user.reader if request.user else ANONYMOUS.reader


async def list_own_tags(request: PageRequest, library: Library) -> tuple[TagSummary, ...]:
    """What the tag box proposes."""
    return await list_tags(library, request.user.reader) if request.user else ()


def provide_arxiv_id(request: PageRequest) -> str:
    """The id in the address, in one part or, as those before 2007, in two, without a version."""
    named = request.path_params
    text = named["paper_id"] if "paper_id" in named else f"{named['archive']}/{named['number']}"
    try:
        return parse_arxiv_id(text).id
    except ValueError as error:
        raise NotFoundError(f"{error}.") from error
