"""One operation on one store, measured in a process of its own: `scale.py` starts it and reads a line of JSON.

Vectors are made up unless a model is asked for: 384 numbers drawn by a hash of the text, all of them rather alike, so
that searching, scoring and storing cost what they cost with a model's, and a million papers need no model.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.scale_corpus import CORPUS, JUDGED_WEEK
from benchmarks.scale_queries import write_queries
from benchmarks.scale_vectors import MadeUpEmbedder
from triage.adapters.embedders import open_embedder
from triage.adapters.minilm import NAME as MINILM
from triage.adapters.snapshot import open_snapshot
from triage.bootstrap import Services, open_services
from triage.config import Settings
from triage.core.account import SOLE_READER
from triage.core.week import Week, parse_week
from triage.evaluation.corpus import load_corpus, read_truth
from triage.evaluation.draw import Plan
from triage.evaluation.judged import SharedRanker
from triage.evaluation.labels import ids_voted, read_judgements, read_labels
from triage.evaluation.protocol import evaluate
from triage.log import configure_logging
from triage.pipeline.embed import embed_papers
from triage.pipeline.fuse import score_topic
from triage.pipeline.importing import import_files
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist, select_papers_of
from triage.reading.search import search
from triage.store.papers import StoredPaper, count_weeks
from triage.store.votes import record_votes

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_QUERIES = 200
_FEW_VOTES = 10
_TOP = 14  # functions in a profile
_KIB_PER_MIB = 1024 if sys.platform == "linux" else 2**20  # macOS counts bytes


class Case(msgspec.Struct, frozen=True):
    """What is measured; `folder` holds `corpus.jsonl.gz`, `rubric.yaml` and the database; `data` labels."""

    folder: Path
    data: Path


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds are wall-clock; `cpu` is of all threads, `main_cpu` of the one that runs Python's event loop.

    The peak is of the whole process, what is opened before the clock starts included.
    """

    operation: str
    items: int
    seconds: float
    cpu: float
    main_cpu: float
    peak_mib: float
    store_mib: float
    details: dict[str, float] = {}
    profile: list[str] = []


class Stopwatch:
    """Measures what runs inside `with`; with a profile, what each function takes of the main thread."""

    def __init__(self, *, profiles: bool) -> None:
        self.profile = cProfile.Profile() if profiles else None
        self.seconds = self.cpu = self.main_cpu = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter(), time.process_time(), time.thread_time()
        if self.profile:
            self.profile.enable()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.profile:
            self.profile.disable()
        ended = time.perf_counter(), time.process_time(), time.thread_time()
        self.seconds, self.cpu, self.main_cpu = (end - begin for begin, end in zip(self._began, ended, strict=True))


Told = tuple[int, dict[str, float]]
"""How many papers or queries were worked on, and what else there is to tell."""
Operation = Callable[[Case, Services, Stopwatch], Awaitable[Told]]


async def import_corpus(case: Case, services: Services, watch: Stopwatch) -> Told:
    """The file into an empty store, checking it included; then again, which must change nothing."""
    read = partial(import_files, services.database, now=services.clock)
    with watch:
        report = await read([open_snapshot(case.folder / CORPUS)])
    started = time.perf_counter()
    again = await read([open_snapshot(case.folder / CORPUS)])
    if report.quarantined or again.new or again.changed:
        raise SystemExit("The import left records out, or the second one changed something.")
    return report.papers, {"seconds_again": time.perf_counter() - started}


async def embed_all(_case: Case, services: Services, watch: Stopwatch) -> Told:
    """Every paper, week by week."""
    bench, papers = services.bench(), 0
    with watch:
        for week in await _list_weeks(bench):
            report = await embed_papers(bench.database, bench.embedder, await select_papers_of(bench, week))
            papers += report.done
    return papers, {}


async def score_all(_case: Case, services: Services, watch: Stopwatch) -> Told:
    """Every week for every topic; an item is a paper with all its scores."""
    bench, papers = services.bench(), 0
    with watch:
        for week in await _list_weeks(bench):
            papers += await _score_week(bench, week)
    return papers, {}


async def score_with_votes(case: Case, services: Services, watch: Stopwatch) -> Told:
    """What new votes cost one and the same week, whatever else the store holds: a classifier, and scores anew."""
    bench = services.bench()
    votes = await _vote(case, bench)
    week = await _choose_week(bench)
    with watch:
        papers = await _score_week(bench, week)
    return papers, {"votes": votes}


async def list_week(_case: Case, services: Services, watch: Stopwatch) -> Told:
    """Both shortlists of one and the same week, its scores being there."""
    bench = services.bench()
    week = await _choose_week(bench)
    papers = await select_papers_of(bench, week)
    with watch:
        for topic in bench.rubric.topics:
            await build_shortlist(bench, topic, week)
    return len(papers), {}


async def search_all(_case: Case, services: Services, watch: Stopwatch) -> Told:
    """Queries one after another, by words and by meaning, the model's time included; the index is open."""
    bench, library = services.bench(), services.library
    papers = [stored.paper for stored in await select_papers_of(bench, await _choose_week(bench))]
    await services.prepare_index()
    started = time.perf_counter()
    await search(library, "a first query", SOLE_READER)
    opening = time.perf_counter() - started
    took: list[float] = []
    with watch:
        for query in write_queries(papers, _QUERIES):
            started = time.perf_counter()
            await search(library, query, SOLE_READER)
            took.append(1000 * (time.perf_counter() - started))
    at = dict(zip(("p50_ms", "p95_ms", "p99_ms"), np.percentile(took, (50, 95, 99)).tolist(), strict=True))
    return len(took), at | {"opening_s": opening}


async def evaluate_week(case: Case, services: Services, watch: Stopwatch) -> Told:
    """Our ranker on the judged week with 0, 20 and all votes, the rest of the store as background."""
    bench, topics = services.bench(), services.rubric.topics
    await _vote(case, bench)
    grades = read_judgements([case.data / "judgements" / f"{JUDGED_WEEK}.jsonl"])
    with watch, threadpool_limits(1):
        corpus = await load_corpus(bench, topics, await read_truth(bench, topics, grades, ()))
        plan = Plan((0, 20, "all"), orders=1)
        ranker = SharedRanker(bench.embedder.embed)
        evaluate(corpus.tasks, corpus.weeks, corpus.background, [ranker], plan, lambda _label: None)
    return sum(map(len, corpus.weeks)), {}


OPERATIONS: Mapping[str, Operation] = {
    "import": import_corpus,
    "embed": embed_all,
    "model": embed_all,
    "score": score_all,
    "votes": score_with_votes,
    "shortlist": list_week,
    "search": search_all,
    "evaluate": evaluate_week,
}


async def _list_weeks(bench: Bench) -> list[Week]:
    async with bench.database.read() as session:
        return [parse_week(week) for week in await count_weeks(session)]


async def _score_week(bench: Bench, week: Week) -> int:
    papers = await select_papers_of(bench, week)
    for topic in bench.rubric.topics:
        await score_topic(bench, topic, week, papers)
    return len(papers)


async def _choose_week(bench: Bench) -> Week:
    weeks = await _list_weeks(bench)
    return next((week for week in weeks if str(week) == JUDGED_WEEK), weeks[-1])


async def _vote(case: Case, bench: Bench) -> int:
    """The public label lists, of papers in the store or not; without them, some papers of the newest week."""
    files = sorted((case.data / "labels").glob("*_*.csv"))
    labels = [label for file in files for label in read_labels(file)]
    newest: list[StoredPaper] = []
    if not labels:
        newest = await select_papers_of(bench, (await _list_weeks(bench))[-1])
    total = 0
    for topic in bench.rubric.topics:
        votes = dict.fromkeys(sorted(ids_voted(labels, topic.name, relevant=True)), 1)
        votes |= {stored.paper.arxiv_id: 1 for stored in newest[:_FEW_VOTES]}
        async with bench.database.write() as session:
            await record_votes(session, topic.name, votes, "bench", _NOW)
        total += len(votes)
    return total


async def measure(name: str, case: Case, *, profiles: bool) -> Measured:
    """Open the store, do the operation, and say what it took."""
    watch, model = Stopwatch(profiles=profiles), open_embedder("minilm", 0) if name in {"search", "model"} else None
    embedder = MadeUpEmbedder(model, "beside" if name == "model" else MINILM)
    async with open_services(Settings(home=case.folder), lambda: _NOW, lambda: embedder) as services:
        items, details = await OPERATIONS[name](case, services, watch)
    return Measured(
        operation=name,
        items=items,
        seconds=watch.seconds,
        cpu=watch.cpu,
        main_cpu=watch.main_cpu,
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_MIB,
        store_mib=(case.folder / "triage.db").stat().st_size / 2**20,
        details=details,
        profile=_list_top(watch.profile) if watch.profile else [],
    )


def _list_top(profile: cProfile.Profile) -> list[str]:
    """The functions that took most themselves: seconds, calls, name. Waiting shows as `poll`: it is the database's."""
    timings = pstats.Stats(profile).get_stats_profile().func_profiles
    top = sorted(timings.items(), key=lambda item: -item[1].tottime)[:_TOP]
    return [
        f"{each.tottime:8.2f} s {each.ncalls:>12}  {os.path.basename(each.file_name)}:{each.line_number} {name}"  # noqa: PTH119 - may be `~`
        for name, each in top
    ]


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operation", choices=OPERATIONS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    configure_logging()  # else events go to standard output
    measured = asyncio.run(measure(options.operation, Case(options.folder, options.data), profiles=options.profile))
    sys.stdout.write(msgspec.json.encode(measured).decode() + "\n")


if __name__ == "__main__":
    main()
