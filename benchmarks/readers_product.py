"""Many readers' taste as one matrix product: drawn readers, the best papers of each, and what the machine can do."""

import time

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.taste import Examples

Matrix = NDArray[np.float32]

TOP = 20
LIKED = 5  # papers that a drawn reader likes
ROWS = 1_000  # readers in a block: 8 MB of scores for a week of 2,000 papers
_GEMM = 2_048  # rows and columns of the square matrices that show what the machine can do
_GEMM_ROUNDS = 5
_TIE = 1e-5  # scores of unit rows this close may change places between two orders of summing


class Pass(msgspec.Struct, frozen=True):
    """One week scored for so many readers. `bytes_moved`: weights read once, every score written and read once."""

    readers: int
    seconds: float
    product_seconds: float
    choice_seconds: float
    gflop: float
    gflops_per_second: float
    weights_mb: float
    bytes_moved_mb: float


def draw_readers(past: Matrix, count: int, seed: int) -> Matrix:
    """`(count, d) float32`: each reader likes five papers of the past, and wants their mean less the mean of all.

    The shape of a fitted taste, without fitting so many; neither time nor bytes depend on the values.
    """
    generator = np.random.default_rng(seed)
    weights = np.empty((count, past.shape[1]), np.float32)
    mean = past.mean(axis=0)
    for start in range(0, count, ROWS):
        liked = generator.integers(0, len(past), (min(ROWS, count - start), LIKED))
        weights[start : start + ROWS] = past[liked].mean(axis=1) - mean
    return weights


def choose_best(scores: Matrix) -> NDArray[np.int64]:
    """The columns of the `TOP` highest scores of each row, best first; equal ones as in the week."""
    chosen = np.argpartition(scores, -TOP, axis=1)[:, -TOP:]
    chosen.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, chosen, axis=1), axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1)


def score_week(weights: Matrix, week: Matrix) -> tuple[NDArray[np.int64], Pass]:
    """The best papers of every reader, `(readers, 20)`, in blocks: memory does not grow with the scores."""
    started = time.perf_counter()
    best = np.empty((len(weights), TOP), np.int64)
    scores = np.empty((ROWS, len(week)), np.float32)
    product = choice = 0.0
    papers = np.ascontiguousarray(week.T)
    for start in range(0, len(weights), ROWS):
        block = weights[start : start + ROWS]
        rows = scores[: len(block)]
        begun = time.perf_counter()
        np.matmul(block, papers, out=rows)
        multiplied = time.perf_counter()
        best[start : start + ROWS] = choose_best(rows)
        product += multiplied - begun
        choice += time.perf_counter() - multiplied
    gflop = 2e-9 * len(weights) * week.size
    return best, Pass(
        readers=len(weights),
        seconds=time.perf_counter() - started,
        product_seconds=product,
        choice_seconds=choice,
        gflop=gflop,
        gflops_per_second=gflop / product,
        weights_mb=weights.nbytes / 1e6,
        bytes_moved_mb=(weights.nbytes + 2 * 4 * len(weights) * len(week)) / 1e6,
    )


def count_differences(weights: Matrix, week: Matrix, best: NDArray[np.int64], sample: NDArray[np.int64]) -> int:
    """Readers of a sample whose list is not what one product per reader gives, in double precision.

    Papers whose scores differ by rounding alone may change places.
    """
    exact = week.astype(np.float64)
    wrong = 0
    for reader in sample:
        scores = exact @ weights[reader].astype(np.float64)
        expected = np.sort(scores)[::-1][:TOP]
        wrong += len(set(best[reader])) < TOP or bool(np.any(np.abs(scores[best[reader]] - expected) > _TIE))
    return wrong


def time_loop(weights: Matrix, week: Matrix, sample: NDArray[np.int64]) -> float:
    """Seconds per reader, one after the other, as a loop over readers would do it."""
    started = time.perf_counter()
    for reader in sample:
        choose_best((week @ weights[reader])[None])
    return (time.perf_counter() - started) / len(sample)


def measure_ceiling() -> float:
    """GFLOP/s of the best of five products of square matrices: what the cores give to numpy."""
    generator = np.random.default_rng(0)
    a, b = (generator.standard_normal((_GEMM, _GEMM), np.float32) for _ in range(2))
    seconds = []
    for _ in range(_GEMM_ROUNDS):
        begun = time.perf_counter()
        np.matmul(a, b)
        seconds.append(time.perf_counter() - begun)
    return 2e-9 * _GEMM**3 / min(seconds)


def measure_slope(passes: list[Pass]) -> float:
    """The exponent of readers in the seconds, between the first and the last pass; 1 is proportional."""
    first, last = passes[0], passes[-1]
    if first.readers == last.readers:
        return float("nan")
    return float(np.log(last.seconds / first.seconds) / np.log(last.readers / first.readers))


def take(examples: Examples, rows: list[int]) -> Examples:
    """Some of them, in the order of `rows`."""
    return Examples([examples.texts[row] for row in rows], examples.vectors[rows])
