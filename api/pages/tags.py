"""A reader's tags, and the papers under one."""

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from api.auth import allow_known, allow_writers
from api.pages.templating import PageRequest, render, see_other
from api.refresh import Refresher
from triage.core.account import Principal
from triage.reading.library import Library
from triage.reading.marks import list_tags, list_topics_of_tag, read_tag_name, remove_tag_everywhere
from triage.reading.naming import FARTHEST
from triage.reading.papers import PaperQuery, list_papers

_PAPERS = 50
"""Papers on one page."""


class TagPages(Controller):
    """Going through what was tagged."""

    path = "/tags"

    @get(guards=[allow_known])
    async def show_all(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
    ) -> Response[str]:
        """The reader's own tags, and those that others share."""
        tags = await list_tags(library, principal.reader)
        return render(
            request,
            "tags.html.j2",
            own=[tag for tag in tags if tag.is_mine],
            shared=[tag for tag in tags if not tag.is_mine],
        )

    @get("/{name:str}", guards=[allow_known])
    async def show(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        name: FromPath[str],
        offset: Annotated[int, QueryParameter(ge=0, le=FARTHEST)] = 0,
    ) -> Response[str]:
        """The papers on which the reader sees the tag; the same empty page for a tag that nobody has."""
        tag = read_tag_name(name)
        page = await list_papers(library, PaperQuery(tag=tag, offset=offset, limit=_PAPERS), principal.reader)
        known = next((each for each in await list_tags(library, principal.reader) if each.name == tag), None)
        return render(
            request,
            "tag.html.j2",
            name=tag,
            page=page,
            is_mine=known is not None and known.is_mine,
            is_shared=known is not None and known.is_shared,
        )

    @post("/{name:str}", guards=[allow_writers], status_code=200)
    async def remove(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        refresher: NamedDependency[Refresher],
        name: FromPath[str],
    ) -> Redirect:
        """Take the reader's own tag off all papers; other readers' tags stay."""
        tag = read_tag_name(name)
        await remove_tag_everywhere(library, principal.reader, tag)
        refresher.follow(list_topics_of_tag(library, tag))
        return see_other("/tags")
