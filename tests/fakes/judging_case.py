"""The bundled week before a judge: a real store, the real client, the scripted endpoint, and time that nobody waits."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from fakes.judge_case import ask
from msgspec.structs import replace

from triage.adapters.fake_judge.alteration import Fault, edit_text
from triage.adapters.fake_judge.server import OK, Asked, FakeJudge
from triage.adapters.hashing import HashingEmbedder
from triage.adapters.openai_judge import OpenAiJudge
from triage.core.arxiv_json import read_record
from triage.core.paper import Paper
from triage.core.question import Answer, Message, Question
from triage.core.rubric import Rubric, find_topic
from triage.core.rubric_reading import read_rubric
from triage.core.verdict_reading import UnreadableError
from triage.core.week import parse_week
from triage.pipeline.asking import JudgeDesk, Matter, Pause, Price
from triage.pipeline.embed import embed_papers
from triage.pipeline.judge import Docket, open_docket
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.store.call_sums import Call, list_calls
from triage.store.calls import Limits
from triage.store.engine import Database
from triage.store.papers import StoredPaper, select_papers, select_week
from triage.store.schema import ensure_schema
from triage.store.shortlists import Entry, Shortlist
from triage.store.upsert import upsert_papers
from triage.store.verdicts import StoredVerdict, load_verdicts

NOW = datetime(2026, 5, 18, 9, tzinfo=UTC)
WEEK = parse_week("2026-W20")
GR = "generative-recommendation"
MODEL = "some/model"
LOVED = "Letters That Mean Something"  # far from the topic: only a judge would put it on the list
PLACES = 20
PRICE = Price(1.0, 4.0)
PLENTY = Limits(calls=1000, usd=1000.0, usd_per_week=1000.0)
_ROOT = Path(__file__).resolve().parents[2]


class Ticker:
    """Seconds that pass as soon as somebody sleeps; `slept` is for how long each did."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def read(self) -> float:
        """Seconds since the start."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let everybody else have a turn."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0.001)


class Case:
    """A bench and an endpoint. `ticker` is the time that retries and pauses take."""

    def __init__(self, bench: Bench, server: FakeJudge, judge: OpenAiJudge) -> None:
        self.bench, self.server, self.judge = bench, server, judge
        self.ticker = Ticker()

    @property
    def requests(self) -> int:
        """So many the endpoint has seen."""
        return len(self.server.log)

    def open_desk(self, limits: Limits = PLENTY, **options: Any) -> JudgeDesk:
        """A desk of a run of its own."""
        return JudgeDesk(
            database=self.bench.database,
            judge=self.judge,
            price=PRICE,
            limits=limits,
            run=f"run-{time.monotonic_ns()}",
            pause=Pause(self.ticker.sleep, self.ticker.read),
            clock=lambda: datetime.now(UTC),
            **options,
        )

    def change_rules(self, **changes: Any) -> None:
        """Another rubric, from now on, as to the judge."""
        rubric = self.bench.rubric
        self.bench = replace(self.bench, rubric=replace(rubric, judge=replace(rubric.judge, **changes)))

    async def open(self, limits: Limits = PLENTY, **options: Any) -> Docket:
        """The week's papers on generative recommendation, before a desk of a run of its own."""
        topic = find_topic(self.bench.rubric, GR)
        return await open_docket(self.bench, self.open_desk(limits, **options), topic, WEEK, await self.papers())

    async def papers(self) -> list[StoredPaper]:
        """All of the week."""
        async with self.bench.database.read() as session:
            return await select_week(session, WEEK, self.bench.rubric.categories)

    async def add(self, paper: Paper) -> StoredPaper:
        """One more paper."""
        async with self.bench.database.write() as session:
            await upsert_papers(session, [paper], NOW)
            (stored,) = (await select_papers(session, [paper.arxiv_id])).values()
        await embed_papers(self.bench.database, self.bench.embedder, [stored])
        return stored

    async def build(self, size: int | None = None) -> Shortlist:
        """The stored list."""
        return (await build_shortlist(self.bench, find_topic(self.bench.rubric, GR), WEEK, size))[0]

    async def calls(self) -> list[Call]:
        """All of them, oldest first."""
        async with self.bench.database.read() as session:
            return (await list_calls(session, 10_000))[::-1]

    async def verdicts(self, docket: Docket) -> dict[str, StoredVerdict]:
        """What is kept, by arXiv id."""
        async with self.bench.database.read() as session:
            found = await load_verdicts(session, list(docket.papers.values()), docket.key)
        return {docket.papers[key].paper.arxiv_id: each for key, each in found.items()}


def prepare_sample(path: Path) -> None:
    """A database with the bundled week, embedded; to be copied."""
    asyncio.run(_prepare(path))


async def _prepare(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    await ensure_schema(database)
    lines = (_ROOT / "triage/sample/sample-week.jsonl").read_bytes().splitlines()
    async with database.write() as session:
        await upsert_papers(session, [read_record(line) for line in lines], NOW)
    async with database.read() as session:
        papers = await select_week(session, WEEK, read_bundled_rubric().categories)
    await embed_papers(database, HashingEmbedder(), papers)
    await database.close()


def read_bundled_rubric() -> Rubric:
    """As it ships."""
    return read_rubric((_ROOT / "rubric.yaml").read_text(encoding="utf-8"), "rubric.yaml")


@asynccontextmanager
async def open_case(sample: Path, folder: Path, server: FakeJudge, patience: float = 30.0) -> AsyncIterator[Case]:
    """A copy of the sample, the endpoint served, and the client for it."""
    path = folder / "triage.db"
    shutil.copy(sample, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        with server:
            async with OpenAiJudge(server.url, MODEL, None, patience) as judge:
                yield Case(Bench(database, HashingEmbedder(), read_bundled_rubric(), NOW), server, judge)
    finally:
        await database.close()


def think_of(believed: dict[str, float], otherwise: float = 0.02) -> Callable[[Sequence[Message]], float]:
    """A brain that believes in papers by words of their titles."""

    def think(messages: Sequence[Message]) -> float:
        asked = next(message.content for message in messages if message.role == "user")
        return next((belief for words, belief in believed.items() if words in asked), otherwise)

    return think


def spoil_about(words: str, fault: str) -> Callable[[Asked], str]:
    """Every answer about the papers that have these words is spoiled so."""
    return lambda asked: fault if words in asked.question else OK


def rewrite(**changes: object) -> Fault:
    """A model that fills in the rubric, and these fields so."""

    def alter(text: str) -> str:
        return msgspec.json.encode(msgspec.json.decode(text) | changes).decode()

    return Fault(edit_text(alter), form="fill")


async def wait_until(happened: Callable[[], object]) -> None:
    """Let others go on until it has."""
    for _ in range(20_000):
        if happened():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not happen in time")


def make_question(number: int = 0) -> Question:
    """Questions of different numbers have different keys."""
    return replace(ask(f"Reference: 5eed5eed\nCase {number}.\n1. It is about something."), key=f"{number:064x}")


def make_matter(paper: StoredPaper) -> Matter:
    """What a call about the paper is about."""
    return Matter(paper, GR, "0123456789ab", str(WEEK), "cascade", "fill")


def read_relevance(answer: Answer) -> int:
    """The one field that counts; raises `UnreadableError` like a real reading."""
    try:
        relevance = msgspec.json.decode(answer.text)["relevance"]
    except (msgspec.DecodeError, KeyError, TypeError):
        raise UnreadableError("There is no relevance in it.") from None
    if relevance not in range(5):
        raise UnreadableError("The relevance is none.")
    return int(relevance)


def find(shortlist: Shortlist, words: str) -> Entry:
    """The place of the paper with these words in its title."""
    return next(entry for entry in shortlist.ranked if words in entry.title)


def title_at(docket: Docket, place: int) -> str:
    """Of the paper that the cheap score puts there, from 0."""
    return list(docket.papers.values())[place].paper.title


def list_order(shortlist: Shortlist) -> list[str]:
    """Ids by rank."""
    return [entry.arxiv_id for entry in shortlist.ranked]
