"""One key, one job: what is asked for twice is done once, and nothing that was asked for is forgotten."""

import asyncio
import threading
import time
from typing import Any

import pytest
from fakes.judging_case import WEEK
from fakes.worker_case import TOPICS, WorkerCase

from triage.worker.jobs import Outcome
from triage.worker.kinds import KEPT, KINDS, make_deliver, make_plan, make_step
from triage.worker.queue import NEXT, put, put_piece
from triage.worker.working import make_function
from triage.worker.workshop import Workshop, open_workshop

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


async def test_what_is_asked_for_while_the_next_one_runs_waits_for_it(case: WorkerCase) -> None:
    """Also in that order they are never done at once: the older list would come last."""
    async with case.open_queue() as queue, open_workshop(case.settings) as workshop:
        await queue.enqueue("score", key=SCORE.key + NEXT)
        former = await queue.dequeue(timeout=5)
        await asyncio.sleep(0.01)
        assert await put_piece(queue, SCORE)
        later = await queue.dequeue(timeout=5)
        assert (former.key, later.key) == (SCORE.key + NEXT, SCORE.key)
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


async def test_a_taken_job_keeps_its_place_once(case: WorkerCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first time it comes before what was put in later; what kills workers twice comes after."""
    monkeypatch.setattr("triage.worker.queue.HEARTBEAT", 1)
    async with case.open_queue() as queue:
        await put(queue, "embed", key="dead", keys=[1], week=None)
        await queue.dequeue(timeout=5)
        await put(queue, "embed", key="later", keys=[2], week=None)
        await asyncio.sleep(1.1)
        assert await queue.sweep() == ["dead"]
        job = await queue.dequeue(timeout=5)
        assert job.key == "dead"
        job.attempts = 2
        await job.update()
        await asyncio.sleep(1.1)
        assert await queue.sweep() == ["dead"]
        assert (await queue.dequeue(timeout=5)).key == "later"


@pytest.mark.parametrize("skew", [-3600, 3600])
async def test_no_two_clocks_are_compared(case: WorkerCase, monkeypatch: pytest.MonkeyPatch, skew: int) -> None:
    """A worker whose clock is an hour off, and one that looks for dead ones: the job stays where it is."""
    now = time.time
    async with case.open_queue() as other:
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda: now() + skew)
            async with case.open_queue() as queue:
                await put(queue, "embed", key="alive", keys=[1], week=None)
                job = await queue.dequeue(timeout=5)
                await job.update()
        assert await other.sweep() == []
        assert (await other.job("alive")).status == "active"


async def test_after_an_outage_workers_may_speak_first(case: WorkerCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could give a sign of life while the server was away: none is taken for dead at once."""
    monkeypatch.setattr("triage.worker.queue.HEARTBEAT", 1)
    monkeypatch.setattr("triage.worker.postgres_queue._AWAY", 0.5)
    monkeypatch.setattr("triage.worker.postgres_queue._SPARED", 0.3)
    async with case.open_queue() as queue:
        await put(queue, "embed", key="alive", keys=[1], week=None)
        await queue.dequeue(timeout=5)
        await queue.sweep()
        await asyncio.sleep(1.1)
        assert await queue.sweep() == []
        await asyncio.sleep(0.4)
        assert await queue.sweep() == ["alive"]


@pytest.mark.parametrize("way", ["finish", "retry"])
async def test_who_was_taken_for_dead_is_not_heard(case: WorkerCase, way: str) -> None:
    """Its job is another's, or was done and asked for again: neither its end nor its failure touches that."""
    async with case.open_queue() as queue:
        await put_piece(queue, SCORE)
        stale = await queue.dequeue(timeout=5)
        stale.worker_id, stale.ttl = "first", -1
        await stale.update(status="active")
        other = await queue.job(SCORE.key)
        other.worker_id, other.attempts = "second", 2
        await other.update(status="active")
        await (stale.finish("complete") if way == "finish" else stale.retry("cancelled"))
        kept = await queue.job(SCORE.key)
    assert (kept.status, kept.worker_id, kept.attempts) == ("active", "second", 2)


async def test_what_was_asked_for_again_is_not_ended_by_who_had_it_before(case: WorkerCase) -> None:
    """The later request of the same name waits on, when the former's worker comes back after another had done it."""
    async with case.open_queue() as queue:
        await put_piece(queue, SCORE)
        stale = await queue.dequeue(timeout=5)
        stale.worker_id = "first"
        done = await queue.job(SCORE.key)
        stale.ttl = done.ttl = -1
        await done.finish("complete")
        await asyncio.sleep(0.01)
        assert await put_piece(queue, SCORE)
        await stale.finish("complete")
        assert (await queue.job(SCORE.key)).status == "queued"


async def test_a_job_that_another_has_is_given_up(case: WorkerCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was taken for dead and lives stops working at it: what it would write is older."""
    monkeypatch.setattr("triage.worker.working.BEAT", 0.1)

    class Endless(Workshop):
        def __init__(self) -> None:
            self._stopping = threading.Event()

        async def do(self, kind: str, arguments: dict[str, Any]) -> Outcome:
            del kind, arguments
            await asyncio.Event().wait()
            raise AssertionError

    async with case.open_queue() as queue:
        await put_piece(queue, SCORE)
        job = await queue.dequeue(timeout=5)
        task = asyncio.ensure_future(make_function("score", Endless())({"job": job}))
        await asyncio.sleep(0.3)
        assert not task.done()
        other = await queue.job(SCORE.key)
        other.worker_id = "second"
        await other.update(status="active")
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)


async def test_no_job_is_taken_in_advance(case: WorkerCase) -> None:
    """One that nobody works at yet would give no sign of life, and be kept from others."""
    async with case.open_queue() as queue:
        for number in range(20):
            await put(queue, "embed", key=f"{number}", keys=[number], week=None)
        async with queue.pool.connection(), queue.pool.connection(), queue.pool.connection():
            pass  # from now on nobody waits for a connection
        for taken in range(1, 6):
            task = asyncio.ensure_future(queue.dequeue(timeout=5))
            while not task.done():
                await queue.schedule()
                await asyncio.sleep(0)
            assert await task
            assert await queue.count("active") == taken
