"""Where a run takes place: a fake arXiv that lives through a timeline, under faults or not, and an empty database."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.fault_case import Clock, Timeline, World
from benchmarks.fault_plan import Day, Plan
from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.faults import Kind
from triage.adapters.fake_arxiv.oai import PageSizes
from triage.adapters.fake_arxiv.server import FakeArxiv
from triage.core.paper import Paper
from triage.store.engine import Database
from triage.store.schema import ensure_schema

MakePlan = Callable[[World], Plan]
_MEMORY = next(Path("/dev").glob("shm"), None)  # Linux: a folder that needs no disk
_FEW = 4  # changes between two pages; more of them are a bulk day


class Stage:
    """A database, servers and a clock, shared by the runs of one process, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "triage.db"
        self.database = Database(f"sqlite+aiosqlite:///{self.path}")
        self.clock = Clock()
        self._servers: dict[tuple[PageSizes, bool], FakeArxiv] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["Stage"]:
        """In memory, where there is a folder for it."""
        with TemporaryDirectory(prefix="triage-bench-", dir=_MEMORY) as folder:
            stage = cls(Path(folder))
            try:
                await ensure_schema(stage.database)
                yield stage
            finally:
                await stage.database.close()
                for server in stage._servers.values():
                    server.__exit__(None, None, None)

    def serve(self, world: World, *, caches: bool) -> FakeArxiv:
        """A server that shows that world."""
        key = (world.timeline.sizes, caches)
        if key not in self._servers:
            archive, clock = FakeArchive(self.clock.now), self.clock.monotonic
            server = FakeArxiv(archive, clock=clock, sizes=world.timeline.sizes, caches=caches)
            self._servers[key] = server.__enter__()
        self._servers[key].reset(world.archive)
        return self._servers[key]

    def empty(self) -> None:
        """Nothing in any table but the schema's version: as good as a new file, and twenty times as fast."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (name,) in names:
                # The index of words follows the papers by itself, and its own tables are nobody else's business.
                if name not in {"alembic_version", "sqlite_sequence"} and not name.startswith("paper_words"):
                    connection.execute(f"DELETE FROM {name}")  # noqa: S608 -- our own names


class Days(ABC):
    """The days of a timeline, one harvest on each; what a harvest is, the harvester says."""

    def __init__(self, stage: Stage, timeline: Timeline, make_plan: MakePlan | None) -> None:
        self.world = World(timeline, stage.clock)
        self.plan = make_plan(self.world) if make_plan else None
        self.server = stage.serve(self.world, caches=bool(self.plan and self.plan.caches))
        self.server.choose_fault = self.choose_fault
        self.clock = stage.clock
        self.touched: set[str] = set()
        self._rng = Random(len(timeline.papers))
        self._moves = 0

    async def live(self) -> None:
        """Every harvest of the timeline, and the last one without a fault."""
        for number, moment in enumerate(self.world.timeline.harvests):
            await self._live_day(moment, self.plan.begin_day(number) if self.plan else Day(is_faulty=False))
        if self.plan:
            self.plan.end()
        await self._live_day(self.world.timeline.final, Day(is_faulty=False))

    @abstractmethod
    async def harvest(self, now: datetime, shown: dict[str, Paper]) -> None:
        """A day's harvest; `now` is what our clock says, `shown` what arXiv shows as it begins."""

    async def _live_day(self, moment: datetime, day: Day) -> None:
        if day.is_left_out:
            return
        if day.is_at_midnight:
            moment = moment.replace(hour=23, minute=59, second=self._rng.randint(20, 59))
        self.clock.advance(moment)
        self._moves, self.server.spoiled = day.moves, dict(day.spoiled)
        await self.harvest(self.clock.now() + day.skew, self.world.list_followed())

    def choose_fault(self, _number: int, kind: Kind) -> str:
        """Called for every request, by the server: also where the list moves under the reader."""
        self.world.catch_up()
        if self._moves and kind.startswith("oai"):
            some = self.world.list_recent()[: 1 + 9 * (self._moves > _FEW)]
            for arxiv_id in some:
                self.world.archive.touch(arxiv_id)
            self.touched.update(some)
            self._moves = max(0, self._moves - len(some))
        return self.plan.choose(kind) if self.plan else "ok"
