"""100,000 readers, each with a taste of their own, score one week: `python benchmarks/readers_taste.py [--json]`.

Triage ranks all readers' votes together today; this measures what one taste per reader would cost (docs/scale.md):
the week's scores of all readers as one matrix product and the best 20 of each, in blocks, checked against a loop over
readers; and what it costs to fit one reader's taste, as Triage does it now and in the two forms that a product needs.
Papers and votes are real (`--data`); the readers of the product are drawn.
"""

import argparse
import csv
import gzip
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.console import require_files, say
from benchmarks.readers_forms import Fit, SharedSpace, compare_forms, time_words_product
from benchmarks.readers_product import (
    Pass,
    count_differences,
    draw_readers,
    measure_ceiling,
    measure_slope,
    score_week,
    time_loop,
)
from triage.adapters.embedders import open_embedder
from triage.core.taste import BACKGROUND_SIZE, Examples
from triage.log import configure_logging
from triage.ports import Embedder
from triage.store.background import hash_order

_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_TOPICS = ("generative_recommendation", "agent_evaluation")
_VOTES = (5, 20, 60)
_CHECKED = 500
_WORDS_READERS = 1_000


class Text(msgspec.Struct, frozen=True):
    """What taste reads of a line of a week file."""

    id: str
    title: str
    abstract: str


class Report(msgspec.Struct, frozen=True):
    """Seconds are wall-clock but for `cpu_seconds`; megabytes are millions of bytes; memory is the whole process's."""

    embedder: str
    papers: int
    background: int
    features: int
    ceiling_gflops_per_second: float
    passes: list[Pass]
    slope: float
    share_of_ceiling: float
    checked: int
    differences: int
    loop_seconds_per_reader: float
    peak_mb_before: float
    peak_mb: float
    space_cpu_seconds: float
    fits: list[Fit]
    words_product_seconds: float
    words_product_readers: int


class Corpus(msgspec.Struct, frozen=True):
    """The week, the background of earlier weeks, and the listed papers of earlier weeks by topic."""

    week: list[Text]
    background: list[Text]
    liked: dict[str, list[Text]]


def read_corpus(data: Path, week: str, papers: int, background: int) -> Corpus:
    """The first papers of a week, and of all weeks before it what votes and background may be; no paper twice."""
    require_files(data, f"arxiv/week-{week}.jsonl.gz", *(f"labels/{topic}.csv" for topic in _TOPICS))
    files = sorted((data / "arxiv").glob("week-*.jsonl.gz"))
    past = [text for file in files if file.name < f"week-{week}" for text in _read_texts(file)]
    listed = {topic: _read_ids(data / "labels" / f"{topic}.csv") for topic in _TOPICS}
    everyone = set().union(*listed.values())
    rest = sorted((text for text in past if text.id not in everyone), key=lambda text: hash_order(text.id))
    return Corpus(
        _read_texts(data / "arxiv" / f"week-{week}.jsonl.gz")[:papers],
        rest[:background],
        {topic: sorted((text for text in past if text.id in ids), key=_order) for topic, ids in listed.items()},
    )


def _order(text: Text) -> str:
    return hash_order(text.id)


def _read_texts(file: Path) -> list[Text]:
    decoder = msgspec.json.Decoder(Text)
    with gzip.open(file) as lines:
        return [decoder.decode(line) for line in lines]


def _read_ids(file: Path) -> set[str]:
    with file.open(encoding="utf-8", newline="") as rows:
        return {row["arxiv_id"] for row in csv.DictReader(rows)}


def embed(embedder: Embedder, texts: Sequence[Text]) -> Examples:
    """Title and abstract, as `triage embed` does."""
    vectors = embedder.embed([f"{text.title}\n{text.abstract}" for text in texts])
    return Examples([(text.title, text.abstract) for text in texts], vectors)


def measure(corpus: Corpus, embedder: Embedder, sizes: Sequence[int], votes: Sequence[int], seed: int) -> Report:
    """Everything, the sizes in order."""
    say(f"Embedding {len(corpus.week) + len(corpus.background):,} papers.")
    week, background = embed(embedder, corpus.week), embed(embedder, corpus.background)
    say("Fitting one reader's taste in each form.")
    with threadpool_limits(1):  # so that CPU seconds are those of work, not of waiting threads
        space = SharedSpace(background)
        fits = [
            fit
            for topic, texts in corpus.liked.items()
            for count in votes
            for fit in compare_forms(space, topic, embed(embedder, texts[:count]), background, week)
        ]
        words_product = time_words_product(space, week, _WORDS_READERS)
    papers, past = space.read_dense(week), space.read_dense(background)
    ceiling, before = measure_ceiling(), _peak_mb()
    weights = draw_readers(past, max(sizes), seed)
    score_week(weights[: min(sizes)], papers)  # threads and pages are there
    passes, best = [], np.empty((0, 0), np.int64)
    for size in sizes:
        say(f"Scoring the week for {size:,} readers.")
        best, done = score_week(weights[:size], papers)
        passes.append(done)
    sample = np.random.default_rng(seed).choice(len(best), min(_CHECKED, len(best)), replace=False)
    return Report(
        embedder=embedder.name,
        papers=len(week),
        background=len(background),
        features=papers.shape[1],
        ceiling_gflops_per_second=ceiling,
        passes=passes,
        slope=measure_slope(passes),
        share_of_ceiling=passes[-1].gflops_per_second / ceiling,
        checked=len(sample),
        differences=count_differences(weights, papers, best, sample),
        loop_seconds_per_reader=time_loop(weights, papers, sample),
        peak_mb_before=before,
        peak_mb=_peak_mb(),
        space_cpu_seconds=space.seconds,
        fits=fits,
        words_product_seconds=words_product,
        words_product_readers=_WORDS_READERS,
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def tell(report: Report) -> None:
    """The report for people."""
    print(
        f"{report.papers:,} papers x {report.features} features; ceiling {report.ceiling_gflops_per_second:.0f} GFLOP/s"
    )
    for one in report.passes:
        print(
            f"{one.readers:>9,} readers {one.seconds:8.2f} s = {one.product_seconds:.2f} product"
            f" + {one.choice_seconds:.2f} choice; {one.gflops_per_second:.0f} GFLOP/s, weights {one.weights_mb:.0f} MB"
        )
    print(f"slope {report.slope:.2f}; {report.share_of_ceiling:.0%} of the ceiling; peak {report.peak_mb:.0f} MB")
    print(f"{report.differences} of {report.checked} lists differ from a loop over readers,")
    print(f"which takes {1000 * report.loop_seconds_per_reader:.2f} ms each")
    print(
        f"shared space {report.space_cpu_seconds:.1f} CPU s; over all words, {report.words_product_readers:,} readers:"
    )
    print(f"{report.words_product_seconds:.2f} s on one core")
    for fit in report.fits:
        print(
            f"{fit.topic:26} {fit.votes:>3} votes {fit.form:11}{fit.features:>7,} features {fit.cpu_seconds:7.3f} CPU s"
            f"  same top 20: {fit.same_top:.2f}  correlation {fit.correlation:.3f}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and tell; 1 if a list is not what a loop over readers gives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=100_000, help="a tenth and a hundredth of it are measured too")
    parser.add_argument("--papers", type=int, default=2_000)
    parser.add_argument("--background", type=int, default=BACKGROUND_SIZE)
    parser.add_argument("--votes", type=int, nargs="+", default=_VOTES)
    parser.add_argument("--week", default="2026-W31")
    parser.add_argument("--data", type=Path, default=_DATA, help="folder with arxiv/ and labels/")
    parser.add_argument("--embedder", default="minilm-int8")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    configure_logging()  # else events go to standard output
    corpus = read_corpus(options.data, options.week, options.papers, options.background)
    sizes = sorted({max(1, options.readers // part) for part in (100, 10, 1)})
    report = measure(corpus, open_embedder(options.embedder, 0), sizes, options.votes, options.seed)
    if options.json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        tell(report)
    return int(report.differences > 0)


if __name__ == "__main__":
    raise SystemExit(main())
