"""Papers by what is typed, by likeness to another, and by where they stand on the map of a week."""

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from api.auth import allow_readers
from api.openapi import answer, problems
from api.pages.drawings import Drawings, provide_drawings
from api.routes import examples
from api.routes.paths import (
    VISIBLE,
    HitLimit,
    OnTopic,
    WeekName,
    name_operation,
    paper_paths,
    provide_arxiv_id,
)
from triage.core.account import Principal
from triage.core.search_query import LONGEST_QUERY
from triage.reading.library import Library
from triage.reading.neighbours import find_similar
from triage.reading.records import Hit
from triage.reading.search import search
from triage.reading.week_map import WeekMap

SearchText = Annotated[
    str,
    QueryParameter(
        pattern=f"^{VISIBLE}+$",
        max_length=LONGEST_QUERY,
        description='An arXiv id, an author, words, or a "phrase" in double quotes.',
        examples=[Example(value="semantic ids for recommendation")],
    ),
]
_HITS = answer(200, tuple[Hit, ...], examples.HITS, "Papers, the closest first")


class SearchController(Controller):
    """Finding."""

    tags = ("Papers",)
    guards = (allow_readers,)

    @get("/search", operation_id="search", summary="Search", responses=_HITS | problems(400))
    async def search(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        q: SearchText,
        limit: HitLimit = 20,
    ) -> tuple[Hit, ...]:
        """Find papers that hold the words and papers that mean the same, as one list."""
        return await search(library, q, principal.reader, limit)

    @get(
        [f"/papers{path}" for path in paper_paths("/similar")],
        dependencies={"arxiv_id": Provide(provide_arxiv_id, sync_to_thread=False)},
        operation_id=name_operation("list_similar"),
        summary="Similar papers",
        responses=_HITS | problems(400, 404),
    )
    async def list_similar(
        self,
        library: NamedDependency[Library],
        principal: NamedDependency[Principal],
        arxiv_id: NamedDependency[str],
        limit: HitLimit = 10,
    ) -> tuple[Hit, ...]:
        """List the papers whose abstracts mean the most similar, the nearest first."""
        return await find_similar(library, arxiv_id, principal.reader, limit)

    @get(
        "/map/{week:str}",
        operation_id="draw_week",
        summary="Map of a week",
        responses=answer(200, WeekMap, examples.MAP, "The map") | problems(400, 404),
        dependencies={"drawings": Provide(provide_drawings, sync_to_thread=False)},
    )
    async def draw_week(
        self,
        library: NamedDependency[Library],
        drawings: NamedDependency[Drawings],
        week: WeekName,
        topic: OnTopic = "",
    ) -> WeekMap:
        """Draw a week's papers in the plane, near each other where they mean the like; all numbers in 0..1.

        The first to ask for a week waits some seconds while it is drawn; where it takes longer, 503 and `Retry-After`
        say when to ask again.
        """
        return await drawings.fetch(library, week, topic or None)
