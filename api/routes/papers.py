"""Papers: lists, one with all there is to say of it, its neighbours, and search."""

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from msgspec.structs import replace

from api.auth import allow_readers
from api.openapi import answer, problems
from api.routes import examples
from api.routes.paths import (
    AtLeast,
    InCategory,
    InWeek,
    Limit,
    Offset,
    OnTopic,
    Tagged,
    Words,
    name_operation,
    paper_paths,
    provide_arxiv_id,
)
from triage.core.account import Principal
from triage.reading.library import Library
from triage.reading.papers import PaperQuery, list_papers, view_paper
from triage.reading.records import Page, PaperCard, PaperView


def provide_query(
    week: InWeek = "",
    topic: OnTopic = "",
    tag: Tagged = "",
    q: Words = "",
    min_score: AtLeast = None,
    category: InCategory = "",
) -> PaperQuery:
    """The filters of a list; what is left out, or empty, filters nothing."""
    return PaperQuery(
        week=week or None,
        topic=topic or None,
        tag=tag or None,
        q=q.strip() or None,
        min_score=min_score,
        category=category or None,
    )


class PaperController(Controller):
    """What the store knows of papers."""

    path = "/papers"
    tags = ("Papers",)
    guards = (allow_readers,)
    dependencies = {"arxiv_id": Provide(provide_arxiv_id, sync_to_thread=False)}  # noqa: RUF012 - Litestar's layer

    @get(
        operation_id="list_papers",
        summary="Papers",
        dependencies={"wanted": Provide(provide_query, sync_to_thread=False)},
        responses=answer(200, Page[PaperCard], examples.PAPERS, "Part of the papers") | problems(400, 404),
    )
    async def list_papers(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        wanted: NamedDependency[PaperQuery],
        offset: Offset = 0,
        limit: Limit = 20,
    ) -> Page[PaperCard]:
        """List papers: by score for the topic asked for, else the last announced first; `min_score` needs a topic."""
        return await list_papers(library, replace(wanted, offset=offset, limit=limit), principal.reader)

    @get(
        paper_paths(),
        operation_id=name_operation("get_paper"),
        summary="Paper",
        responses=answer(200, PaperView, examples.PAPER, "The paper") | problems(400, 404),
    )
    async def get_paper(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        arxiv_id: NamedDependency[str],
    ) -> PaperView:
        """Read a paper with its scores and their parts, its places, history, and your marks on it."""
        return await view_paper(library, arxiv_id, principal.reader)
