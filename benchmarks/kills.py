"""Is anything lost by kill -9? `python benchmarks/kills.py [--points 1000] [--every 1] [--seed N] [--json]`.

A command is killed at its first point (see kill_points.py), in a fresh data folder at its second, and so on to its
end, and now and then by the clock. Each time the same command is then run to its end, and the store must be what it
is after an undisturbed run, row for row; runs and leases, which tell of processes, are left out. arXiv is served on
loopback by another process, which outlives the killed one. Linux and macOS only (fork).
"""

import argparse
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from benchmarks.kill_points import Points, place_points
from benchmarks.kill_scenarios import Plan, Scenario, copy_folder, list_scenarios, start_arxiv
from triage.adapters.raw_answers import RawAnswers
from triage.cli import main as run_triage
from triage.errors import TriageError

_TIME_LIMIT = 120.0  # seconds for one command, which takes less than one
_MOMENTS = 10  # so many kills by number for each by the clock
_CLOCK = "by the clock"
_MEMORY = Path("/dev/shm")  # noqa: S108 -- what is written outlives a process there too, and fsync costs nothing
_WARM = (  # what the commands would import by themselves, once for all children
    *("triage.bootstrap", "triage.cli.harvest", "triage.adapters.arxiv_api", "triage.adapters.arxiv_feed"),
    *("triage.adapters.oai_archive", "triage.adapters.replay", "triage.adapters.recorder", "triage.store.lease"),
    *("triage.pipeline.listings", "triage.pipeline.repair", "triage.pipeline.spine", "aiosqlite", "alembic.command"),
    *("alembic.config", "alembic.script", "rich.progress", "sqlalchemy.dialects.sqlite.aiosqlite"),
)
Store = dict[str, list[tuple[Any, ...]]]


class Ending(msgspec.Struct, frozen=True):
    """How a command ended; `point` is the kind it was killed at, `points` how many it came by if it was not."""

    code: int | None
    said: str
    seconds: float
    point: str = ""
    points: int = 0


class Finding(msgspec.Struct, frozen=True):
    """A kill that was not made good; `number` is that of the point, 0 where the clock chose it."""

    scenario: str
    seed: int
    number: int
    point: str
    difference: str


class Tally(msgspec.Struct):
    """Kills by kind of point, and those that were not made good."""

    scenario: str
    kinds: Counter[str] = msgspec.field(default_factory=Counter)
    findings: list[Finding] = msgspec.field(default_factory=list)
    seconds: float = 0.0


class Case:
    """A scenario in a folder to work in, the state before it kept apart; raises `SystemExit` if it fails unharmed."""

    def __init__(self, scenario: Scenario, folder: Path, arxiv: Connection) -> None:
        self._scenario = scenario
        self._folder = folder
        self._arxiv = arxiv
        self._before, self._home = folder / "before", folder / "home"
        scenario.prepare(self._before, self._finish, scenario.plan)
        copy_folder(self._before, self._home)
        self.undisturbed = self._finish(self._home, scenario.arguments, scenario.plan)
        self._expected = dump_store(self._home / "triage.db")

    def kill(self, number: int, seconds: float = _TIME_LIMIT) -> tuple[str, str]:
        """Kill it at a point or after some seconds, and run it again; the kind of point, and what is different then."""
        copy_folder(self._before, self._home)
        arguments, plan = self._scenario.arguments, self._scenario.plan
        killed = self._run(self._home, arguments, plan, number, seconds)
        if number and not killed.point:
            return "none", f"was not killed, but ended with {killed.code}: {killed.said}"
        again = self._run(self._home, arguments, plan)
        is_well = again.code == self.undisturbed.code
        difference = self._compare() if is_well else f"the second run ended with {again.code}: {again.said}"
        return killed.point or _CLOCK, difference

    def _compare(self) -> str:
        try:
            count = sum(1 for session in RawAnswers(self._home / "answers").sessions() for _ in session.answers())
        except TriageError as error:
            return str(error)
        if not count:
            return "no answers were kept"
        found = dump_store(self._home / "triage.db")
        return "; ".join(
            f"{name}: expected {self._expected.get(name)}, found {found.get(name)}"
            for name in sorted(self._expected.keys() | found.keys())
            if self._expected.get(name) != found.get(name)
        )

    def _finish(self, home: Path, arguments: Sequence[str], plan: Plan) -> Ending:
        ending = self._run(home, arguments, plan)
        if ending.code not in {0, 1}:  # 1: a paper is known to be missing, as some scenarios have it
            raise SystemExit(f"triage {' '.join(arguments)} ended with {ending.code}: {ending.said}")
        return ending

    def _run(
        self, home: Path, arguments: Sequence[str], plan: Plan, last: int = 0, seconds: float = _TIME_LIMIT
    ) -> Ending:
        """Run a command in a child, to its end, to its `last` point or for so long."""
        self._arxiv.send(plan)
        environment = _make_environment(home, self._arxiv.recv(), plan)
        log = self._folder / "log"
        context = get_context("fork")
        hears, tells = context.Pipe(duplex=False)
        child = context.Process(target=_work, args=(arguments, environment, log, last, tells))
        started = time.monotonic()
        child.start()
        tells.close()
        child.join(seconds)
        if child.is_alive():
            child.kill()
            child.join()
        took = time.monotonic() - started
        with hears:
            point, points = _hear(hears)
        return Ending(child.exitcode, log.read_text("utf-8") if log.exists() else "", took, point, points)


def _hear(hears: Connection) -> tuple[str, int]:
    try:
        told: tuple[str, int] = hears.recv()
    except EOFError:  # the clock was faster
        return "", 0
    return told


def _make_environment(home: Path, url: str, plan: Plan) -> dict[str, str]:
    settings = {
        "home": str(home),
        "arxiv_api_url": f"{url}/api/query",
        "arxiv_oai_url": f"{url}/oai",
        "arxiv_feed_url": f"{url}/rss",
        "arxiv_interval": "0.001",
        "contact": "kills@example.org",
        "now": plan.now.isoformat(),
        "log_level": "error",
    }
    return {f"TRIAGE_{name.upper()}": value for name, value in settings.items()}


def _work(arguments: Sequence[str], environment: dict[str, str], log: Path, last: int, tells: Connection) -> None:
    """The child: `triage` as a user runs it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.update(environment)
    sys.argv = ["triage", *arguments]
    quiet = os.open(os.devnull, os.O_WRONLY)
    told = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(quiet, 1)
    os.dup2(told, 2)
    points = Points(last, tells)
    place_points(points, Path(environment["TRIAGE_HOME"]))
    try:
        run_triage()
    finally:
        tells.send(("", points.count))


def dump_store(path: Path) -> Store:
    """Every row by its natural key, and what SQLite says of the file."""
    with closing(sqlite3.connect(path)) as connection:
        keys = dict(connection.execute("SELECT id, arxiv_id FROM papers"))
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        store: Store = {
            name: sorted(_read_rows(connection, name, keys), key=repr)
            for name in sorted(tables)
            if name not in {"runs", "leases"} and not name.startswith("paper_words_")  # how an index lies is its own
        }
        store["integrity"] = connection.execute("PRAGMA integrity_check").fetchall()
        store["foreign keys"] = connection.execute("PRAGMA foreign_key_check").fetchall()
    return store


def _read_rows(connection: sqlite3.Connection, table: str, keys: dict[int, str]) -> Iterator[tuple[Any, ...]]:
    cursor = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 -- named by the database
    names = [column[0] for column in cursor.description]
    for row in cursor:
        columns = dict(zip(names, row, strict=True))
        columns.pop("id", None)
        if "paper_id" in columns:
            columns["paper_id"] = keys[columns["paper_id"]]
        yield tuple(columns.items())


def walk(scenario: Scenario, every: int, only: int, arxiv: Connection) -> Tally:
    """Kill it at every `every`-th point, or at the `only` one, and some times by the clock."""
    rng = Random(scenario.plan.seed)
    tally = Tally(scenario.name)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        case = Case(scenario, Path(folder), arxiv)
        numbers = [only] if only else list(range(1 + rng.randrange(every), case.undisturbed.points + 1, every))
        kills = [(number, _TIME_LIMIT) for number in numbers]
        moments = 0 if only else 1 + len(numbers) // _MOMENTS
        kills += [(0, rng.uniform(0.0, case.undisturbed.seconds)) for _ in range(moments)]
        for number, seconds in kills:
            point, difference = case.kill(number, seconds)
            tally.kinds[point] += 1
            if difference:
                tally.findings.append(Finding(scenario.name, scenario.plan.seed, number, point, difference))
    tally.seconds = time.monotonic() - started
    return tally


def walk_all(points: int, every: int, seed: int, only: tuple[str | None, int]) -> list[Tally]:
    """Every scenario of one seed after another, until so many points were hit."""
    tallies: dict[str, Tally] = {}
    with start_arxiv() as arxiv:
        while sum(tally.kinds.total() for tally in tallies.values()) < points:
            for scenario in list_scenarios(seed):
                if only[0] in {None, scenario.name}:
                    tally = walk(scenario, every, only[1], arxiv)
                    total = tallies.setdefault(scenario.name, Tally(scenario.name))
                    total.kinds += tally.kinds
                    total.findings += tally.findings
                    total.seconds += tally.seconds
            seed += 1
    return list(tallies.values())


def print_table(tallies: Sequence[Tally]) -> None:
    """A line a scenario, then every finding and how to repeat it."""
    kinds = ("SQL statement", "commit", "file", "request", _CLOCK)
    print(f"{'scenario':26}{'points':>8}{''.join(f'{kind:>15}' for kind in kinds)}{'equal':>8}{'not':>6}{'s':>8}")
    for tally in tallies:
        points, bad = tally.kinds.total(), len(tally.findings)
        counts = "".join(f"{tally.kinds[kind]:>15,}" for kind in kinds)
        print(f"{tally.scenario:26}{points:>8,}{counts}{points - bad:>8,}{bad:>6,}{tally.seconds:>8.0f}")
    points, bad = sum(tally.kinds.total() for tally in tallies), sum(len(tally.findings) for tally in tallies)
    print(f"{points:,} points, {points - bad:,} equal again, {bad:,} not")
    for finding in (finding for tally in tallies for finding in tally.findings):
        print(f"\n{finding.scenario}, {finding.point}: {finding.difference}")
        if finding.number:
            print(
                f'  python benchmarks/kills.py --only "{finding.scenario}" --seed {finding.seed} --at {finding.number}'
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found; 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1000, help="go on, seed after seed, until so many were hit")
    parser.add_argument("--every", type=int, default=1, help="leave points out for a quick look")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="SCENARIO", choices=[scenario.name for scenario in list_scenarios(0)])
    parser.add_argument("--at", type=int, default=0, help="that one point (with --only)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    for name in _WARM:
        import_module(name)
    points = 1 if options.at else options.points
    tallies = walk_all(points, options.every, options.seed, (options.only, options.at))
    if options.json:
        sys.stdout.write(msgspec.json.encode(tallies).decode() + "\n")
    else:
        print_table(tallies)
    return int(any(tally.findings for tally in tallies))


if __name__ == "__main__":
    sys.exit(main())
