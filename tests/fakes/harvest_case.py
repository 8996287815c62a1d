"""A season at a fake arXiv, lived through day by day by the real program."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.oai import PageSizes
from triage.adapters.fake_arxiv.server import FakeArxiv
from triage.bootstrap import Services, open_services
from triage.config import Settings
from triage.core.announcements import closing_day, harvestable_at
from triage.core.paper import Paper, PaperVersion
from triage.core.week import EASTERN, parse_week
from triage.pipeline.ledger import Ledger, Reckoning, reckon
from triage.pipeline.listings import check_listings
from triage.pipeline.repair import repair_since
from triage.pipeline.report import StepReport
from triage.pipeline.spine import harvest_archives

MONDAY = date(2026, 8, 10)  # 2026-W33


def make_paper(number: int, submitted: datetime, *categories: str, **changes: Any) -> Paper:
    """A paper of one version; its first category is the primary one."""
    submitted = submitted.astimezone(UTC)
    fields: dict[str, Any] = {
        "arxiv_id": f"2608.{number:05d}",
        "version": 1,
        "title": f"Paper {number}",
        "abstract": f"What paper {number} says.",
        "authors": ("A. Author",),
        "categories": categories or ("cs.IR",),
        "primary_category": (categories or ("cs.IR",))[0],
        "published": submitted,
        "updated": submitted,
        "versions": (PaperVersion(1, submitted),),
    }
    return Paper(**fields | changes)


def submit_for(day: date) -> datetime:
    """In time for that day's listing."""
    return datetime.combine(closing_day(day), time(10), EASTERN)


@dataclass
class Season:
    """arXiv, the program, and what time it is for both."""

    archive: FakeArchive
    server: FakeArxiv
    services: Services
    clock: list[datetime]

    def go_to(self, day: date, hours: float = 1.0) -> None:
        """So many hours after the day's listing can be harvested."""
        self.clock[0] = (harvestable_at(day) + timedelta(hours=hours)).astimezone(UTC)

    def announce(self, day: date, *papers: Paper) -> None:
        """New papers on a listing day, besides one that nobody looks at, so that no day is empty."""
        filler = make_paper(90_000 + day.toordinal() % 1000, submit_for(day))
        self.archive.announce([*papers, filler], day)

    async def harvest(self, since: date | None = None) -> StepReport:
        """Bring the store up to date."""
        return (await harvest_archives(self.services.open_desk(), since))[0]

    async def check(self) -> StepReport | None:
        """Compare with today's listings."""
        return await check_listings(self.services.open_desk(), self.services.open_feed())

    async def repair(self, days: int = 35) -> StepReport:
        """Find and fetch what is missing."""
        since = (self.clock[0] - timedelta(days=days)).date()
        return (await repair_since(self.services.open_desk(), since))[0]

    async def reckon(self, week: str) -> Ledger:
        """The account of a week."""
        categories = self.services.rubric.categories
        return await reckon(
            Reckoning(self.services.database, categories, "hashing", (), self.clock[0]), parse_week(week)
        )

    async def query(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """Rows of the store."""
        async with self.services.database.read() as session:
            return [tuple(row) for row in (await session.execute(text(sql), values)).all()]

    async def look_up(self, number: int, columns: str) -> tuple[Any, ...] | None:
        """Columns of a paper, None where the store has none."""
        rows = await self.query(f"SELECT {columns} FROM papers WHERE arxiv_id = :id", id=f"2608.{number:05d}")  # noqa: S608 -- names
        return rows[0] if rows else None


@asynccontextmanager
async def open_season(folder: Path, **settings: Any) -> AsyncIterator[Season]:
    """A fake arXiv whose clock stands on Monday of 2026-W33, and an empty store."""
    clock = [harvestable_at(MONDAY).astimezone(UTC)]
    archive = FakeArchive(lambda: clock[0])
    with FakeArxiv(archive, sizes=PageSizes(5, 12)) as server:
        given = Settings(
            home=folder / "home",
            embedder="hashing",
            contact="me@example.org",
            arxiv_api_url=server.query_url,
            arxiv_oai_url=server.oai_url,
            arxiv_feed_url=server.feed_url,
            arxiv_interval=0.0,
            **settings,
        )
        async with open_services(given, lambda: clock[0]) as services:
            yield Season(archive, server, services, clock)
