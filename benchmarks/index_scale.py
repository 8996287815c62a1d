"""Time, memory and recall of the index at sizes up to a million, each part in a process of its own.

    python benchmarks/index_scale.py --vectors 100000 1000000 --database ~/triage/triage.db --json

Vectors are grown from those of an SQLite store, or from made ones where none is given. Memory is that of Linux. Needs
4 GB of disk and 4 minutes for a million. The targets are those of the project: recall@10 of at least 0.95, 95 % of the
searches under 20 ms (one caller, one thread), less than 1 GB of memory while serving. Beside the milliseconds stand
those that the processor worked for us: on a busy machine the others say how long the queue was.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.console import say
from benchmarks.index_corpus import Vectors, find_exactly, grow, read_seeds
from triage.adapters.vector_index.folder import MOST_EXACT, IndexFolder
from triage.core.vectors import IndexMark
from triage.log import configure_logging
from triage.ports import Index

_QUERIES = 400
_WARM_UP = 20  # of them
_NEW = 2_000  # a week of papers
_WANTED = 10
_BATCH = 2_000  # as they come from the database
_EMBEDDER = "grown"
Result = TypeVar("Result")
Rows = NDArray[np.int64]


class Target(msgspec.Struct, frozen=True):
    """Where they lie; the same for every size."""

    recall: float = 0.95
    p95_ms: float = 20.0
    rss_mib: float = 1000.0


class Built(msgspec.Struct, frozen=True):
    """Seconds on one thread; `peak_mib` of the building process, `base_mib` before it began."""

    build_seconds: float
    base_mib: float
    peak_mib: float
    files_mib: float


class Served(msgspec.Struct, frozen=True):
    """Of a fresh process. `after_*`: with 2,000 vectors added and 1 % removed; `load_seconds` with all checksums."""

    load_seconds: float
    recall: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    p50_cpu_ms: float
    p95_cpu_ms: float
    rss_mib: float
    peak_mib: float
    add_seconds: float
    remove_seconds: float
    after_recall: float
    after_p50_ms: float
    after_p95_ms: float


class Row(msgspec.Struct, frozen=True):
    """One size and form; `is_met`: whether it meets all targets, before and after changes."""

    vectors: int
    form: str
    is_shipped: bool
    is_met: bool
    built: Built
    served: Served


def measure_build(folder: IndexFolder, path: Path, count: int) -> Built:
    """Build it as it is built from a database, in batches."""
    base, started = read_memory("VmRSS"), time.perf_counter()
    vectors = np.load(path, mmap_mode="r")
    with folder.build() as build:
        if build is None:
            raise SystemExit("Another process builds in the same folder.")
        for start in range(0, count, _BATCH):
            stop = min(count, start + _BATCH)
            build.add(range(start, stop), read_rows(path, vectors, start, stop))
        build.finish(IndexMark(newest=count, changes=0, count=count, settled=0, fingerprint=""))
    seconds = time.perf_counter() - started
    size = sum(each.stat().st_size for each in folder.folder.iterdir())
    return Built(round(seconds, 1), base, read_memory("VmHWM"), round(size / 2**20, 1))


def measure_serving(folder: IndexFolder, path: Path, count: int, truth: tuple[Rows, Rows]) -> Served:
    """Load it, search, change it, search again."""
    vectors = np.load(path, mmap_mode="r")
    queries, fresh = np.array(vectors[-_QUERIES:]), np.array(vectors[-_QUERIES - _NEW : -_QUERIES])
    started = time.perf_counter()
    index = open_index(folder, path, count)
    load = time.perf_counter() - started
    recall, times = search_all(index, queries, truth[0])
    rss, peak = read_memory("VmRSS"), read_memory("VmHWM")
    add = take_time(lambda: index.add(range(count, count + _NEW), fresh))
    gone = list_gone(count)
    remove = take_time(lambda: index.remove(gone.tolist()))
    after_recall, after = search_all(index, queries, truth[1])
    p50, p95, p99 = np.percentile(times, (50, 95, 99), axis=0).round(2).tolist()
    after_p50, after_p95 = np.percentile(after, (50, 95), axis=0).round(2).tolist()
    return Served(
        load_seconds=round(load, 2),
        recall=recall,
        p50_ms=p50[0],
        p95_ms=p95[0],
        p99_ms=p99[0],
        p50_cpu_ms=p50[1],
        p95_cpu_ms=p95[1],
        rss_mib=rss,
        peak_mib=peak,
        add_seconds=round(add, 3),
        remove_seconds=round(remove, 3),
        after_recall=after_recall,
        after_p50_ms=after_p50[0],
        after_p95_ms=after_p95[0],
    )


def open_index(folder: IndexFolder, path: Path, count: int) -> Index:
    """The kept one, or an exact one in memory where none is."""
    if loaded := folder.load():
        return loaded[0]
    index, vectors = folder.make(), np.load(path, mmap_mode="r")
    for start in range(0, count, _BATCH):
        stop = min(count, start + _BATCH)
        index.add(range(start, stop), read_rows(path, vectors, start, stop))
    return index


def read_rows(path: Path, vectors: Vectors, start: int, stop: int) -> Vectors:
    """Read rather than mapped: mapped pages would count as memory of the index."""
    size = stop - start
    offset = path.stat().st_size - vectors.nbytes + start * vectors.shape[1] * 4
    return np.fromfile(path, np.float32, size * vectors.shape[1], offset=offset).reshape(size, -1)


def search_all(index: Index, queries: Vectors, truth: Rows) -> tuple[float, list[tuple[float, float]]]:
    """Mean share of the true ten that were found, and milliseconds per search: by the clock, of the processor."""
    for query in queries[:_WARM_UP]:
        index.search(query, _WANTED)
    shares, times = [], []
    for query, wanted in zip(queries, truth.tolist(), strict=True):
        started, worked = time.perf_counter(), time.thread_time()
        found = index.search(query, _WANTED)
        times.append((1000 * (time.perf_counter() - started), 1000 * (time.thread_time() - worked)))
        shares.append(len({each.key for each in found} & set(wanted)) / _WANTED)
    return round(float(np.mean(shares)), 4), times


def find_truth(path: Path, count: int) -> tuple[Rows, Rows]:
    """The true nearest of the first `count`; and after the changes, new ones numbered from `count` on."""
    vectors = np.load(path, mmap_mode="r")
    queries = np.array(vectors[-_QUERIES:])
    fresh = np.array(vectors[-_QUERIES - _NEW : -_QUERIES])
    before = find_exactly(path, count, queries, 5 * _WANTED)
    gone = set(list_gone(count).tolist())
    after = []
    for query, rows in zip(queries, before.tolist(), strict=True):
        kept = [row for row in rows if row not in gone]
        cosines = dict(zip(kept, (vectors[kept] @ query).tolist(), strict=True))
        cosines |= {count + row: cosine for row, cosine in enumerate((fresh @ query).tolist())}
        after.append(sorted(cosines, key=lambda key: -cosines[key])[:_WANTED])
    return before[:, :_WANTED], np.array(after)


def list_gone(count: int) -> Rows:
    """One in a hundred."""
    return np.arange(0, count, 100)


def take_time(work: Callable[[], None]) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def read_memory(name: str) -> float:
    """MiB of this process: `VmRSS` now, `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024, 1)


def measure_form(folder: IndexFolder, path: Path, count: int, truth: tuple[Rows, Rows], *, coded: bool) -> Row:
    """In fresh processes, one after the other."""
    built = Built(0.0, 0.0, 0.0, 0.0)
    if coded:
        built = run_apart(measure_build, folder, path, count)
    served = run_apart(measure_serving, folder, path, count, truth)
    target = Target()
    is_met = (
        min(served.recall, served.after_recall) >= target.recall
        and max(served.p95_ms, served.after_p95_ms) < target.p95_ms
        and served.rss_mib < target.rss_mib
    )
    return Row(count, "coded" if coded else "exact", coded == (count > MOST_EXACT), is_met, built, served)


def run_apart(work: Callable[..., Result], *arguments: object) -> Result:
    """In a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def measure(sizes: list[int], database: Path | None, home: Path) -> list[Row]:
    """Every size coded, and exact as well where that is what ships."""
    path = home / "vectors.npy"
    say(f"Making {max(sizes):,} vectors.")
    grow(read_seeds(database), max(sizes) + _QUERIES + _NEW, path)
    rows = []
    for count in sizes:
        truth = find_truth(path, count)
        for coded in (False, True) if count <= MOST_EXACT else (True,):
            say(f"{count:,} vectors, {'coded' if coded else 'exact'}.")
            folder = IndexFolder(home / f"{count}-{coded}", _EMBEDDER)
            rows.append(measure_form(folder, path, count, truth, coded=coded))
    return rows


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, nargs="+", default=[100_000, 1_000_000], help="sizes, from 2,000 on")
    parser.add_argument("--database", type=Path, metavar="FILE", help="an SQLite store whose vectors are grown")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    configure_logging()  # else events go to standard output
    with tempfile.TemporaryDirectory() as home:
        rows = measure(arguments.vectors, arguments.database, Path(home))
    if arguments.json:
        sys.stdout.write(msgspec.json.encode(rows).decode() + "\n")
        return
    for row in rows:
        print(
            f"{row.vectors:,} {row.form}{', shipped' * row.is_shipped}: {'meets' if row.is_met else 'misses'} targets"
        )
        for part in (row.built, row.served):
            for name, value in msgspec.structs.asdict(part).items():
                print(f"  {name:16} {value:>12,}")


if __name__ == "__main__":
    main()
