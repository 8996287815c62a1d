"""One question to a judge: from the kept answers, else within the budget, and never twice at the same time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

import msgspec

from triage.core.prompt import PROMPT_VERSION, repair
from triage.core.question import Answer, Form, Question
from triage.core.verdict_reading import UnreadableError
from triage.errors import JudgeError, JudgeStoppedError, TriageError
from triage.ports import Judge
from triage.store.calls import (
    Limits,
    NewCall,
    Refusal,
    Settlement,
    find_answer,
    mark_unreadable,
    mark_valid,
    reserve_call,
    settle_call,
)
from triage.store.engine import Database
from triage.store.judge_models import Purpose
from triage.store.papers import StoredPaper

MAX_REPAIRS = 2
MAX_ATTEMPTS = 5
"""Calls for one question, whatever happens: the first, its repairs, and what is tried again after a failure."""

_CHARACTERS_PER_TOKEN = 3  # of English prose it is four; a reservation should rather be too large
_LOOK_AGAIN = 1.0  # seconds between two looks at a call that is in flight elsewhere
_LONGEST_PAUSE = 600.0
_STOPPED = "The program was stopped while it waited."
_SLACK = 5.0  # seconds after which a call that should have ended counts as lost

T = TypeVar("T")


class BudgetSpentError(TriageError):
    """The next call would pass a limit; everything judged so far stands."""


class NotJudgedError(TriageError):
    """A judge gave no verdict on a paper; the message is the reason that is kept and shown."""


class UnansweredError(NotJudgedError):
    """The endpoint failed, rather than the answer: the next paper may fare no better."""


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars per million tokens."""

    input: Annotated[float, msgspec.Meta(ge=0, le=10_000)]
    output: Annotated[float, msgspec.Meta(ge=0, le=10_000)]

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """In US dollars."""
        return (tokens_in * self.input + tokens_out * self.output) / 1e6


FREE = Price(0.0, 0.0)
"""A model on one's own machine."""


class Matter(msgspec.Struct, frozen=True):
    """What calls are about, for the ledger of calls: `week` is the listing week, `purpose` why they are made."""

    paper: StoredPaper
    topic: str
    fingerprint: str
    week: str | None
    purpose: Purpose
    form: Form


class Pause:
    """What a provider asked for with Retry-After, which holds for all calls and not only for the one refused."""

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sleep = sleep
        self._monotonic = monotonic
        self._until = 0.0

    def ask_for(self, seconds: float) -> None:
        """Let nobody call for so many seconds from now."""
        self._until = max(self._until, self._monotonic() + min(seconds, _LONGEST_PAUSE))

    async def wait(self) -> None:
        """Until everybody may call again."""
        while (left := self._until - self._monotonic()) > 0:
            await self._sleep(left)

    async def look_again(self) -> None:
        """A moment, for somebody else to finish."""
        await self._sleep(_LOOK_AGAIN)


class JudgeDesk(msgspec.Struct, frozen=True):
    """What asking works with; `run` names this run in the ledger of calls, `patience` is seconds for one call.

    `clock` is real time also in trials of another: money is spent when it is spent. `open_calls` are those of this run
    that are not settled; `turn` is held while the next one is reserved.
    """

    database: Database
    judge: Judge
    price: Price
    limits: Limits
    run: str
    pause: Pause
    clock: Callable[[], datetime]
    patience: float = 120.0
    concurrency: int = 1
    open_calls: set[int] = msgspec.field(default_factory=set)
    turn: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)


async def ask(desk: JudgeDesk, matter: Matter, name: str, question: Question, read: Callable[[Answer], T]) -> T:
    """Ask until an answer can be read, mending at most twice; raises `NotJudgedError` with the reason otherwise.

    Raises `BudgetSpentError` before a call that would pass a limit, and `JudgeStoppedError` as the judge does.
    """
    repairs, present, problem = 0, question, ""
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            call, answer = await _exchange(desk, matter, name, present, attempt, read)
        except JudgeError as error:
            problem = str(error)
            desk.pause.ask_for(max(error.retry_after or 0.0, 2.0 ** (attempt - 1)))
            if attempt == MAX_ATTEMPTS:
                raise UnansweredError(f"no answer: {problem}") from error
            continue
        try:
            return read(answer)
        except UnreadableError as error:
            problem = str(error)
            async with desk.database.write() as session:
                await mark_unreadable(session, call, problem)
            if repairs == MAX_REPAIRS:
                break
            repairs += 1
            present = repair(question, answer.text, problem)
    raise NotJudgedError(f"no readable answer: {problem} ({repairs} repairs asked for)")


async def _exchange(
    desk: JudgeDesk, matter: Matter, name: str, question: Question, attempt: int, read: Callable[[Answer], object]
) -> tuple[int, Answer]:
    """A kept answer, or a call of our own once nobody else is making the same one.

    A limit that holds only because money is reserved for other calls of this run is no limit yet.
    """
    while True:
        async with desk.database.read() as session:
            kept = await find_answer(session, question.key, desk.judge.name)
        if kept is not None:
            return kept.call_id, kept.answer
        await desk.pause.wait()
        async with desk.turn:
            reserved = await _take(desk, _reserve(desk, matter, name, question, attempt))
        if isinstance(reserved, int):
            return reserved, await _call(desk, reserved, question, read)
        if reserved is None:
            continue
        if reserved.kind == "calls" or (reserved.kind != "in flight" and not desk.open_calls):
            raise BudgetSpentError(reserved.reason)
        await desk.pause.look_again()


async def _take(desk: JudgeDesk, reserving: Coroutine[Any, Any, int | Refusal | None]) -> int | Refusal | None:
    """What a reservation came to; one that a stop overtakes is settled, as nothing was asked."""
    task = asyncio.ensure_future(reserving)
    try:
        reserved = await _finish(task)
    except asyncio.CancelledError:
        if task.exception() is None and isinstance(call := task.result(), int):
            unasked = Settlement(usd=0.0, seconds=0.0, ended_at=desk.clock(), problem=_STOPPED)
            await _finish(_settle(desk, call, unasked))
        raise
    if isinstance(reserved, int):
        desk.open_calls.add(reserved)
    return reserved


async def _finish(work: Coroutine[Any, Any, T] | asyncio.Future[T]) -> T:
    """The result of what may not end halfway: a stop meanwhile is raised when it is done."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _reserve(
    desk: JudgeDesk, matter: Matter, name: str, question: Question, attempt: int
) -> int | Refusal | None:
    """None where the answer has come since it was looked for: nobody settles a call while this transaction lasts."""
    now = desk.clock()
    new = NewCall(
        key=question.key,
        run=desk.run,
        purpose=matter.purpose,
        week=matter.week,
        topic=matter.topic,
        paper_id=matter.paper.key,
        judge=desk.judge.name,
        prompt=PROMPT_VERSION,
        form=matter.form,
        fingerprint=matter.fingerprint,
        attempt=attempt,
        question=name,
        reserved_usd=estimate_cost(question, desk.price),
    )
    async with desk.database.write() as session:
        reserved = await reserve_call(session, new, desk.limits, now, now + timedelta(seconds=desk.patience + _SLACK))
        if isinstance(reserved, int) and await find_answer(session, question.key, desk.judge.name) is not None:
            await session.rollback()
            return None
        return reserved


async def _call(desk: JudgeDesk, call: int, question: Question, read: Callable[[Answer], object]) -> Answer:
    """One exchange, settled whatever becomes of it: what failed without a refusal may have been paid.

    Settled and kept at once, so that at no moment somebody else finds neither a call in flight nor its answer.
    """
    started = time.monotonic()
    answer: Answer | None = None
    problem: str | None = _STOPPED
    usd: float | None = None
    try:
        answer = await desk.judge.answer(question)
        usd = desk.price.cost(answer.tokens_in, answer.tokens_out) if answer.tokens_in else None
        problem = _find_problem(answer, read)
    except JudgeStoppedError as error:
        problem, usd = str(error), 0.0
        raise
    except JudgeError as error:
        problem, usd = str(error), 0.0 if error.is_free else None
        raise
    finally:
        settlement = Settlement(
            usd=usd, seconds=time.monotonic() - started, ended_at=desk.clock(), answer=answer, problem=problem
        )
        try:
            await _finish(_settle(desk, call, settlement))
        finally:
            desk.open_calls.discard(call)
    return answer


async def _settle(desk: JudgeDesk, call: int, settlement: Settlement) -> None:
    async with desk.database.write() as session:
        await settle_call(session, call, settlement)
        if settlement.problem is None:
            await mark_valid(session, call)


def _find_problem(answer: Answer, read: Callable[[Answer], object]) -> str | None:
    """Why it cannot be read."""
    try:
        read(answer)
    except UnreadableError as error:
        return str(error)
    return None


def estimate_cost(question: Question, price: Price) -> float:
    """In US dollars, before asking: rather too much than too little."""
    return price.cost(count_tokens(question), question.max_tokens)


def count_tokens(question: Question) -> int:
    """About how many tokens a question has, rather too many than too few."""
    schema = msgspec.json.encode(question.schema) if question.schema else b""
    characters = sum(len(message.content.encode()) for message in question.messages) + len(schema)
    return characters // _CHARACTERS_PER_TOKEN + 1
