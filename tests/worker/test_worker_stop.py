"""How workers end, and what becomes of the job in hand."""

import asyncio
import signal
import subprocess
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from fakes.judging_case import WEEK
from fakes.worker_case import SLOW, WorkerCase, end, read_until

from triage.config import Settings
from triage.worker import workshop
from triage.worker.planning import plan_week

_BEGINNING = """
import triage.bootstrap as bootstrap
former = bootstrap.ensure_schema
async def ensure_schema(database):
    print("beginning", flush=True)
    __import__("time").sleep(2)
    await former(database)
bootstrap.ensure_schema = ensure_schema
"""
_SHORT = "import triage.worker.serving as serving; serving.GRACE = 1\n"


async def start_a_batch(case: WorkerCase, program: str) -> "subprocess.Popen[str]":
    """A worker that is in the middle of the week's only batch."""
    async with case.open_services() as services:
        await case.put(*await plan_week(services, WEEK))
    process = case.start(program=program)
    await asyncio.to_thread(read_until, process.stdout, "embedding")
    return process


async def test_a_stop_waits_for_the_job_in_hand(case: WorkerCase) -> None:
    """SIGTERM: it says so, finishes the batch, leaves what follows to others, and ends well."""
    process = await start_a_batch(case, SLOW)
    process.send_signal(signal.SIGTERM)
    said = await asyncio.to_thread(read_until, process.stderr, "Stopping")
    _, rest = await asyncio.to_thread(process.communicate, "", 60)
    assert "Stopping after 1 job(s), or in 25 seconds; again stops at once." in said
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert {job.function: job.status for job in (await case.list_jobs()).values()} == {"score": "queued"}


async def test_a_job_that_takes_too_long_goes_back(case: WorkerCase) -> None:
    """After the grace period it waits in the queue again, its attempts as many as before, and the worker ends."""
    process = await start_a_batch(case, _SHORT + SLOW)
    code, said = await asyncio.to_thread(end, process, signal.SIGINT)
    assert code == 130, said
    assert "Traceback" not in said
    (job,) = (await case.list_jobs()).values()
    assert (job.function, job.status, job.attempts) == ("embed", "queued", 0)


async def test_a_second_wish_ends_it_at_once(case: WorkerCase) -> None:
    """The job stays with the dead worker, until another takes it over."""
    process = await start_a_batch(case, SLOW)
    process.send_signal(signal.SIGINT)
    await asyncio.to_thread(read_until, process.stderr, "Stopping")
    code, said = await asyncio.to_thread(end, process, signal.SIGINT)
    assert code == 130
    assert "Stopped at once" in said
    (job,) = (await case.list_jobs()).values()
    assert (job.function, job.status) == ("embed", "active")


async def test_a_worker_that_is_still_beginning_ends_well(case: WorkerCase) -> None:
    """SIGTERM before there is any job to take: exit code 0, and nothing said."""
    process = case.start(program=_BEGINNING + SLOW)
    await asyncio.to_thread(read_until, process.stdout, "beginning")
    code, said = await asyncio.to_thread(end, process, signal.SIGTERM)
    assert (code, said) == (0, "")


def test_a_worker_that_cannot_begin_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the cause is a fault of the program, whoever waits for the thread of the jobs hears of it."""
    monkeypatch.setattr(workshop, "open_services", None)
    ready: Future[Any] = Future()
    with pytest.raises(TypeError):
        workshop._run(Settings(home=tmp_path), ready)
    assert "traceback" in str(ready.exception(timeout=0))
