"""Is a paper lost, or too much spent, when a judge fails? `python benchmarks/judge_faults.py [--runs 1000] [--json]`.

Each run judges a made-up week of 60 papers and 2 topics at a scripted endpoint, under one fault alone (every second
run, all faults in turn) or a mixture, in either form, by 1 to 4 callers at once, within limits of calls and money; then
once more without faults, after which the lists must be those of a life without any. Exit code 1 and the numbers of the
runs that broke a promise otherwise; `--only NUMBER` repeats one of them.
"""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.judge_endpoint import Bill, write_bill
from benchmarks.judge_fault_plan import KINDS, MIX, UNLIMITED, Plan, make_plan
from benchmarks.judge_week import (
    MEMORY,
    NO_LIMITS,
    PAPERS,
    Conditions,
    Life,
    Ticker,
    believe,
    copy_store,
    judge_week,
    prepare_store,
)
from benchmarks.spread import spread_runs
from triage.adapters.fake_judge.server import FakeJudge, draw_faults
from triage.core.question import Form
from triage.pipeline.asking import MAX_ATTEMPTS, Pause

_BATCH = 50
_SHOWN = 20
_DONE = "no further verdict can change the shortlist"


class Outcome(msgspec.Struct, frozen=True):
    """What came of a run; `not_judged` counts papers, `spent` and `budget` are US dollars by the server's count."""

    number: int
    kind: str
    met: int = 0
    calls: int = 0
    not_judged: int = 0
    stopped: int = 0
    spent: float = 0.0
    budget: float = 0.0
    broken: list[str] = []


class Tally(msgspec.Struct):
    """Outcomes of a kind, summed up; `share` is the largest share of a budget that was spent."""

    kind: str
    runs: int = 0
    met: int = 0
    calls: int = 0
    not_judged: int = 0
    stopped: int = 0
    share: float = 0.0
    broken: int = 0

    def add(self, outcome: Outcome) -> None:
        """One more."""
        self.runs += 1
        self.met += outcome.met
        self.calls += outcome.calls
        self.not_judged += outcome.not_judged
        self.stopped += outcome.stopped
        self.share = max(self.share, outcome.spent / outcome.budget if outcome.budget else 0.0)
        self.broken += bool(outcome.broken)


class Report(msgspec.Struct, frozen=True):
    """All of it."""

    seed: int
    seconds: float
    total: Tally
    kinds: list[Tally]
    broken: list[Outcome]


class Stage:
    """A folder to live in, and how lists look where nothing goes wrong."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "triage.db"
        self._source = folder / "before.db"
        self._twins: dict[Form, Life] = {}

    async def prepare(self) -> None:
        """To be called first."""
        await prepare_store(self._source)

    def empty(self) -> None:
        """Nothing is judged."""
        copy_store(self._source, self.path)

    async def find_twin(self, form: Form) -> Life:
        """The life without a fault."""
        if form not in self._twins:
            self.empty()
            with FakeJudge(believe) as server:
                self._twins[form] = await live(self.path, Conditions(server.url, form))
        return self._twins[form]


async def live(path: Path, conditions: Conditions) -> Life:
    """Nobody really waits."""
    ticker = Ticker(asyncio.sleep)
    return await judge_week(path, conditions, Pause(ticker.sleep, ticker.read))


async def run_plan(stage: Stage, plan: Plan) -> Outcome:
    """The week under faults, then without them."""
    twin = await stage.find_twin(plan.form)
    stage.empty()
    with FakeJudge(believe) as server:
        server.choose_fault = draw_faults(plan.faults, plan.seed, plan.rate)
        conditions = Conditions(server.url, plan.form, plan.limits, plan.concurrency, plan.patience, ranks_all=True)
        try:
            life = await live(stage.path, conditions)
        except Exception as error:  # noqa: BLE001 -- finding the errors that nobody thought of is the purpose
            return Outcome(plan.number, plan.kind, broken=[f"crashed: {type(error).__name__}: {error}"])
        log = list(server.log)
    bill = write_bill(log, server)
    broken = [*_check_life(plan, life, bill), *_check_store(stage.path, bill, _count_cut(plan, life))]
    with FakeJudge(believe) as server:
        healed = await live(stage.path, Conditions(server.url, plan.form, NO_LIMITS, plan.concurrency))
    broken += _compare(healed, twin)
    return Outcome(
        number=plan.number,
        kind=plan.kind,
        met=sum(logged.fault != "ok" for logged in log),
        calls=bill.requests,
        not_judged=sum(place[3] == "not judged" for places in life.lists.values() for place in places),
        stopped=sum("Error: " in end for end in life.ends),
        spent=bill.usd,
        budget=plan.limits.usd if plan.limits.usd < UNLIMITED else 0.0,
        broken=broken,
    )


def _check_life(plan: Plan, life: Life, bill: Bill) -> Iterator[str]:
    """The promises on papers, calls and money."""
    for topic, ranked in life.ranked.items():
        if len(ranked) != PAPERS:
            yield f"{PAPERS - len(ranked)} papers dropped from the ranking of {topic}"
    if bill.requests > plan.limits.calls:
        yield f"{bill.requests} calls, {plan.limits.calls} allowed"
    if bill.most > MAX_ATTEMPTS:
        yield f"{bill.most} calls for one question"
    if bill.usd > plan.limits.usd + plan.concurrency * bill.dearest:
        yield f"${bill.usd:.4f} spent, ${plan.limits.usd:.4f} allowed"
    for end in life.ends:
        if end.partition(":")[0] in {"StoreError", "InputError", "JudgeError", "NotJudgedError", "BudgetSpentError"}:
            yield f"ended with {end}"


def _count_cut(plan: Plan, life: Life) -> int:
    """So many papers may have been asked about in vain: those before the judge when a limit or an error ended it."""
    return plan.concurrency * sum(_DONE not in end for end in life.ends)


def _check_store(path: Path, bill: Bill, cut: int) -> Iterator[str]:
    """Every call is in the ledger and settled, at no less than it cost; who was asked about is judged or says why not.

    Papers that a limit or an error cut short, at most `cut`, have no verdict until the next run.
    """
    with closing(sqlite3.connect(path)) as connection:
        count, usd, still_open = connection.execute(
            "SELECT count(*), coalesce(sum(coalesce(cost_usd, reserved_usd)), 0), coalesce(sum(state = 'open'), 0) "
            "FROM judge_calls"
        ).fetchone()
        query = "SELECT count(*) FROM verdicts WHERE status != 'judged' AND coalesce(reason, '') = ''"
        (unexplained,) = connection.execute(query).fetchone()
        query = "SELECT paper_id, topic FROM judge_calls EXCEPT SELECT paper_id, topic FROM verdicts"
        lacking = len(connection.execute(query).fetchall())
    if count != bill.requests:
        yield f"{count} calls in the ledger, {bill.requests} at the endpoint"
    if usd < bill.usd - 1e-9:
        yield f"${usd:.5f} in the ledger, ${bill.usd:.5f} at the endpoint"
    if still_open:
        yield f"{still_open} calls left open"
    if unexplained:
        yield f"{unexplained} papers not judged without a reason"
    if lacking > cut:
        yield f"{lacking} papers asked about without a verdict or a reason"


def _compare(healed: Life, twin: Life) -> Iterator[str]:
    for topic, places in twin.lists.items():
        if healed.lists[topic] != places:
            found, expected = ([place[:2] for place in life.lists[topic]] for life in (healed, twin))
            yield f"the list of {topic} differs without faults too: expected {expected}, found {found}"


def run_batch(seed: int, numbers: Sequence[int]) -> list[Outcome]:
    """What one process does at a time."""

    async def work(stage: Stage) -> list[Outcome]:
        await stage.prepare()
        return [await run_plan(stage, make_plan(seed, number)) for number in numbers]

    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        return asyncio.run(work(Stage(Path(folder))))


def summarise(seed: int, outcomes: Sequence[Outcome], seconds: float) -> Report:
    """Count by fault."""
    total, kinds = Tally("all"), {kind: Tally(kind) for kind in (*KINDS, MIX)}
    for outcome in outcomes:
        total.add(outcome)
        kinds[outcome.kind].add(outcome)
    return Report(
        seed=seed,
        seconds=round(seconds, 1),
        total=total,
        kinds=[tally for tally in kinds.values() if tally.runs],
        broken=[outcome for outcome in outcomes if outcome.broken],
    )


def print_report(report: Report) -> None:
    """One line a fault, the total, then every promise that was broken."""
    print(
        f"{'fault':24} {'runs':>6} {'met':>8} {'calls':>9} {'not judged':>11} {'stopped':>8} {'spent':>7} {'broken':>7}"
    )
    for one in (*report.kinds, report.total):
        print(
            f"{one.kind:24} {one.runs:>6,} {one.met:>8,} {one.calls:>9,} {one.not_judged:>11,} {one.stopped:>8,} "
            f"{one.share:>7.0%} {one.broken:>7,}"
        )
    print(
        f"\nSeed {report.seed}, {report.seconds:,.0f} s. met: answers spoiled; not judged: places on a list; "
        "stopped: topics that ended with an error; spent: the largest share of a budget."
    )
    for outcome in report.broken[:_SHOWN]:
        print(f"\nrun {outcome.number} ({outcome.kind}): judge_faults.py --seed {report.seed} --only {outcome.number}")
        for told in outcome.broken:
            print(f"  {told}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what came of it; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="only the run of that number")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    if options.only is not None:
        outcomes = run_batch(options.seed, [options.only])
    else:
        outcomes = list(spread_runs(partial(run_batch, options.seed), options.runs, _BATCH, options.processes))
    report = summarise(options.seed, outcomes, time.monotonic() - started)
    if options.json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        print_report(report)
    return int(bool(report.broken))


if __name__ == "__main__":
    sys.exit(main())
