"""Spreads the seeded runs of a bench over processes."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

T = TypeVar("T")


def spread_runs(run_batch: Callable[[range], Sequence[T]], runs: int, batch: int, processes: int) -> Iterator[T]:
    """What every run gave, in order; a bar on stderr shows how far it is when that is a terminal."""
    batches = [range(first, min(first + batch, runs)) for first in range(0, runs, batch)]
    console = Console(stderr=True)
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(processes, mp_context=context) as pool,
        Progress(console=console, disable=not console.is_terminal) as progress,
    ):
        spread = map if processes == 1 else pool.map
        task = progress.add_task("runs", total=runs)
        for found in spread(run_batch, batches):
            progress.advance(task, len(found))
            yield from found
