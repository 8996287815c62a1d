"""The map of a week: a picture that needs no script, and the same as a list."""

from typing import Annotated, Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from api.auth import allow_readers
from api.pages.drawings import Drawings, provide_drawings
from api.pages.map_picture import WIDTH
from api.pages.templating import PageRequest, render
from triage.errors import NotFoundError
from triage.reading.aside import run_aside
from triage.reading.library import Library
from triage.reading.naming import read_week
from triage.reading.shortlists import find_weeks_beside, list_topics

_AGAIN = "2"  # seconds: a first drawing of 2,000 papers takes about six on one core
_MOST_THEMES = 99


class MapPages(Controller):
    """Seeing a week at once."""

    guards = (allow_readers,)
    dependencies = {"drawings": Provide(provide_drawings, sync_to_thread=False)}  # noqa: RUF012 - as Litestar reads it

    @get("/map/{week:str}")
    async def show(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        drawings: NamedDependency[Drawings],
        week: FromPath[str],
        topic: Annotated[str, QueryParameter(max_length=64)] = "",
        theme: Annotated[int, QueryParameter(ge=0, le=_MOST_THEMES)] = 0,
    ) -> Response[str]:
        """The map; 202 and a page that comes back by itself while it is being drawn."""
        wanted = read_week(week)
        context: dict[str, Any] = {"week": str(wanted), "topic": topic, "topics": await list_topics(library)}
        found = await drawings.fetch_soon(library, str(wanted), topic or None)
        if found is None:
            return render(request, "map_wait.html.j2", status_code=202, headers={"Refresh": _AGAIN}, **context)
        if theme > len(found.themes):
            raise NotFoundError(f"The map of {wanted} has {len(found.themes)} themes.")
        return await run_aside(
            render,
            request,
            "map.html.j2",
            **context,
            picture=await drawings.draw_picture(found, theme),
            chosen=theme,
            papers=len(found.points),
            width=WIDTH,
            **await _find_neighbours(library, str(wanted)),
        )


async def _find_neighbours(library: Library, week: str) -> dict[str, Any]:
    """The weeks with papers before and after this one."""
    older, newer = await find_weeks_beside(library, week)
    return {"older": older, "newer": newer}
