"""How cost grows with the store: `python benchmarks/scale.py [--sizes 2000,20000,120000] [--operations import,score]`.

Every operation runs in a process of its own on a store of each size, one after the other, so that its peak of memory is
its own. The slope is that of time over size, both as logarithms, between two sizes that follow each other: 1 is linear,
and up to 1.15 passes for n log n. `votes`, `shortlist` and `evaluate` do the same week's work in a store that grows, so
theirs should be near 0. Seconds of processor time are compared, since others may be busy on the machine; targets are
wall-clock. A million papers: `--sizes 120000,1000000 --operations import,score,search`.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.console import say
from benchmarks.rubric_file import write_rubric
from benchmarks.scale_corpus import CORPUS, list_sources, write_corpus

_ROOT = Path(__file__).resolve().parents[1]
_SHARED = _ROOT.parent / "shared" / "data"
_SAMPLE = _ROOT / "triage" / "sample" / "sample-week.jsonl"
_CASE = Path(__file__).with_name("scale_case.py")
_SIZES = "2000,20000,120000"
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "import": (),
    "harvest": (),
    "model": ("import",),
    "embed": ("import",),
    "score": ("import", "embed"),
    "shortlist": ("import", "embed", "score"),
    "search": ("import", "embed"),
    "votes": ("import", "embed"),
    "evaluate": ("import", "embed"),
}
"""Every operation, in the order they are done, and those that must go before."""
_MOST = {"model": 2_000, "harvest": 20_000}
"""Larger sizes are left out, unless the operation is asked for by name: they take their time and say nothing new."""
_LEAST = {"votes": 20_000, "evaluate": 20_000}
"""Smaller stores have too few votes and too little background for a classifier: no slope from there."""
_LINEAR = 1.15
_TARGETS = {("import", 120_000): 180.0, ("score", 120_000): 60.0}
_SEARCH_MS, _SEARCHED = 50.0, 120_000


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One operation at one size; `slope` is None for the smallest size."""

    operation: str
    size: int
    items: int
    seconds: float
    cpu: float
    main_cpu: float
    peak_mib: float
    store_mib: float
    details: dict[str, float] = {}
    profile: list[str] = []
    slope: float | None = None

    @property
    def is_well(self) -> bool:
        """Whether cost grew no faster than n log n."""
        return self.slope is None or self.slope <= _LINEAR

    @property
    def target(self) -> str:
        """What is wanted at this size, and whether it was met; empty where nothing was said."""
        if self.operation == "search" and self.size == _SEARCHED:
            return _say(self.details["p95_ms"], _SEARCH_MS, "ms")
        wanted = _TARGETS.get((self.operation, self.size))
        return _say(self.seconds, wanted, "s") if wanted else ""


def _say(value: float, wanted: float, unit: str) -> str:
    return f"{'met' if value < wanted else 'MISSED'}: {value:.0f} of {wanted:.0f} {unit}"


class Plan(msgspec.Struct, frozen=True):
    """What to measure on stores below `folder`; without `operations`, all of them."""

    folder: Path
    data: Path
    sizes: Sequence[int]
    operations: Sequence[str]
    profiles: bool


def measure(plan: Plan) -> list[Reading]:
    """Do the operations and what they need at each size."""
    readings: list[Reading] = []
    for size in plan.sizes:
        home = plan.folder / str(size)
        home.mkdir(parents=True)
        sources = list_sources(plan.data / "arxiv")
        if not sources:
            say(f"{plan.data / 'arxiv'} has no weeks: all papers are made from the sample, which has 85.")
        write_rubric(home, write_corpus(sources or [_SAMPLE], size, home / CORPUS))
        for operation in _choose(plan, size):
            measured = harvest(home) if operation == "harvest" else _run_case(operation, home, plan)
            say(f"{size:,} papers: {operation}: {measured['seconds']:.1f} s, {measured['cpu']:.1f} of the processor")
            readings.append(msgspec.convert(measured | {"size": size}, Reading))
    return add_slopes(readings)


def _choose(plan: Plan, size: int) -> Iterator[str]:
    needed = {each for operation in plan.operations or _NEEDS for each in (operation, *_NEEDS[operation])}
    for operation in _NEEDS:
        if operation not in needed or (not plan.operations and size > _MOST.get(operation, size)):
            continue
        if operation == "evaluate" and not (plan.data / "judgements").is_dir():
            say(f"Skipped: evaluate needs judgements in {plan.data}.")
            continue
        yield operation


def _run_case(operation: str, home: Path, plan: Plan) -> dict[str, Any]:
    command = [sys.executable, str(_CASE), operation, str(home), "--data", str(plan.data)]
    command += ["--profile"] if plan.profiles else []
    others = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    done = subprocess.run(command, env=others, stdout=subprocess.PIPE, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{operation} ended with exit code {done.returncode}.")
    measured: dict[str, Any] = msgspec.json.decode(done.stdout.splitlines()[-1])  # after what it logs
    return measured


def harvest(home: Path) -> dict[str, Any]:
    """`triage harvest --since` of the same papers, from a server on loopback that does not ask for pauses."""
    from benchmarks.oai_scale import harvest as run_harvest
    from benchmarks.oai_scale import start_server

    with start_server([home / CORPUS], 0) as pipe:
        pipe.send("grown")
        before = os.times()
        one = run_harvest("harvest", home / "harvested", pipe.recv(), pipe)
        after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {
        "operation": "harvest",
        "items": one.records,
        "seconds": one.seconds,
        "cpu": cpu,
        "main_cpu": cpu,
        "peak_mib": one.peak_mib,
        "store_mib": one.store_mib,
    }


def add_slopes(readings: Sequence[Reading]) -> list[Reading]:
    """Each with the slope from the next smaller size of its operation."""
    slopes: dict[tuple[str, int], float] = {}
    for operation in _NEEDS:
        own = sorted((each for each in readings if each.operation == operation), key=lambda each: each.size)
        for small, large in pairwise(each for each in own if each.size >= _LEAST.get(operation, 0)):
            grown = math.log(large.cpu / small.cpu) if small.cpu and large.cpu else 0.0
            slopes[operation, large.size] = round(grown / math.log(large.size / small.size), 2)
    return [msgspec.structs.replace(each, slope=slopes.get((each.operation, each.size))) for each in readings]


def print_table(readings: Sequence[Reading]) -> None:
    """A line a reading, operations together."""
    heads = (
        ("papers", 10),
        ("done", 10),
        ("s", 9),
        ("CPU s", 9),
        ("per s", 9),
        ("peak MiB", 10),
        ("store", 8),
        ("slope", 7),
    )
    print(" " * 10 + "".join(f"{head:>{width}}" for head, width in heads) + "  notes")
    for one in sorted(readings, key=lambda each: (list(_NEEDS).index(each.operation), each.size)):
        slope = "" if one.slope is None else f"{one.slope:.2f}"
        details = ", ".join(f"{name} {value:.4g}" for name, value in one.details.items())
        notes = [note for note in (one.target, "" if one.is_well else "WORSE THAN n log n", details) if note]
        print(
            f"{one.operation:10}{one.size:>10,}{one.items:>10,}{one.seconds:>9.1f}{one.cpu:>9.1f}"
            f"{one.items / one.seconds:>9,.0f}{one.peak_mib:>10.0f}{one.store_mib:>8.0f}{slope:>7}  {'; '.join(notes)}"
        )
        for line in one.profile:
            print(f"          {line}")


def draw(readings: Sequence[Reading], path: Path) -> None:
    """Processor time over size, one line an operation, both axes logarithmic, beside a linear one."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.add_subplot()
    for operation in dict.fromkeys(each.operation for each in readings):
        own = sorted((each.size, each.cpu) for each in readings if each.operation == operation)
        axes.plot(*zip(*own, strict=True), marker="o", label=operation)
    sizes = sorted({each.size for each in readings})
    axes.plot(sizes, [size / sizes[0] for size in sizes], color="grey", linestyle=":", label="linear")
    axes.set(xscale="log", yscale="log", xlabel="papers in the store", ylabel="seconds of processor time")
    axes.legend()
    figure.savefig(path, dpi=150)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was measured; 1 where cost grew faster than n log n or a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=_SIZES, help=f"papers in the store, with commas between (default: {_SIZES})")
    parser.add_argument("--operations", default="", help=f"of {', '.join(_NEEDS)}; what they need is done too")
    parser.add_argument(
        "--data", type=Path, default=_SHARED, help="folder with arxiv/ and judgements/; without: made up"
    )
    parser.add_argument("--folder", type=Path, help="keep the stores there (default: a folder that is removed)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="also draw the curves (.png, .svg)")
    parser.add_argument("--profile", action="store_true", help="also print where the time goes, which takes longer")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    sizes = sorted({int(size) for size in options.sizes.split(",")})
    operations = options.operations.split(",") if options.operations else []
    if unknown := sorted(set(operations).difference(_NEEDS)):
        parser.error(f"--operations: expected some of {', '.join(_NEEDS)}, not {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as folder:
        home = options.folder or Path(folder)
        readings = measure(Plan(home, options.data, sizes, operations, options.profile))
    if options.plot:
        draw(readings, options.plot)
    if options.json:
        sys.stdout.write(msgspec.json.encode(readings).decode() + "\n")
    else:
        print_table(readings)
    return int(any(not each.is_well or each.target.startswith("MISSED") for each in readings))


if __name__ == "__main__":
    sys.exit(main())
