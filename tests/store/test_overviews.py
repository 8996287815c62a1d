"""What moved in a topic's week, kept once."""

from typing import Any

from fakes.outbox_case import NOW

from triage.store.engine import Database
from triage.store.overviews import load_overview, save_overview


async def test_the_first_overview_stays(database: Database) -> None:
    """So that every reader gets the same; another topic or week has none."""
    body: dict[str, Any] = {
        "themes": [{"label": "Werkzeuggebrauch, größer", "papers": 3, "before": None, "ranks": [1, 2]}]
    }
    other: dict[str, Any] = {"themes": []}
    for each in (body, other):
        async with database.write() as session:
            await save_overview(session, "agents", "2026-W16", each, NOW)
    async with database.read() as session:
        assert await load_overview(session, "agents", "2026-W16") == body
        assert await load_overview(session, "agents", "2026-W17") is None
        assert await load_overview(session, "evals", "2026-W16") is None
