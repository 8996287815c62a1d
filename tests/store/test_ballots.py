from datetime import UTC, datetime

import msgspec
from fakes.papers import make_papers
from sqlalchemy import update

from triage.core.week import Week
from triage.store.ballots import load_ballots, load_weeks
from triage.store.engine import Database
from triage.store.models import PaperRow
from triage.store.upsert import upsert_papers
from triage.store.votes import record_votes

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
A, B, C = "2604.00001", "2604.00002", "hep-th/9901001"


async def test_votes_lie_side_by_side(database: Database) -> None:
    """Of all readers, "uncertain" and votes that wait for their paper included; of this topic only."""
    async with database.write() as session:
        await record_votes(session, "t", {B: 0, A: 1}, "test", _NOW, reader="bob")
        await record_votes(session, "t", {A: -1, C: 1}, "test", _NOW, reader="ada")
        await record_votes(session, "other", {A: 1}, "test", _NOW, reader="carol")
    async with database.read() as session:
        assert await load_ballots(session, "t") == {A: {"ada": -1, "bob": 1}, B: {"bob": 0}, C: {"ada": 1}}
        assert await load_ballots(session, "none") == {}


async def test_weeks_of_papers(database: Database) -> None:
    """Those in which the papers were first listed; a paper that the store does not have has none."""
    async with database.write() as session:
        papers = [msgspec.structs.replace(paper, announced=Week(2026, 17).monday) for paper in make_papers(2)]
        await upsert_papers(session, papers, _NOW)
        await session.execute(update(PaperRow).where(PaperRow.arxiv_id == B).values(week=None))
    async with database.read() as session:
        assert await load_weeks(session, [C, B, A]) == {A: "2026-W17"}
        assert await load_weeks(session, []) == {}
