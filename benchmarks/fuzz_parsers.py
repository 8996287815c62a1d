"""Fuzz everything that reads what arXiv sends: `python benchmarks/fuzz_parsers.py [--cases N] [--only NAME]… [--json]`.

A case ends in a result that can be stored or in an error that the parser names, within a second; all else is printed
with its traceback and ends in exit code 1. The same seed makes the same cases, over any number of processes.
"""

import argparse
import resource
import signal
import sys
import time
import timeit
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from random import Random

import msgspec
from rich.console import Console
from rich.progress import Progress

from benchmarks.fuzz_targets import TARGETS, Target, judge

_BATCH = 5000  # cases
_TIME_LIMIT = 1.0  # seconds of processor time: a busy machine is not the parser's fault
_ATTEMPTS = 500  # at making a finding smaller
_SHOWN = 600  # bytes of a finding


class OvertimeError(Exception):
    """A case took longer than it may."""


class Finding(msgspec.Struct):
    """A broken promise: the first case that showed it, made smaller, and how many did."""

    seed: str
    case: bytes
    trace: str
    times: int = 1


class Tally(msgspec.Struct):
    """What became of the cases of one parser; seconds are of processor time over all processes."""

    parser: str
    cases: int = 0
    accepted: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    findings: dict[str, Finding] = msgspec.field(default_factory=dict)
    seconds: float = 0.0
    slowest_ms: float = 0.0
    peak_rss_mib: float = 0.0

    def add(self, other: "Tally") -> None:
        """Take in another batch; of equal findings the first is kept."""
        self.cases += other.cases
        self.accepted += other.accepted
        self.refused += other.refused
        self.seconds += other.seconds
        self.slowest_ms = max(self.slowest_ms, other.slowest_ms)
        self.peak_rss_mib = max(self.peak_rss_mib, other.peak_rss_mib)
        for place, finding in other.findings.items():
            if place in self.findings:
                self.findings[place].times += finding.times
            else:
                self.findings[place] = finding


def run_case(target: Target, case: bytes) -> str | None:
    """None if accepted and sound, else the kind of refusal; any error that the parser does not name comes through."""
    signal.setitimer(signal.ITIMER_PROF, _TIME_LIMIT)
    try:
        result = target.read(case)
    except target.errors as error:
        if type(error) not in target.errors:  # a UnicodeError is a ValueError, and says nothing to a reader
            raise
        return f"{type(error).__name__} in {_place(error)}"
    judge(result)
    return None


def fuzz_batch(name: str, seed: int, number: int, cases: int) -> Tally:
    """Run one batch; what is in it follows from name, seed and number alone."""
    target, tally = TARGETS[name], Tally(name, cases=cases)
    label = f"{seed} {name} {number}"
    rng, mutator = Random(label), target.load_mutator()
    began = time.process_time()
    with _time_limit():
        for _ in range(cases):
            case = mutator.make(rng)
            started = time.perf_counter()
            try:
                kind = run_case(target, case)
            except Exception as error:  # noqa: BLE001 -- finding the errors that nobody thought of is the purpose
                _note(tally, target, Finding(label, case, ""), error)
                continue
            milliseconds = (time.perf_counter() - started) * 1000
            if milliseconds > tally.slowest_ms:  # again: the machine's pauses do not come every time
                tally.slowest_ms = max(tally.slowest_ms, min(milliseconds, _time_again(target, case)))
            if kind is None:
                tally.accepted += 1
            else:
                tally.refused[kind] += 1
    tally.seconds = time.process_time() - began
    tally.peak_rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return tally


@contextmanager
def _time_limit() -> Iterator[None]:
    """Let the timer that `run_case` sets raise `OvertimeError`."""

    def stop(_number: int, _frame: object) -> None:
        raise OvertimeError(f"longer than {_TIME_LIMIT} s")

    before = signal.signal(signal.SIGPROF, stop)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)  # discards one that is on its way, which would end the process
        signal.signal(signal.SIGPROF, before)


def _time_again(target: Target, case: bytes) -> float:
    """Milliseconds, the best of three."""
    return min(timeit.repeat(lambda: run_case(target, case), number=1, repeat=3)) * 1000


def _note(tally: Tally, target: Target, finding: Finding, error: Exception) -> None:
    signature = _sign(error)
    if signature in tally.findings:
        tally.findings[signature].times += 1
        return
    if not isinstance(error, OvertimeError):
        finding.case = shrink(finding.case, lambda case: _fails_with(target, case) == signature)
    finding.trace = "".join(traceback.format_exception(error))
    tally.findings[signature] = finding


def _fails_with(target: Target, case: bytes) -> str | None:
    try:
        run_case(target, case)
    except Exception as error:  # noqa: BLE001 -- as in fuzz_batch
        return _sign(error)
    return None


def shrink(case: bytes, is_same: Callable[[bytes], bool]) -> bytes:
    """Leave out ever smaller slices as long as it fails in the same way; crude, and bounded in its attempts."""
    attempts, width = _ATTEMPTS, len(case) // 2
    while width and attempts > 0:
        place = 0
        while place < len(case) and attempts > 0:
            attempts -= 1
            shorter = case[:place] + case[place + width :]
            if is_same(shorter):
                case = shorter
            else:
                place += width
        width //= 2
    return case


def _place(error: BaseException) -> str:
    """The function that raised it."""
    return traceback.extract_tb(error.__traceback__, limit=-1)[0].name


def _sign(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__, limit=-1)[0]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}"


def fuzz(names: Sequence[str], cases: int, seed: int, processes: int) -> list[Tally]:
    """Fuzz each parser in turn, in batches; a bar on stderr shows how far it is when that is a terminal."""
    tallies = []
    console = Console(stderr=True)
    with ProcessPoolExecutor(processes) as pool, Progress(console=console, disable=not console.is_terminal) as progress:
        spread = map if processes == 1 else pool.map
        for name in names:
            tally = Tally(name)
            sizes = [min(_BATCH, cases - first) for first in range(0, cases, _BATCH)]
            batches = spread(partial(fuzz_batch, name, seed), range(len(sizes)), sizes)
            for batch in progress.track(batches, total=len(sizes), description=name):
                tally.add(batch)
            tallies.append(tally)
    return tallies


def print_tables(tallies: Sequence[Tally]) -> None:
    """One line a parser, then the refusals by kind, then every finding."""
    print(
        f"{'parser':14} {'cases':>10} {'accepted':>10} {'refused':>10} {'per CPU s':>9} {'slowest ms':>11} {'found':>6}"
    )
    for tally in tallies:
        refused, rate = tally.refused.total(), tally.cases / tally.seconds
        print(
            f"{tally.parser:14} {tally.cases:>10,} {tally.accepted:>10,} {refused:>10,} {rate:>9,.0f} "
            f"{tally.slowest_ms:>11.1f} {sum(finding.times for finding in tally.findings.values()):>6,}"
        )
    for tally in tallies:
        print(f"\n{tally.parser} refused, by kind of error; peak memory {tally.peak_rss_mib:.0f} MiB a process")
        for kind, count in tally.refused.most_common():
            print(f"{count:>12,}  {kind}")
    for tally in tallies:
        for finding in tally.findings.values():
            text = repr(finding.case)
            print(f"\n{tally.parser}, {finding.times} times, first in batch {finding.seed!r}:")
            print(f"{text[:_SHOWN]}{' …' if len(text) > _SHOWN else ''}\n{finding.trace}", end="")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found; 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000, help="of each parser")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", action="append", choices=list(TARGETS), metavar="NAME", help=", ".join(TARGETS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    tallies = fuzz(options.only or list(TARGETS), options.cases, options.seed, options.processes)
    if options.json:
        sys.stdout.write(msgspec.json.encode(tallies).decode() + "\n")
    else:
        print_tables(tallies)
    return int(any(tally.findings for tally in tallies))


if __name__ == "__main__":
    sys.exit(main())
