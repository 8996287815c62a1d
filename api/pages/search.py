"""The search page."""

from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.auth import allow_readers
from api.pages.templating import PageRequest, render
from api.pages.visitors import name_reader
from triage.reading.library import Library
from triage.reading.search import search

_HITS = 30


class SearchPages(Controller):
    """Finding papers."""

    guards = (allow_readers,)

    @get("/search")
    async def show(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        q: Annotated[str, QueryParameter(max_length=300)] = "",
    ) -> Response[str]:
        """What was found, and by what; examples where nothing was asked."""
        asked = q.strip()
        hits = await search(library, asked, name_reader(request), _HITS) if asked else ()
        return render(request, "search.html.j2", q=asked, hits=hits)
