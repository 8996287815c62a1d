"""No budget is passed, whoever reserves at once, and however calls end."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from fakes.call_case import NOW, PLENTY, CallCase, race
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.store.calls import Limits, Refusal
from triage.store.engine import Database

_TWO_MINUTES = timedelta(minutes=2)  # until a call of `CallCase` expires
_RACER = """
import asyncio, sys
from fakes.call_case import CallCase, race
from triage.store.engine import Database

async def main(url, name):
    database = Database(url)
    print("ready", flush=True)
    sys.stdin.readline()
    print(await race([CallCase(database)], name, 12), flush=True)
    await database.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_many_at_once_on_two_engines_keep_within_the_budget(database: Database) -> None:
    """Of 24 calls for a quarter dollar each, one dollar pays for four, and those are granted."""
    other = Database(database.url.render_as_string())
    cases = [CallCase(database), CallCase(other)]
    await cases[0].add_paper()
    assert await race(cases, "a", 24) == 4
    assert (await cases[0].spent()).usd == 1.0
    await other.close()


async def test_the_same_question_is_asked_once_by_many_at_once(database: Database) -> None:
    """The others are told that it is on its way."""
    other = Database(database.url.render_as_string())
    cases = [CallCase(database), CallCase(other)]
    await cases[0].add_paper()
    answers = await asyncio.gather(*(cases[number % 2].ask(PLENTY, run=f"run-{number}") for number in range(16)))
    assert [answer.kind for answer in answers if isinstance(answer, Refusal)] == ["in flight"] * 15
    await other.close()


async def test_two_processes_at_once_keep_within_the_budget(database: Database) -> None:
    """Each wants 12 calls; both together get the four that a dollar pays for."""
    case = CallCase(database)
    await case.add_paper()
    granted = await asyncio.to_thread(_run_two_racers, database.url.render_as_string())
    assert sum(granted) == 4
    assert (await case.spent()).usd == 1.0


def _run_two_racers(url: str) -> list[int]:
    """How many calls were granted to each of two processes that begin at once."""
    with ExitStack() as stack:
        racers = [
            stack.enter_context(
                subprocess.Popen(  # noqa: S603 -- our own script
                    [sys.executable, "-c", _RACER, url, name],
                    cwd=Path(__file__).parents[1],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for name in "ab"
        ]
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        return [int(racer.communicate(timeout=60)[0]) for racer in racers]


class Ask(NamedTuple):
    """Somebody wants a call: which question, in which run, for how many eighths of a dollar."""

    question: int
    run: int
    eighths: int


class Settle(NamedTuple):
    """One of the unsettled calls ends, and costs so much or nobody knows."""

    which: int
    eighths: int | None


class Wait(NamedTuple):
    """Time passes."""

    seconds: int


_EIGHTHS = st.integers(0, 12)
_STEPS = st.lists(
    st.builds(Ask, st.integers(0, 3), st.integers(0, 1), _EIGHTHS)
    | st.builds(Settle, st.integers(0, 3), st.none() | _EIGHTHS)
    | st.builds(Wait, st.integers(0, 180)),
    min_size=4,
    max_size=16,
)
_TIGHT = Limits(calls=5, usd=1.5, usd_per_week=2.0)


class Books:
    """What should have been reserved and paid, kept by hand; money in eighths of a dollar, so that sums are exact.

    At stake are the calls that were not settled when the last one was granted, in each run and (None) in the week;
    `overrun` is what those have cost beyond their reservations.
    """

    def __init__(self, case: CallCase) -> None:
        self.case = case
        self.now = NOW
        self.calls: dict[int, tuple[Ask, float]] = {}  # what counts as spent
        self.expires: dict[int, timedelta] = {}  # of those not settled, since `NOW`
        self.at_stake: dict[int | None, set[int]] = {0: set(), 1: set(), None: set()}
        self.overrun: dict[int | None, float] = {0: 0.0, 1: 0.0, None: 0.0}

    async def ask(self, step: Ask) -> None:
        """A call is granted exactly if it fits."""
        answer = await self.case.ask(
            _TIGHT, self.now, key=str(step.question) * 64, run=str(step.run), reserved_usd=step.eighths / 8
        )
        of_run = [usd for ask, usd in self.calls.values() if ask.run == step.run]
        in_flight = [
            call_id
            for call_id, expires in self.expires.items()
            if self.calls[call_id][0].question == step.question and NOW + expires > self.now
        ]
        fits = (
            not in_flight
            and len(of_run) < _TIGHT.calls
            and sum(of_run) + step.eighths / 8 <= _TIGHT.usd
            and self.total() + step.eighths / 8 <= _TIGHT.usd_per_week
        )
        assert isinstance(answer, int) == fits
        if isinstance(answer, int):
            self.calls[answer] = step, step.eighths / 8
            self.expires[answer] = self.now + _TWO_MINUTES - NOW
            of_this_run = {call_id for call_id in self.expires if self.calls[call_id][0].run == step.run}
            self.at_stake |= {step.run: of_this_run, None: set(self.expires)}
            self.overrun |= {step.run: 0.0, None: 0.0}

    async def settle(self, step: Settle) -> None:
        """A call that was given up as lost can be settled too."""
        if not self.expires:
            return
        call_id = sorted(self.expires)[step.which % len(self.expires)]
        del self.expires[call_id]
        usd = None if step.eighths is None else step.eighths / 8
        await self.case.settle(call_id, usd)
        ask, reserved = self.calls[call_id]
        if usd is not None:
            self.calls[call_id] = ask, usd
            for scope in (ask.run, None):
                self.overrun[scope] += max(0.0, usd - reserved) if call_id in self.at_stake[scope] else 0.0

    def total(self) -> float:
        """Over both runs."""
        return sum(usd for _, usd in self.calls.values())

    async def check(self) -> None:
        """The store knows what was spent, and no limit is passed by more than the overrun."""
        for run in (0, 1):
            spent = await self.case.spent(str(run), self.now)
            of_run = [usd for ask, usd in self.calls.values() if ask.run == run]
            assert (spent.calls, spent.usd, spent.usd_this_week) == (len(of_run), sum(of_run), self.total())
            assert spent.calls <= _TIGHT.calls
            assert spent.usd <= _TIGHT.usd + self.overrun[run]
            assert spent.usd_this_week <= _TIGHT.usd_per_week + self.overrun[None]


async def _play(path: Path, steps: list[Ask | Settle | Wait]) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    books = Books(CallCase(database))
    await books.case.add_paper()
    for step in steps:
        match step:
            case Ask():
                await books.ask(step)
            case Settle():
                await books.settle(step)
            case Wait():
                books.now += timedelta(seconds=step.seconds)
        await books.check()
    await database.close()


@settings(max_examples=25, deadline=None)
@given(_STEPS)
def test_no_limit_is_passed_but_by_what_open_calls_overran(
    migrated_file: Path, steps: list[Ask | Settle | Wait]
) -> None:
    """Whatever is asked, settled (dearer than reserved, late or at unknown cost) and left to expire.

    What was spent exceeds a limit at most by how much more than reserved those calls cost that were not settled when
    the last one under it was granted: one call per worker, and what was given up as lost.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "triage.db"
        shutil.copy(migrated_file, path)
        asyncio.run(_play(path, steps))
