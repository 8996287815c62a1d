"""Does a harvest lose a paper under faults? `python benchmarks/faults.py [--runs 10000] [--processes 2] [--json]`.

Each run lives through a few days at a fake arXiv, under one kind of fault alone (every second run, all kinds in turn)
or a mix of them, and once more without a fault; in the end its store must equal that of a life without faults. Exit
code 1 and the numbers of the runs otherwise; `--only-seed NUMBER -v` repeats one of them.
"""

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Sequence
from functools import partial

import msgspec
import structlog

from benchmarks.fault_case import Timeline, make_timeline
from benchmarks.fault_plan import KINDS, Plan
from benchmarks.fault_run import Life, live_once
from benchmarks.fault_stage import Stage
from benchmarks.fault_verdict import MIX, Tally, Verdict, judge, judge_crash
from benchmarks.spread import spread_runs

_PER_TIMELINE = 20  # runs that live through the same days, so that their twin need live but once
_BATCH = 5 * _PER_TIMELINE
_ERROR = 40
_SHOWN = 20


class Report(msgspec.Struct, frozen=True):
    """All of it: by kind of fault, in total, and the runs that broke a promise."""

    seed: int
    first_run: int
    last_run: int
    seconds: float
    total: Tally
    kinds: list[Tally]
    broken: list[Verdict]


def name_kind(number: int) -> str | None:
    """The kind of fault that a run meets alone; None for a mix."""
    return None if number % 2 else KINDS[number // 2 % len(KINDS)]


def name_timeline(seed: int, number: int) -> str:
    """The days that a run lives through."""
    return f"{seed} {number // _PER_TIMELINE}"


async def live_undisturbed(stage: Stage, timeline: Timeline) -> Life:
    """The life that all others are held against; a bench that finds fault with it finds fault with itself."""
    twin, _ = await live_once(stage, timeline)
    if twin.quiet or twin.broken or twin.raised:
        raise AssertionError(f"without a fault: {twin.quiet} {twin.broken}, {twin.raised} raised")
    return twin


async def judge_runs(stage: Stage, seed: int, numbers: Sequence[int]) -> list[Verdict]:
    """Live through those runs, one after the other."""
    verdicts: list[Verdict] = []
    twin: Life | None = None
    for number in numbers:
        timeline = make_timeline(name_timeline(seed, number))
        make_plan = partial(Plan, f"{seed} {number}", name_kind(number))
        try:
            if twin is None or number % _PER_TIMELINE == 0:
                twin = await live_undisturbed(stage, timeline)
            life, run = await live_once(stage, timeline, make_plan)
        except Exception as error:  # noqa: BLE001 -- finding the errors that nobody thought of is the purpose
            verdicts.append(judge_crash(number, name_kind(number), error))
        else:
            verdicts.append(judge(number, run, life, twin))
    return verdicts


def run_batch(seed: int, numbers: Sequence[int], *, is_verbose: bool = False) -> list[Verdict]:
    """What one process does at a time."""
    gc.set_threshold(100_000)  # short lives, many objects: a tenth of the time
    if not is_verbose:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_ERROR))

    async def work() -> list[Verdict]:
        async with Stage.open() as stage:
            return await judge_runs(stage, seed, numbers)

    return asyncio.run(work())


def summarise(seed: int, verdicts: Sequence[Verdict], seconds: float) -> Report:
    """Count by kind of fault."""
    total, kinds = Tally("all"), {kind: Tally(kind) for kind in (*KINDS, MIX)}
    for verdict in verdicts:
        total.add(verdict)
        kinds[verdict.kind].add(verdict)
    numbers = [verdict.number for verdict in verdicts]
    return Report(
        seed=seed,
        first_run=min(numbers),
        last_run=max(numbers),
        seconds=round(seconds, 1),
        total=total,
        kinds=[tally for tally in kinds.values() if tally.runs],
        broken=[verdict for verdict in verdicts if verdict.is_broken],
    )


def print_report(report: Report) -> None:
    """One line a kind, the totals, then every promise that was broken."""
    print(
        f"{'fault':28} {'runs':>6} {'met':>6} {'visible':>8} {'healed':>7} {'lost':>5} {'doubled':>8} {'quiet':>6} "
        f"{'rules':>6} {'requests':>10}"
    )
    for one in (*report.kinds, report.total):
        print(
            f"{one.kind:28} {one.runs:>6,} {one.met:>6,} {one.visible:>8,} {one.healed:>7,} {one.lost:>5,} "
            f"{one.doubled:>8,} {one.quiet:>6,} {one.other:>6,} {one.requests:>10,}"
        )
    alone = [one for one in report.kinds if one.kind != MIX]
    print(
        f"\n{len(alone)} kinds of fault alone, and mixed; seed {report.seed}, runs {report.first_run} to "
        f"{report.last_run}; smallest gap {report.total.smallest_gap:.3f} s; {report.seconds:,.0f} s.\n"
        f"Papers on another listing day because they changed before a delayed first reading: "
        f"{report.total.placed_apart:,}."
    )
    for verdict in report.broken[:_SHOWN]:
        print(
            f"\nrun {verdict.number} ({verdict.kind}): python benchmarks/faults.py --seed {report.seed} "
            f"--only-seed {verdict.number} -v"
        )
        for told in (*verdict.lost, *verdict.doubled, *verdict.quiet, *verdict.other):
            print(f"  {told}")
    if len(report.broken) > _SHOWN:
        print(f"\n… and {len(report.broken) - _SHOWN} runs more.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what came of it; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only-seed", type=int, metavar="NUMBER", help="only the run of that number")
    parser.add_argument("-v", dest="verbose", action="store_true", help="with the program's own log; one run only")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    if options.only_seed is not None:
        verdicts = run_batch(options.seed, [options.only_seed], is_verbose=options.verbose)
    else:
        verdicts = list(spread_runs(partial(run_batch, options.seed), options.runs, _BATCH, options.processes))
    report = summarise(options.seed, verdicts, time.monotonic() - started)
    if options.json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        print_report(report)
    return int(bool(report.broken))


if __name__ == "__main__":
    sys.exit(main())
