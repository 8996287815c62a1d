"""What the steps reported of themselves, for those who run the server."""

from triage.reading.library import Library
from triage.reading.naming import check_page
from triage.reading.records import Page
from triage.store.runs import Run, count_runs
from triage.store.runs import list_runs as load_runs


async def list_runs(library: Library, offset: int = 0, limit: int = 20) -> Page[Run]:
    """Executions of steps, the newest first; raises `InputError`."""
    check_page(offset, limit)
    async with library.database.read() as session:
        return Page(tuple(await load_runs(session, limit, offset)), await count_runs(session), offset, limit)
