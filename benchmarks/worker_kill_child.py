"""What a process of worker_kills.py runs: a worker as `triage worker` begins it, under a name in the database."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

LIFE: Final = "triage.life"
"""A setting of PostgreSQL sessions, of our own: what a worker was begun as."""
WARM: Final = (
    *("__main__", "benchmarks.worker_kill_child", "triage.worker.serving", "triage.worker.postgres_queue"),
    *("triage.worker.saq_worker", "triage.adapters.hashing", "sqlalchemy.dialects.postgresql.asyncpg"),
)
"""What a worker would import by itself, once for all of them: else a small machine does little more than that."""


def live(name: str, settings: Mapping[str, str], log: Path, harm: str) -> None:
    """Work until told to stop; all it says goes into `log`."""
    os.environ["PGOPTIONS"] = f"-c {LIFE}={name}"
    told = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(told, 1)
    os.dup2(told, 2)
    from triage.config import Settings
    from triage.worker.serving import run_worker

    if harm == "no-sweep":
        _sweep_nothing()
    asyncio.run(run_worker(Settings.model_validate(settings), jobs=1, with_cron=False))


def _sweep_nothing() -> None:
    """Leave the jobs of dead workers where they are."""
    from triage.worker.postgres_queue import SweptAtOnceQueue

    async def sweep(_queue: SweptAtOnceQueue, lock: int = 60, abort: float = 5.0) -> list[str]:
        del lock, abort
        return []

    SweptAtOnceQueue.sweep = sweep  # type: ignore[assignment, method-assign]  # on purpose
