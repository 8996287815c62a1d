"""How workers end, and what becomes of the job in hand."""

import asyncio
import signal
import subprocess

from fakes.judging_case import WEEK
from fakes.worker_case import SLOW, WorkerCase, end, read_until

from triage.worker.planning import plan_week

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
