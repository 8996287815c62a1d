"""Workers make the lists that `triage run` makes, whatever happens between."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import pytest
from fakes.cli_case import Home
from fakes.judging_case import WEEK
from fakes.worker_case import SLOW, TOPICS, WorkerCase, read_until

from triage.pipeline.run import run_week
from triage.worker import kinds, planning, queue, serving
from triage.worker.jobs import Station, embed
from triage.worker.kinds import make_plan
from triage.worker.planning import plan_week
from triage.worker.queue import put_piece


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundled week is several batches."""
    monkeypatch.setattr(planning, "BATCH", 20)


@pytest.fixture
def short_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dead workers are noticed in two seconds."""
    monkeypatch.setattr(queue, "HEARTBEAT", 2)
    monkeypatch.setattr(serving, "_TIMERS", serving._TIMERS | {"sweep": 1})


async def run_alone(case: WorkerCase) -> bytes:
    """The lists that the steps make one after the other, in one process."""
    async with case.open_services() as services:
        await run_week(services.bench(), WEEK, services.open_desk, topics=services.rubric.topics)
    return await case.encode_lists()


@pytest.fixture
async def expected(make_case: Callable[..., Awaitable[WorkerCase]]) -> bytes:
    """Those lists, in a database that is emptied afterwards."""
    return await run_alone(await make_case())


@pytest.mark.usefixtures("small_batches")
async def test_two_workers_make_the_lists_of_a_run(expected: bytes, case: WorkerCase) -> None:
    """Byte for byte, from one order; the queue is empty afterwards, and every step kept its report."""
    await case.put(make_plan(WEEK))
    await case.work(workers=2)
    assert await case.encode_lists() == expected
    assert await case.list_jobs() == {}
    steps = [run.step for run in await case.list_runs()]
    assert steps.count("embed") == 5
    assert set(steps) == {"embed", "score", "shortlist"}
    assert all(run.week == str(WEEK) for run in await case.list_runs())


async def test_nothing_is_put_in_for_a_finished_week(case: WorkerCase) -> None:
    """A look at it finds nothing to do, unless somebody wants it ranked anew."""
    await case.put(make_plan(WEEK))
    await case.work()
    async with case.open_services() as services:
        assert await plan_week(services, WEEK) == ()
        again = await plan_week(services, WEEK, again=True)
    assert [(piece.kind, piece.arguments["topic"]) for piece in again] == [("score", topic) for topic in TOPICS]


@pytest.mark.usefixtures("small_batches")
async def test_batches_keep_their_names_while_others_are_done(case: WorkerCase) -> None:
    """Looking at a half-embedded week again puts nothing in that waits already."""
    async with case.open_services() as services:
        first, *others = await plan_week(services, WEEK)
        await embed(Station(services, lambda: False), **first.arguments)
        assert await plan_week(services, WEEK) == tuple(others)
    assert await case.put(*others) == [True] * len(others)
    assert await case.put(*others) == [False] * len(others)


@pytest.mark.usefixtures("short_heartbeats")
async def test_a_killed_workers_job_is_done_by_another(expected: bytes, case: WorkerCase) -> None:
    """A worker that is killed in a batch loses nothing but time, and not the whole time-out."""
    async with case.open_services() as services:
        pieces = await plan_week(services, WEEK)
    await case.put(*pieces)
    process = case.start(program=SLOW)
    await asyncio.to_thread(read_until, process.stdout, "embedding")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (job,) = (await case.list_jobs()).values()
    assert (job.status, job.attempts, job.timeout) == ("active", 1, kinds.KINDS["embed"].timeout)
    await case.work()
    assert await case.encode_lists() == expected


def test_a_week_is_ordered_and_done(case: WorkerCase, commands: Home) -> None:
    """`triage queue run` and one worker that ends by itself."""
    told = commands.do("queue", "run", "--week", str(WEEK)).out
    assert "Put in: 1 job." in told
    depths = {each["kind"]: each["waiting"] for each in commands.do("queue", "--json").json["kinds"]}
    assert depths == dict.fromkeys(kinds.KINDS, 0) | {"plan": 1}
    commands.do("worker", "--burst")
    assert sorted(asyncio.run(case.load_lists())) == sorted(TOPICS)


async def test_what_was_given_up_rests_for_a_while(case: WorkerCase) -> None:
    """The clock does not put a batch that kills workers in again and again; a person may."""
    async with case.open_services() as services, case.open_queue() as queue:
        (piece,) = await plan_week(services, WEEK)
        (urged,) = await plan_week(services, WEEK, again=True)
        assert await put_piece(queue, piece)
        job = await queue.dequeue(timeout=5)
        await job.finish("failed", error="it broke")
        assert not await put_piece(queue, piece)
        assert await put_piece(queue, urged)
