"""Judge calls about one paper, at one moment, with room for many."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from triage.core.paper import Paper
from triage.core.question import Answer
from triage.store.call_sums import Spent, sum_spent
from triage.store.calls import (
    KeptAnswer,
    Limits,
    NewCall,
    Refusal,
    Settlement,
    find_answer,
    mark_valid,
    reserve_call,
    settle_call,
)
from triage.store.engine import Database
from triage.store.papers import StoredPaper, select_papers
from triage.store.upsert import upsert_papers

NOW = datetime(2026, 4, 22, 12, tzinfo=UTC)  # a Wednesday
SOON = NOW + timedelta(minutes=2)
DOLLAR = Limits(calls=1000, usd=1.0, usd_per_week=1000.0)  # pays for four calls as `CALL`
PLENTY = Limits(calls=1000, usd=1000.0, usd_per_week=1000.0)
KEY = "a" * 64
ANSWER = Answer(
    text='{"relevance": 3}',
    finish_reason="stop",
    model="small-2026-04-01",
    tokens_in=900,
    tokens_out=40,
    alternatives=(("yes", -0.25), ("no", -1.5)),
)
CALL = NewCall(
    key=KEY,
    run="run-1",
    purpose="cascade",
    week="2026-W17",
    topic="t",
    paper_id=1,
    judge="http://localhost/small",
    prompt="p1",
    form="fill",
    fingerprint="0123456789ab",
    attempt=1,
    question="fill",
    reserved_usd=0.25,
)


class CallCase:
    """A database with one paper, and each act in a transaction of its own, as the pipeline does it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add_paper(self) -> StoredPaper:
        """Paper 2604.00001, which is the first in the store and so has the key 1."""
        paper = Paper(arxiv_id="2604.00001", version=1, title="T", abstract="A")
        async with self.database.write() as session:
            await upsert_papers(session, [paper], NOW)
            (stored,) = (await select_papers(session, [paper.arxiv_id])).values()
        return stored

    async def ask(
        self, limits: Limits = PLENTY, now: datetime = NOW, expires_at: datetime | None = None, **changes: Any
    ) -> int | Refusal:
        """Reserve `CALL` with changes; it expires two minutes later."""
        new = replace(CALL, **changes)
        async with self.database.write() as session:
            return await reserve_call(session, new, limits, now, expires_at or now + timedelta(minutes=2))

    async def reserve(self, limits: Limits = PLENTY, now: datetime = NOW, **changes: Any) -> int:
        """Reserve a call that must be granted."""
        granted = await self.ask(limits, now, **changes)
        assert isinstance(granted, int), granted
        return granted

    async def settle(self, call_id: int, usd: float | None = 0.1, answer: Answer | None = ANSWER) -> None:
        """End a call; without an answer it timed out."""
        problem = None if answer else "It timed out."
        settlement = Settlement(usd=usd, seconds=1.5, ended_at=SOON, answer=answer, problem=problem)
        async with self.database.write() as session:
            await settle_call(session, call_id, settlement)

    async def answer(self, answer: Answer = ANSWER, now: datetime = NOW, **changes: Any) -> int:
        """A call with a readable answer."""
        call_id = await self.reserve(now=now, **changes)
        await self.settle(call_id, answer=answer)
        async with self.database.write() as session:
            await mark_valid(session, call_id)
        return call_id

    async def find(self, key: str = KEY, judge: str = CALL.judge) -> KeptAnswer | None:
        """What need not be asked again."""
        async with self.database.read() as session:
            return await find_answer(session, key, judge)

    async def spent(self, run: str = CALL.run, now: datetime = NOW) -> Spent:
        """What has been spent."""
        async with self.database.read() as session:
            return await sum_spent(session, run, now)


async def race(cases: list[CallCase], name: str, count: int) -> int:
    """How many of so many different questions, all asked at once, a dollar paid for; `name` tells racers apart."""
    keys = [f"{name}{number}".ljust(64, "0") for number in range(count)]
    asked = [cases[number % len(cases)].ask(DOLLAR, key=key) for number, key in enumerate(keys)]
    return sum(isinstance(granted, int) for granted in await asyncio.gather(*asked))
