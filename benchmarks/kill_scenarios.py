"""What `benchmarks/kills.py` interrupts: commands in data folders with a past, and an arXiv that outlives them."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import msgspec
from msgspec.structs import replace

from benchmarks.rubric_file import write_rubric
from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.oai import PageSizes
from triage.adapters.fake_arxiv.query import QueryApi
from triage.adapters.fake_arxiv.server import FakeArxiv
from triage.adapters.raw_answers import RawAnswers
from triage.core.announcements import listing_day
from triage.core.paper import Paper
from triage.core.week import EASTERN
from triage.store.engine import Database
from triage.store.schema import ensure_schema

DAYS = (date(2026, 8, 18), date(2026, 8, 19))  # Tuesday and Wednesday
_FOLLOWED = ("cs.IR", "cs.CL")
_CATEGORIES = (("cs.IR",), ("cs.CL", "cs.AI"), ("cs.CV",), ("cs.LG", "stat.ML"), ("cs.AI", "cs.IR"))
_FIRST_PAPERS, _NEW_PAPERS = 12, 6
_SIZES = PageSizes(records=6, headers=30)
_LOST = 3  # papers that `repair` finds missing
# Faults that a list is begun again for, or read further, at once; others make the client wait for seconds.
_RESTARTS = ("token_dropped", "token_emptied", "token_garbled", "page_shifted", "records_halved")


class Plan(msgspec.Struct, frozen=True):
    """What an arXiv shows: made by `seed`, on the first (0) or second day (1), with faults by number of the request."""

    seed: int
    day: int
    script: tuple[str, ...] = ()

    @property
    def now(self) -> datetime:
        """Noon (Eastern) of its day, which never ends."""
        return datetime.combine(DAYS[self.day], time(12), EASTERN)


Run = Callable[[Path, Sequence[str], Plan], object]
"""Runs a command in a data folder to its end."""


class Scenario(msgspec.Struct, frozen=True):
    """A command, what it is answered, and what happened in the data folder before."""

    name: str
    arguments: tuple[str, ...]
    plan: Plan
    prepare: Callable[[Path, Run, Plan], None]


def list_scenarios(seed: int) -> list[Scenario]:
    """One of each kind."""
    first, second = Plan(seed, 0), Plan(seed, 1)
    faults = Random(seed).sample(_RESTARTS, 2)
    troubled = replace(second, script=("ok", faults[0], "ok", faults[1]))
    return [
        Scenario("very first harvest", ("harvest",), first, _make_folder),
        Scenario("harvest, second day", ("harvest",), second, _prepare_second_day),
        Scenario("harvest, list begun anew", ("harvest",), troubled, _prepare_second_day),
        Scenario("replay", ("harvest", "--replay"), second, _prepare_replay),
        Scenario("repair", ("repair", "--days", "10"), second, _prepare_repair),
    ]


@contextmanager
def start_arxiv() -> Iterator[Connection]:
    """A process that serves: send a `Plan`, get the address; what was served before is gone by then."""
    context = get_context("spawn")  # a fork would take along what its parent has open
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        process.kill()
        process.join()


def build_archive(plan: Plan) -> FakeArchive:
    """Two weeks of papers; on the second day new ones, one that was held, and changes to old ones of every kind."""
    rng = Random(plan.seed)
    papers = [_make_paper(number, rng) for number in range(1, _FIRST_PAPERS + _NEW_PAPERS + 1)]
    old, new = papers[:_FIRST_PAPERS], papers[_FIRST_PAPERS:]
    archive = FakeArchive(lambda: plan.now, old)
    if plan.day == 0:
        return archive
    archive.announce(new, DAYS[1])
    revised, withdrawn, listed, touched, moved = rng.sample([paper.arxiv_id for paper in old], 5)
    archive.revise(revised, abstract="A better abstract.")
    archive.withdraw(withdrawn)
    archive.set_journal_ref(touched, "J. Ex. 7")
    archive.move_primary(moved, "cs.IR")
    if "cs.CL" not in archive[listed].paper.categories:
        archive.add_category(listed, "cs.CL")
    return archive


def _make_paper(number: int, rng: Random) -> Paper:
    submitted = datetime(2026, 8, 4, 13, tzinfo=UTC) + timedelta(hours=18 * number, minutes=rng.randrange(600))
    submitted = min(submitted, datetime(2026, 8, 17, 13, tzinfo=UTC) + timedelta(minutes=number))
    categories = rng.choice(_CATEGORIES) if 1 < number <= _FIRST_PAPERS else _CATEGORIES[number % 2]
    return Paper(
        arxiv_id=f"2608.{number:05d}",
        title=f"On item {number}",
        abstract=f"We study item {number}. It works in {rng.randrange(10)} of 10 cases.",
        authors=("Ada Example", f"Bo Sample-{number}"),
        categories=categories,
        published=submitted,
        announced=listing_day(submitted),
    )


def _serve(pipe: Connection) -> None:
    """One server a plan, so that what a killed client left behind reaches nobody else."""
    plan: Plan = pipe.recv()
    while True:
        archive = build_archive(plan)
        with FakeArxiv(archive, sizes=_SIZES) as server:
            _spoil(server, plan)
            pipe.send(server.root_url)
            plan = pipe.recv()


def _spoil(server: FakeArxiv, plan: Plan) -> None:
    """On the second day two new papers come as records that cannot be read; the query API lacks one of them too."""
    server.script = list(plan.script)
    if plan.day == 0:
        return
    healed, lost = (f"2608.{_FIRST_PAPERS + number:05d}" for number in (2, 3))
    server.spoiled = dict.fromkeys((healed, lost), "record_without_title")
    known = build_archive(plan)
    known.remove(lost)
    server.query = QueryApi(known)


def _make_folder(home: Path, _run: Run, _plan: Plan) -> None:
    """A rubric that follows two categories; no database."""
    home.mkdir()
    write_rubric(home, _FOLLOWED)


def _prepare_second_day(home: Path, run: Run, plan: Plan) -> None:
    """The first day was harvested; answers of long ago wait to be removed."""
    _make_folder(home, run, plan)
    run(home, ("harvest",), Plan(plan.seed, 0))
    long_ago = plan.now - timedelta(days=40)
    RawAnswers(home / "answers").begin("archive", long_ago, {}).keep("http://127.0.0.1/", b"<xml/>")


def _prepare_replay(home: Path, run: Run, plan: Plan) -> None:
    """Both days were harvested; the database is an empty one."""
    _prepare_second_day(home, run, plan)
    run(home, ("harvest",), plan)
    for file in home.glob("triage.db*"):
        file.unlink()
    asyncio.run(_make_database(home / "triage.db"))


def _prepare_repair(home: Path, run: Run, plan: Plan) -> None:
    """Both days were harvested; the database lost some papers."""
    _prepare_second_day(home, run, plan)
    run(home, ("harvest",), plan)
    with closing(sqlite3.connect(home / "triage.db")) as connection, connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(
            "DELETE FROM papers WHERE id IN (SELECT id FROM papers ORDER BY arxiv_id DESC LIMIT ?)", (_LOST,)
        )


async def _make_database(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    await ensure_schema(database)
    await database.close()


def copy_folder(source: Path, target: Path) -> None:
    """A data folder as it was, in place of what is there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
