"""Do many workers lose anything when they are killed? `python benchmarks/worker_kills.py [--jobs 20000] [--json]`.

So many jobs `embed`, of a few made-up papers each, lie in the queue on a PostgreSQL server of our own; workers as
`triage worker` runs them do them, while every second one of them is killed with -9 and another begins (later, where no
job ended since the last kill). Triggers in the database note what is really done: every vector must be made once, every
job be finished, and none be held for longer than it may be without a sign of life. Jobs without kills, by one worker
and by all, give the throughput beside. Then three made-up weeks go from plan to shortlist under kills: lists must be
those of `triage run` on SQLite. All processes share the cores of this machine, the server too. `--break no-sweep` takes
the queue's sweeping away, to see that it is found. About six minutes; Linux and macOS only (forkserver).
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.postgres_case import PostgresCase, serve_postgres

from benchmarks.console import say
from benchmarks.worker_kill_case import Watch, fill
from benchmarks.worker_kill_lives import Campaign, Conditions, Pace, employ, run_campaign
from benchmarks.worker_kill_verdict import Verdict, judge, measure_rate
from benchmarks.worker_kill_weeks import SAMPLE_NOW, copy_sample, import_sample, list_alone, read_lists
from triage.adapters.hashing import NAME
from triage.config import Settings
from triage.log import configure_logging
from triage.worker.kinds import Piece, make_plan
from triage.worker.queue import connect, open_queue, put_piece

_AT_ONCE = 8
_GRACE = 60.0  # seconds beyond the limit without a finished job, after which nobody waits any more
_SHOWN = 5


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried: a kill `every` so many seconds, with so many finished jobs `between` two.

    `rules` are given to the jobs instead of their own; `harm` is done to the workers.

    A job must be free again `slack` seconds after its heartbeat is missed: sweeping has its interval, too.
    """

    jobs: int = 20_000
    papers: int = 2
    workers: int = 4
    every: float = 1.0
    between: int = 1
    reference: int = 2_000
    weeks: int = 3
    seed: int = 20261122
    slack: float = 15.0
    rules: dict[str, int] = {}
    harm: str = ""


class Task(msgspec.Struct, frozen=True):
    """So many jobs of so many papers each, from the first on, for so many workers."""

    name: str
    jobs: int
    workers: int
    papers: int
    kills: bool = False


class Leg(msgspec.Struct):
    """So many jobs by so many workers; `rate` is in jobs per second until 95 % of them were done."""

    name: str
    workers: int
    rate: float
    limit: float
    campaign: Campaign
    verdict: Verdict

    @property
    def faults(self) -> list[str]:
        """Every broken promise, as a line."""
        campaign, verdict = self.campaign, self.verdict
        groups = {"lost": verdict.lost, "not once": verdict.twice, "stuck": verdict.stuck, "fell": campaign.fallen}
        groups["connection left behind"] = campaign.left_behind
        return [f"{kind}: {line}" for kind, lines in groups.items() for line in lines]


class Site:
    """A database that is watched, and the settings of those who work on it."""

    def __init__(self, server: PostgresCase, name: str, folder: Path, **settings: str) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        self.url = server.make_database(name)
        home = str(self.folder / "home")
        self.settings: Conditions = {"home": home, "database_url": self.url, "embedder": "hashing", **settings}
        self.put([])  # makes the queue's tables
        self.watch = Watch(self.url)

    def put(self, pieces: Sequence[Piece]) -> None:
        """All of them into the queue."""

        async def put_all() -> None:
            async with connect(open_queue(Settings.model_validate(dict(self.settings)))) as queue:
                for start in range(0, len(pieces), _AT_ONCE):
                    await asyncio.gather(*(put_piece(queue, piece) for piece in pieces[start : start + _AT_ONCE]))

        asyncio.run(put_all())

    def work(self, plan: Plan, workers: int, pace: Pace, *, kills: bool) -> tuple[float, Campaign]:
        """Have done what waits; how many seconds a job may be held without a sign of life, and what was seen."""
        time_out, heartbeat = self.watch.read_rule("timeout"), self.watch.read_rule("heartbeat")
        limit = min(time_out, heartbeat + plan.slack) if heartbeat else time_out
        rng = Random(plan.seed) if kills else None
        with employ(workers, self.settings, self.folder, plan.harm) as crew:
            return limit, run_campaign(crew, self.watch, pace, rng, limit + _GRACE)


@contextmanager
def open_site(server: PostgresCase, name: str, **settings: str) -> Iterator[Site]:
    """In a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(server, name, Path(folder), **settings)
        try:
            yield site
        finally:
            site.watch.close()


def run_leg(site: Site, plan: Plan, task: Task) -> Leg:
    """Put jobs and have them done."""
    watch, papers = site.watch, task.papers
    watch.reset()
    batches = (list(range(1 + number * papers, 1 + (number + 1) * papers)) for number in range(task.jobs))
    site.put([Piece("embed", f"embed:{n}", {"keys": keys, "week": None}) for n, keys in enumerate(batches)])
    if plan.rules:
        watch.change_rules(**plan.rules)
    keys = watch.list_jobs()
    limit, campaign = site.work(plan, task.workers, Pace(plan.every, plan.between), kills=task.kills)
    changes = watch.read_changes()
    present = dict(islice(watch.read_embeddings(NAME).items(), task.jobs * papers))
    verdict = judge(keys, changes, present, watch.read_effects(), campaign.deaths, limit)
    return Leg(task.name, task.workers, measure_rate(changes, task.jobs), limit, campaign, verdict)


def run_legs(server: PostgresCase, plan: Plan) -> Iterator[Leg]:
    """Without kills by one worker and by all, then with kills."""
    few, many, papers = plan.reference, plan.workers, plan.papers
    tasks = [
        Task("1 worker, jobs of no papers", few, 1, 0),
        Task("1 worker", few, 1, papers),
        Task(f"{many} workers", few, many, papers),
        Task(f"{many} workers, kills", plan.jobs, many, papers, kills=True),
    ]
    with open_site(server, "kills") as site:
        fill(site.url, max(plan.jobs, few) * papers, plan.seed)
        for task in tasks:
            if task.jobs:
                yield run_leg(site, plan, task)
    if plan.weeks:
        with open_site(server, "weeks", now=SAMPLE_NOW.isoformat()) as site:
            yield run_weeks(site, plan)


def run_weeks(site: Site, plan: Plan) -> Leg:
    """From plan to shortlist; lists that are not those of `triage run` on SQLite are told as lost."""
    weeks = copy_sample(site.folder, plan.weeks)
    expected = asyncio.run(list_alone(site.folder))
    asyncio.run(import_sample(site.settings, site.folder))
    site.put([make_plan(week) for week in weeks])
    limit, campaign = site.work(plan, plan.workers, Pace(plan.every / 4), kills=True)
    changes, effects = site.watch.read_changes(), site.watch.read_effects()
    found = asyncio.run(read_lists(site.settings))
    keys = sorted({change.key for change in changes})
    present = dict.fromkeys(effects, 1)
    verdict = judge(keys, changes, present, effects, campaign.deaths, limit)
    verdict.lost += [name for name in expected if expected[name] != found.get(name)]
    verdict.lost += [name for name in found if name not in expected]
    return Leg(f"{plan.weeks} week(s), kills", plan.workers, measure_rate(changes, len(keys)), limit, campaign, verdict)


def print_leg(leg: Leg) -> None:
    """A line, and the faults."""
    verdict, campaign = leg.verdict, leg.campaign
    often = sum(count for runs, count in verdict.runs.items() if runs > 1)
    print(
        f"{leg.name:28}{verdict.jobs:>8,}{leg.rate:>8.0f}{campaign.seconds:>7.0f}{len(campaign.deaths):>7,}"
        f"{verdict.cut_off:>8,}{often:>7,}{max(verdict.runs, default=0):>6}{verdict.longest_held:>8.1f}"
        f"{verdict.longest_until_again:>8.1f}{leg.limit:>7.0f}{campaign.connections:>7}{campaign.memory_mib:>6.0f}",
        flush=True,
    )
    for line in leg.faults[:_SHOWN]:
        print(f"  {line}", flush=True)
    if len(leg.faults) > _SHOWN:
        print(f"  and {len(leg.faults) - _SHOWN:,} more", flush=True)


def print_head(plan: Plan) -> None:
    """What the columns are."""
    print(
        f"Jobs of {plan.papers} papers. All processes share {os.cpu_count()} cores, the server too.\n"
        "cut off: held by a worker when it was killed; twice+: begun more than once, no fault; most: how often\n"
        "held: longest in one go; again: longest from a kill until begun again or done, behind all that waits (s)\n"
        "limit: longest that a job may be held; conns: connections at a time; MiB: of the largest worker"
    )
    print(
        f"{'':28}{'jobs':>8}{'jobs/s':>8}{'s':>7}{'kills':>7}{'cut off':>8}{'twice+':>7}{'most':>6}{'held':>8}"
        f"{'again':>8}{'limit':>7}{'conns':>7}{'MiB':>6}",
        flush=True,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """0 when nothing was lost, done twice or stuck."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--papers", type=int, default=2, help="in each job")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two kills")
    parser.add_argument("--reference", type=int, default=2_000, help="jobs without kills; 0: none")
    parser.add_argument("--weeks", type=int, default=3, help="from plan to shortlist; 0: none")
    parser.add_argument("--break", dest="harm", choices=["no-sweep"], default="", help="show that this is found")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--json", action="store_true")
    options = vars(parser.parse_args(argv))
    configure_logging()  # else events go to standard output
    as_json = options.pop("json")
    plan = msgspec.convert(options, Plan)
    legs = []
    if not as_json:
        print_head(plan)
    with serve_postgres() as server:
        for leg in run_legs(server, plan):
            legs.append(leg)
            say(
                f"{leg.name}: {leg.verdict.jobs:,} jobs, {len(leg.campaign.deaths):,} kills, {len(leg.faults):,} faults"
            )
            if not as_json:
                print_leg(leg)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(legs)).decode())
    return int(any(leg.faults for leg in legs))


if __name__ == "__main__":
    sys.exit(main())
