"""What does kill -9 cost while a judge is asked? `python benchmarks/judge_kills.py [--every 1] [--seed 1] [--json]`.

A process judges a made-up week and is killed at its first point, in a fresh store at its second, and so on: before and
after each commit, and before and after each answer. Then the same is run to its end. Verdicts and lists must be those
of a life undisturbed, no more calls be paid twice than were in flight, and the endpoint's own count of money stay
within the budget and one call per worker. The endpoint is another process, which outlives the killed one. Linux and
macOS only (fork).
"""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy.engine.default import DefaultDialect

from benchmarks.judge_endpoint import Bill, Endpoint, start_endpoint
from benchmarks.judge_week import (
    MEMORY,
    NO_LIMITS,
    Conditions,
    Ticker,
    copy_store,
    judge_week,
    prepare_store,
)
from benchmarks.kill_points import Points
from triage.adapters.judge_wire import JudgeWire
from triage.core.question import Form
from triage.pipeline import asking
from triage.store.calls import Limits

_TIME_LIMIT = 120.0  # seconds for one life, which takes a few
_PATIENT, _HASTY = 10.0, 2.0
_SLACK = 0.5  # seconds; a worker that lives on waits so long for what the killed one left open, instead of five
_WARM = ("openai", "triage.adapters.openai_judge", "aiosqlite", "sqlalchemy.dialects.sqlite.aiosqlite")
_VERDICTS = (
    "SELECT arxiv_id, topic, v.judge, form, status, reason, relevance, grades, takeaways, flags FROM verdicts v "
    "JOIN papers p ON p.id = paper_id ORDER BY 1, 2"
)
_PLACES = (
    "SELECT topic, rank, arxiv_id, e.score, e.takeaway, e.reasons FROM shortlist_entries e "
    "JOIN shortlists l ON l.id = shortlist_id JOIN papers p ON p.id = paper_id WHERE kind = 'ranked' ORDER BY 1, 2"
)


class Scenario(msgspec.Struct, frozen=True):
    """Who judges: `workers` processes at once, of so many callers each; with a `budget`, US dollars a week."""

    name: str
    form: Form = "fill"
    workers: int = 1
    callers: int = 1
    budget: float | None = None

    def make_conditions(self, url: str) -> Conditions:
        """Of the lives that are killed."""
        limits = NO_LIMITS if self.budget is None else Limits(1000, 1e6, self.budget)
        patience = _PATIENT if self.workers == 1 else _HASTY
        return Conditions(url, self.form, limits, self.callers, patience, topics=1)


SCENARIOS = (
    Scenario("one caller"),
    Scenario("four callers", callers=4),
    Scenario("yes or no", form="yes-no", callers=2),
    Scenario("two workers", workers=2, callers=2),
    Scenario("a week's budget", callers=2, budget=0.012),
)
Rows = list[tuple[Any, ...]]


class Finding(msgspec.Struct, frozen=True):
    """A kill that was not made good."""

    scenario: str
    number: int
    point: str
    problems: list[str]


class Tally(msgspec.Struct):
    """Kills by kind of point; `twice` are calls paid twice in all, `most_twice` the most after one kill."""

    scenario: str
    kinds: Counter[str] = msgspec.field(default_factory=Counter)
    twice: int = 0
    most_twice: int = 0
    findings: list[Finding] = msgspec.field(default_factory=list)
    seconds: float = 0.0


def place_points(points: Points) -> None:
    """For the rest of this process's life."""

    def around_answers(exchange: Callable[..., Any]) -> Callable[..., Any]:
        async def wrapped(*args: Any) -> Any:
            points.reach("request")
            answer = await exchange(*args)
            points.reach("answer")
            return answer

        return wrapped

    setattr(DefaultDialect, "do_commit", points.around("commit", DefaultDialect.do_commit))  # noqa: B010 -- a method
    setattr(JudgeWire, "exchange", around_answers(JudgeWire.exchange))  # noqa: B010


def _live(path: Path, conditions: Conditions, last: int, tells: Connection) -> None:
    """The child."""
    if conditions.patience == _HASTY:
        asking._SLACK = _SLACK  # noqa: SLF001 -- nobody has time to wait for real
    points, ticker = Points(last, tells), Ticker(asyncio.sleep)
    place_points(points)
    asyncio.run(judge_week(path, conditions, asking.Pause(ticker.sleep, ticker.read)))
    tells.send(("", points.count))


class Case:
    """A scenario in a folder to work in; raises `SystemExit` if it fails unharmed."""

    def __init__(self, scenario: Scenario, folder: Path, endpoint: Endpoint) -> None:
        self._scenario = scenario
        self._before, self._path = folder / "before.db", folder / "triage.db"
        self._endpoint = endpoint
        self._conditions = scenario.make_conditions(endpoint.url)
        asyncio.run(prepare_store(self._before))
        _, self.points = self._run_once(self._conditions)
        endpoint.take_bill()
        self._verdicts, self._places = self._read()

    def kill(self, number: int) -> tuple[str, int, list[str]]:
        """Kill it there and run it again: the kind of point, calls paid twice, and what is not as it should be."""
        copy_store(self._before, self._path)
        workers = [self._start(self._conditions, number)]
        workers += [self._start(self._conditions, 0) for _ in range(self._scenario.workers - 1)]
        (point, _), *others = [_finish(*worker) for worker in workers]
        problems = [f"a worker ended with {ended}" for ended, count in others if not count]
        ended, count = _finish(*self._start(replace(self._conditions, is_late=True), 0))
        if not count:
            problems.append(f"the second run ended with {ended}")
        bill = self._endpoint.take_bill()
        return point, bill.repeated, [*problems, *self._compare(bill)]

    def _compare(self, bill: Bill) -> Iterator[str]:
        scenario = self._scenario
        in_flight = scenario.callers  # of the one that was killed
        if bill.repeated > in_flight:
            yield f"{bill.repeated} calls paid twice, {in_flight} were in flight"
        if scenario.budget is not None and bill.usd > scenario.budget + bill.dearest:
            yield f"${bill.usd:.4f} spent, ${scenario.budget:.4f} a week allowed"
        verdicts, places = self._read()
        if scenario.budget is None and places != self._places:
            yield f"the list: expected {self._places}, found {places}"
        expected = {row[:2]: row for row in self._verdicts}
        if scenario.budget is None and scenario.callers == 1 and verdicts != self._verdicts:
            yield f"the verdicts: expected {self._verdicts}, found {verdicts}"
        for row in verdicts:
            if expected.get(row[:2], row) != row:
                yield f"a verdict: expected {expected[row[:2]]}, found {row}"
        with closing(sqlite3.connect(self._path)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                yield "the database is damaged"

    def _read(self) -> tuple[Rows, Rows]:
        with closing(sqlite3.connect(self._path)) as connection:
            return connection.execute(_VERDICTS).fetchall(), connection.execute(_PLACES).fetchall()

    def _run_once(self, conditions: Conditions) -> tuple[str, int]:
        copy_store(self._before, self._path)
        ended, count = _finish(*self._start(conditions, 0))
        if not count:
            raise SystemExit(f"{self._scenario.name}: undisturbed, it ended with {ended}")
        return ended, count

    def _start(self, conditions: Conditions, last: int) -> tuple[ForkProcess, Connection]:
        context = get_context("fork")
        hears, tells = context.Pipe(duplex=False)
        child = context.Process(target=_live, args=(self._path, conditions, last, tells))
        child.start()
        tells.close()
        return child, hears


def _finish(child: ForkProcess, hears: Connection) -> tuple[str, int]:
    """The point that a child was killed at and its number, or nothing and how many points it came by; 0 is a crash."""
    child.join(_TIME_LIMIT)
    if child.is_alive():
        child.kill()
        child.join()
        return "the time limit", 0
    with hears:
        try:
            told: tuple[str, int] = hears.recv()
        except EOFError:
            return f"exit code {child.exitcode}", 0
    return told


def walk(scenario: Scenario, every: int, seed: int, only: int, endpoint: Endpoint) -> Tally:
    """Kill it at every `every`-th point, from the `seed`-th on, or at the `only` one."""
    tally, started = Tally(scenario.name), time.monotonic()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        case = Case(scenario, Path(folder), endpoint)
        for number in [only] if only else range(1 + seed % every, case.points + 1, every):
            point, twice, problems = case.kill(number)
            tally.kinds[point or "not reached"] += 1
            tally.twice += twice
            tally.most_twice = max(tally.most_twice, twice)
            if problems:
                tally.findings.append(Finding(scenario.name, number, point, problems))
    tally.seconds = time.monotonic() - started
    return tally


def print_table(tallies: Sequence[Tally]) -> None:
    """A line a scenario, then every finding and how to repeat it."""
    kinds = ("commit", "request", "answer", "not reached")
    heads = "".join(f"{kind:>13}" for kind in kinds)
    print(f"{'scenario':18}{'points':>8}{heads}{'paid twice':>12}{'at most':>9}{'not well':>10}{'s':>7}")
    for tally in tallies:
        counts = "".join(f"{tally.kinds[kind]:>13,}" for kind in kinds)
        print(
            f"{tally.scenario:18}{tally.kinds.total():>8,}{counts}{tally.twice:>12,}{tally.most_twice:>9,}"
            f"{len(tally.findings):>10,}{tally.seconds:>7.0f}"
        )
    for finding in (finding for tally in tallies for finding in tally.findings):
        print(f"\n{finding.scenario}, {finding.point or 'not killed'} {finding.number}: {'; '.join(finding.problems)}")
        print(f'  python benchmarks/judge_kills.py --only "{finding.scenario}" --at {finding.number}')


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found; 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="leave points out for a quick look")
    parser.add_argument("--seed", type=int, default=1, help="which are left out")
    parser.add_argument("--only", metavar="SCENARIO", choices=[scenario.name for scenario in SCENARIOS])
    parser.add_argument("--at", type=int, default=0, help="that one point (with --only)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    for name in _WARM:
        import_module(name)
    with start_endpoint() as endpoint:
        tallies = [
            walk(scenario, options.every, options.seed, options.at, endpoint)
            for scenario in SCENARIOS
            if options.only in {None, scenario.name}
        ]
    if options.json:
        sys.stdout.write(msgspec.json.encode(tallies).decode() + "\n")
    else:
        print_table(tallies)
    return int(any(tally.findings for tally in tallies))


if __name__ == "__main__":
    sys.exit(main())
