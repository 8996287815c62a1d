"""Default embedder against sentence-transformers: speed side by side, and how close the vectors are.

Both embed the same papers, a round at a time and in turns, so that other work on the machine slows both alike.

    python benchmarks/embed_speed.py week-2026-W31.jsonl.gz --papers 1000 --json

The file is JSON lines with `title` and `abstract` (gzip). Needs the extra `models`.
"""

import argparse
import gzip
import json
import statistics
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.adapters.minilm import MiniLmEmbedder
from triage.adapters.sentence_transformer import REFERENCE_MODEL, SentenceTransformerEmbedder
from triage.ports import Embedder

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


def run_in_turns(ours: Lap, theirs: Lap, texts: Sequence[str]) -> None:
    """Warm both up, then let them embed each round one after the other; who starts alternates."""
    for lap in (ours, theirs):
        lap.embedder.embed(texts[:8])
    for number, start in enumerate(range(0, len(texts), _ROUND)):
        for lap in (ours, theirs) if number % 2 else (theirs, ours):
            lap.embed(texts[start : start + _ROUND])


def overlap_neighbours(ours: Vectors, theirs: Vectors) -> float:
    """Mean share of a paper's ten nearest other papers on which both agree."""
    return float(np.mean([len(a & b) / _NEIGHBOURS for a, b in zip(_nearest(ours), _nearest(theirs), strict=True)]))


def _nearest(vectors: Vectors) -> list[set[int]]:
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    return [set(row) for row in np.argsort(-cosines, axis=1)[:, :_NEIGHBOURS].tolist()]


def measure(file: Path, papers: int, threads: int) -> dict[str, str | float]:
    """Everything the report says; speeds are papers per second, ratios above 1 favour the default embedder."""
    start = time.perf_counter()
    ours = Lap(MiniLmEmbedder(threads))
    seconds_to_start = time.perf_counter() - start
    theirs = Lap(SentenceTransformerEmbedder(REFERENCE_MODEL, device="cpu"))
    texts = read_texts(file, papers)
    run_in_turns(ours, theirs, texts)
    vectors, reference = np.concatenate(ours.vectors), np.concatenate(theirs.vectors)
    cosines = np.sum(vectors * reference, axis=1)
    return {
        "embedder": ours.embedder.name,
        "reference": theirs.embedder.name,
        "papers": len(texts),
        "seconds_to_start": seconds_to_start,
        "papers_per_second": len(texts) / sum(ours.wall),
        "reference_papers_per_second": len(texts) / sum(theirs.wall),
        "speed_ratio": sum(theirs.wall) / sum(ours.wall),
        "speed_ratio_median_round": statistics.median(b / a for a, b in zip(ours.wall, theirs.wall, strict=True)),
        "papers_per_cpu_second": len(texts) / sum(ours.cpu),
        "reference_papers_per_cpu_second": len(texts) / sum(theirs.cpu),
        "cpu_ratio": sum(theirs.cpu) / sum(ours.cpu),
        "cosine_mean": float(cosines.mean()),
        "cosine_min": float(cosines.min()),
        "top10_overlap": overlap_neighbours(vectors, reference),
    }


def main() -> None:
    """Print the measurements as a table, or as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=0, help="for the default embedder; 0: every core")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    result = measure(args.file, args.papers, args.threads)
    if args.json:
        print(json.dumps(result, indent=2))
        return
    for key, value in result.items():
        print(f"{key:32} {value:.4f}" if isinstance(value, float) else f"{key:32} {value}")


if __name__ == "__main__":
    main()
