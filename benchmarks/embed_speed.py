"""All forms of MiniLM against plain `SentenceTransformer.encode`: speed side by side, fidelity, share of the ceiling.

All embed the same papers, a round at a time and in turns, so that other work on the machine slows all alike. The
reference is torch in float32 at its default batch; the ceiling is the speed of bare matrix products in this same run.

    python benchmarks/embed_speed.py --data FOLDER --papers 600 --json

FOLDER has the weeks 2026-W31 and, for nDCG@20, W13: `arxiv/week-2026-W31.jsonl.gz` (JSON lines with `id`, `title` and
`abstract`) and `judgements/2026-W31.jsonl`. Needs the extras `models` and `fast`. Five minutes on two quiet cores.
"""

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.console import require_files, say
from benchmarks.embed_ceiling import count_gflop, measure_gemm
from benchmarks.embed_quality import FILES, measure_ranking
from triage.adapters.embedders import open_embedder
from triage.adapters.sentence_transformer import REFERENCE_MODEL
from triage.log import configure_logging
from triage.ports import Embedder

_FORMS = ("minilm", "minilm-bf16", "minilm-int8")
_ROUND = 100  # papers
_NEIGHBOURS = 10

Vectors = NDArray[np.float32]


class Lap:
    """One embedder's vectors and the seconds they took, per round: by the wall clock and of all its threads."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self.vectors: list[Vectors] = []

    def embed(self, texts: Sequence[str]) -> None:
        """Embed a round and note its time."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.vectors.append(self.embedder.embed(texts))
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)


def read_texts(file: Path, papers: int) -> list[str]:
    """Title and abstract of the first papers, as one text each."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in islice(lines, papers)]
    return [f"{record['title']}\n{record['abstract']}" for record in records]


def run_in_turns(laps: Sequence[Lap], texts: Sequence[str]) -> None:
    """Warm all up, then let them embed each round one after the other; who starts changes."""
    for lap in laps:
        lap.embedder.embed(texts[:8])
    for number, start in enumerate(range(0, len(texts), _ROUND)):
        first = number % len(laps)
        for lap in (*laps[first:], *laps[:first]):
            lap.embed(texts[start : start + _ROUND])
        say(f"{min(start + _ROUND, len(texts)):,} of {len(texts):,} papers embedded by each.")


def overlap_neighbours(ours: Vectors, theirs: Vectors) -> float:
    """Mean share of a paper's ten nearest other papers on which both agree."""
    return float(np.mean([len(a & b) / _NEIGHBOURS for a, b in zip(_nearest(ours), _nearest(theirs), strict=True)]))


def _nearest(vectors: Vectors) -> list[set[int]]:
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    return [set(row) for row in np.argsort(-cosines, axis=1)[:, :_NEIGHBOURS].tolist()]


def compare(lap: Lap, reference: Lap, ceiling: float) -> dict[str, str | float]:
    """What the report says of one form; `ceiling` is papers per second if all were bare matrix products."""
    vectors, theirs = np.concatenate(lap.vectors), np.concatenate(reference.vectors)
    cosines = np.sum(vectors * theirs, axis=1)
    speed = len(vectors) / sum(lap.wall)
    return {
        "name": lap.embedder.name,
        "papers_per_second": speed,
        "papers_per_cpu_second": len(vectors) / sum(lap.cpu),
        "speed_ratio": sum(reference.wall) / sum(lap.wall),
        "speed_ratio_median_round": statistics.median(b / a for a, b in zip(lap.wall, reference.wall, strict=True)),
        "cpu_ratio": sum(reference.cpu) / sum(lap.cpu),
        "share_of_ceiling": speed / ceiling,
        "cosine_mean": float(cosines.mean()),
        "cosine_min": float(cosines.min()),
        "top10_overlap": overlap_neighbours(vectors, theirs),
    }


def measure(folder: Path, papers: int, threads: int) -> dict[str, object]:
    """Everything the report says; ratios above 1 favour ours."""
    texts = read_texts(folder / "arxiv" / "week-2026-W31.jsonl.gz", papers)
    say(f"Opening {REFERENCE_MODEL}, {', '.join(_FORMS)}: the first time, int8 takes a minute.")
    laps = {name: Lap(open_embedder(name, threads)) for name in (REFERENCE_MODEL, *_FORMS)}
    run_in_turns(list(laps.values()), texts)
    say("Measuring bare matrix products.")
    gemm, work = measure_gemm(threads), count_gflop(texts)
    precisions = dict(zip(laps, ("float32", "float32", "bfloat16", "int8"), strict=True))
    say("Measuring the peak of memory of each.")
    forms = {
        name: compare(lap, laps[REFERENCE_MODEL], gemm[precisions[name]] / work) | {"peak_mb": measure_peak(name)}
        for name, lap in laps.items()
    }
    say("Ranking the judged papers.")
    ranking = measure_ranking(folder, {name: lap.embedder for name, lap in laps.items()})
    return {"papers": len(texts), "gflop_per_paper": work, "gemm_gflops": gemm, "forms": forms, "ndcg_at_20": ranking}


def measure_peak(name: str) -> float:
    """Peak memory in MB of a process of its own that embeds 64 long texts."""
    command = [sys.executable, __file__, "--peak-of", name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- our own file, no shell
    return float(done.stdout)


def _print_peak(name: str) -> None:
    open_embedder(name, 0).embed(["graph " * 300] * 64)
    status = Path("/proc/self/status").read_text(encoding="ascii")  # getrusage would tell the parent's peak
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def _print_table(result: Mapping[str, object]) -> None:
    for key, value in result.items():
        if isinstance(value, Mapping):
            print(f"\n{key}")
            _print_table(value)
        else:
            print(f"  {key:26} {value:.4f}" if isinstance(value, float) else f"  {key:26} {value}")


def main() -> None:
    """Print the measurements as tables, or as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="FOLDER")
    parser.add_argument("--papers", type=int, default=600, help=f"more than {_NEIGHBOURS}")
    parser.add_argument("--threads", type=int, default=0, help="for our forms; 0: every core")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    args = parser.parse_args()
    configure_logging()  # else events go to standard output
    if args.peak_of:
        _print_peak(args.peak_of)
        return
    if args.papers <= _NEIGHBOURS:
        parser.error(f"--papers: expected more than {_NEIGHBOURS}")
    require_files(args.data, *FILES)
    result = measure(args.data, args.papers, args.threads)
    if args.json:
        print(json.dumps(result, indent=2))
    else:
        _print_table(result)


if __name__ == "__main__":
    main()
