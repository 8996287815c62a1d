"""One key, one job: what is asked for twice is done once, and nothing that was asked for is forgotten."""

import asyncio

import pytest
from fakes.judging_case import WEEK
from fakes.worker_case import TOPICS, WorkerCase

from triage.worker.kinds import KEPT, KINDS, make_deliver, make_plan, make_step
from triage.worker.queue import NEXT, put, put_piece
from triage.worker.working import make_function
from triage.worker.workshop import open_workshop

SCORE = make_step("score", WEEK, TOPICS[0])


async def test_what_waits_is_not_put_in_again(case: WorkerCase) -> None:
    """The second order of the same work finds it there; other work is other work."""
    assert await case.put(SCORE, SCORE, make_step("score", WEEK, TOPICS[1])) == [True, False, True]


async def test_what_runs_is_done_once_more(case: WorkerCase) -> None:
    """It may have begun before what it is asked to see: one more waits, and only one, and begins when it has ended."""
    async with case.open_queue() as queue, open_workshop(case.settings) as workshop:
        await put_piece(queue, SCORE)
        former = await queue.dequeue(timeout=5)
        assert [await put_piece(queue, SCORE) for _ in range(2)] == [True, False]
        later = await queue.dequeue(timeout=5)
        assert (former.key, later.key) == (SCORE.key, SCORE.key + NEXT)
        task = asyncio.ensure_future(make_function("plan", workshop)({"job": later}, week=str(WEEK)))
        done, _ = await asyncio.wait({task}, timeout=1.0)
        assert not done
        former.ttl = -1
        await former.finish("complete")
        await task


async def test_mail_that_is_being_sent_is_not_asked_for_again(case: WorkerCase) -> None:
    """What looks for everything that is due needs no second one behind it: the clock comes again."""
    async with case.open_queue() as queue:
        await put_piece(queue, make_deliver())
        await queue.dequeue(timeout=5)
        assert not await put_piece(queue, make_deliver())


async def test_a_failed_job_can_be_asked_for_at_once(case: WorkerCase) -> None:
    """Also within the second in which it failed, which SAQ by itself takes for the same request."""
    async with case.open_queue() as queue:
        await put_piece(queue, SCORE)
        job = await queue.dequeue(timeout=5)
        job.scheduled = 4_000_000_000
        await job.finish("failed", error="it broke")
        assert await put_piece(queue, SCORE)
        (kept,) = [job async for job in queue.iter_jobs()]
    assert (kept.status, kept.error, kept.attempts) == ("queued", None, 0)


async def test_a_job_carries_the_rules_of_its_kind(case: WorkerCase) -> None:
    """Time-out, signs of life, attempts and how long it is kept never are SAQ's own; a backfill comes last."""
    async with case.open_queue() as queue:
        for number, kind in enumerate(KINDS):
            await put(queue, kind, key=f"{number}")
        await put(queue, "embed", key="backfill", is_urgent=False, keys=[1], week=None)
        jobs = {job.key: job async for job in queue.iter_jobs()}
        order = [(await queue.dequeue(timeout=5)).function for _ in jobs]
    assert all(
        job.timeout >= 600 and job.heartbeat == 15 and job.retries == 5 and job.ttl == KEPT for job in jobs.values()
    )
    assert order == ["deliver", "shortlist", "judge", "score", "plan", "harvest", "embed", "embed"]


async def test_dead_workers_jobs_come_back_together(case: WorkerCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once and for any worker that looks; one that was taken too often is given up, with a sentence."""
    monkeypatch.setattr("triage.worker.queue.HEARTBEAT", 1)
    async with case.open_queue() as queue, case.open_queue() as other:
        for number in range(20):
            await put(queue, "embed", key=f"{number:02}", keys=[number], week=None)
        jobs = [await queue.dequeue(timeout=5) for _ in range(20)]
        jobs[0].attempts = 5
        await jobs[0].update()
        await asyncio.sleep(1.1)
        assert sorted(await queue.sweep()) == sorted(job.key for job in jobs)
        assert await other.sweep() == []
        kept = {job.key: job async for job in other.iter_jobs()}
    assert {job.status for key, job in kept.items() if key != "00"} == {"queued"}
    assert (kept["00"].status, kept["00"].error) == ("failed", queue.swept_error_message)


async def test_workers_may_begin_together(case: WorkerCase) -> None:
    """The queue's tables are made once, and whoever comes second finds them."""
    await asyncio.gather(*(case.put(make_plan(WEEK)) for _ in range(4)))
    assert list(await case.list_jobs()) == [make_plan(WEEK).key]
