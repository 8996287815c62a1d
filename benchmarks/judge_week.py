"""A small made-up week, a judge of fixed opinions, and one life of `triage judge` over both topics."""

import hashlib
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from msgspec.structs import replace

from triage.adapters.hashing import HashingEmbedder
from triage.adapters.openai_judge import OpenAiJudge
from triage.config import Settings
from triage.core.paper import Paper
from triage.core.question import Form, Message
from triage.core.rubric import Rubric
from triage.core.rubric_reading import read_rubric
from triage.core.week import parse_week
from triage.errors import TriageError
from triage.home import find_rubric
from triage.pipeline.asking import JudgeDesk, Pause, Price
from triage.pipeline.embed import embed_papers
from triage.pipeline.judge import judge_docket, open_docket
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.store.calls import Limits
from triage.store.engine import Database
from triage.store.papers import select_week
from triage.store.schema import ensure_schema
from triage.store.upsert import upsert_papers

WEEK = parse_week("2026-W20")
NOW = datetime(2026, 5, 18, 9, tzinfo=UTC)
PAPERS = 60
MEMORY = Path("/dev/shm")  # noqa: S108 -- a store that lives for seconds needs no disk
PRICE = Price(1.0, 4.0)
NO_LIMITS = Limits(100_000, 1e6, 1e6)
PLACES = 3
_RANDOM_SHARE = 0.05
_NUMBER = re.compile(r"case (\d+)")
_BELIEFS = (0.02, 0.02, 0.1, 0.3, 0.6, 0.9, 0.98)
_SUBJECTS = (
    "Generative recommendation with semantic IDs",
    "A benchmark to evaluate language agents in real tasks",
    "Sequential recommendation on sparse clicks",
    "Agents that plan with tools",
    "Glacier flow and kernels",
    "Proofs about sparse graphs",
)
_WORDS = (
    *("orbit", "enzyme", "lattice", "magnet", "turbine", "violin", "ledger"),
    *("privacy", "noise", "fairness", "bridge", "camera", "speech", "vowels"),
)


def believe(messages: Sequence[Message]) -> float:
    """The judge's opinion of a paper: any, but always the same for the same topic."""
    said = "\n".join(message.content for message in messages)
    number, topic = _NUMBER.search(said), "agent" in messages[0].content.partition("\n\n")[2][:60].lower()
    digest = hashlib.sha256(f"{topic} {number[1] if number else ''}".encode()).digest()
    return _BELIEFS[digest[0] % len(_BELIEFS)]


def make_papers() -> list[Paper]:
    """Some near each topic, some near neither."""
    return [_make_paper(Random(number), number) for number in range(1, PAPERS + 1)]


def _make_paper(rng: Random, number: int) -> Paper:
    words = rng.sample(_WORDS, 6)
    return Paper(
        arxiv_id=f"2605.{number:05}",
        version=1,
        title=f"{rng.choice(_SUBJECTS)}, case {number}",
        abstract=f"We study {' '.join(words)} and {rng.choice(_SUBJECTS).lower()}. "
        f"Our method lowers the {words[0]} error by {number} percent.",
        categories=("cs.IR",),
        primary_category="cs.IR",
        announced=WEEK.monday + timedelta(days=number % 5),
    )


@cache
def make_rubric(form: Form) -> Rubric:
    """The shipped topics, short lists, and a larger sample of the rest."""
    shipped = read_rubric(find_rubric(Settings(home=Path("none"))).read_text(encoding="utf-8"), "rubric.yaml")
    rules = replace(shipped.judge, form=form, random_share=_RANDOM_SHARE)
    return replace(shipped, judge=rules, shortlist=replace(shipped.shortlist, size=PLACES))


async def prepare_store(path: Path) -> None:
    """The week, embedded; to be copied for each life."""
    database = Database(f"sqlite+aiosqlite:///{path}")
    await ensure_schema(database)
    async with database.write() as session:
        await upsert_papers(session, make_papers(), NOW)
    async with database.read() as session:
        papers = await select_week(session, WEEK, ["cs.IR"])
    await embed_papers(database, HashingEmbedder(), papers)
    await database.close()


def copy_store(source: Path, target: Path) -> None:
    """In place of what is there, its write-ahead log too."""
    for file in target.parent.glob(f"{target.name}*"):
        file.unlink()
    shutil.copy(source, target)


class Ticker:
    """Seconds that pass as soon as somebody sleeps."""

    def __init__(self, nap: Callable[[float], Awaitable[None]]) -> None:
        self._nap = nap
        self._now = 0.0

    def read(self) -> float:
        """Seconds since the start."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Let others have a turn, and the time pass."""
        self._now += seconds
        await self._nap(0.001)


class Conditions(msgspec.Struct, frozen=True):
    """How a life judges; `is_late`: it is an hour later, so that what the last life left open has expired.

    `ranks_all`: every paper gets a place, to see that none is missing; that takes time.
    """

    url: str
    form: Form
    limits: Limits = NO_LIMITS
    concurrency: int = 1
    patience: float = 10.0
    is_late: bool = False
    topics: int = 2
    ranks_all: bool = False


Place = tuple[Any, ...]


class Life(msgspec.Struct):
    """What became of it: the best places by topic, how each topic's judging ended, ids of all that have a place."""

    lists: dict[str, list[Place]]
    ends: list[str]
    ranked: dict[str, set[str]]


async def judge_week(path: Path, conditions: Conditions, pause: Pause) -> Life:
    """As `triage run` does it, from the judging on; what is no `TriageError` is let through."""
    database = Database(f"sqlite+aiosqlite:///{path}")
    bench = Bench(database, HashingEmbedder(), make_rubric(conditions.form), NOW)
    life, topics = Life({}, [], {}), bench.rubric.topics[: conditions.topics]
    try:
        async with database.read() as session:
            papers = await select_week(session, WEEK, bench.rubric.categories)
        async with _open_desk(database, conditions, pause) as desk:
            for topic in topics:
                try:
                    report = await judge_docket(await open_docket(bench, desk, topic, WEEK, papers))
                    life.ends.append(report.note)
                except TriageError as error:
                    life.ends.append(f"{type(error).__name__}: {error}")
        for topic in topics:
            made, _ = await build_shortlist(bench, topic, WEEK, len(papers) if conditions.ranks_all else PLACES)
            life.ranked[topic.name] = {entry.arxiv_id for entry in made.ranked}
            life.lists[topic.name] = [
                (entry.arxiv_id, entry.score, entry.takeaway, entry.judgement, entry.reasons)
                for entry in made.ranked[:PLACES]
            ]
    finally:
        await database.close()
    return life


@asynccontextmanager
async def _open_desk(database: Database, conditions: Conditions, pause: Pause) -> AsyncIterator[JudgeDesk]:
    later = timedelta(hours=conditions.is_late)
    async with OpenAiJudge(conditions.url, "some/model", None, conditions.patience, name="bench") as judge:
        yield JudgeDesk(
            database=database,
            judge=judge,
            price=PRICE,
            limits=conditions.limits,
            run=secrets.token_hex(8),
            pause=pause,
            clock=lambda: datetime.now(UTC) + later,
            patience=conditions.patience,
            concurrency=conditions.concurrency,
        )
