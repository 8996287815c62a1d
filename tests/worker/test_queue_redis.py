"""The same jobs in Redis, beside SQLite."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.judging_case import NOW, WEEK
from fakes.worker_case import TOPICS, WorkerCase, import_sample

from triage.config import Settings
from triage.store.engine import Database
from triage.store.schema import ensure_schema
from triage.worker.kinds import make_plan, make_step
from triage.worker.queue import NEXT, put_piece


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A server of our own; the test is skipped where there is no program for one."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs the program redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path))
    with subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ours
        assert server.stdout is not None
        assert any("Ready to accept connections" in line for line in server.stdout)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


@pytest.fixture
async def redis_case(redis_url: str, tmp_path: Path) -> WorkerCase:
    """The bundled week in SQLite, and an empty queue in Redis."""
    home = tmp_path / "home"
    home.mkdir()
    url = f"sqlite+aiosqlite:///{home / 'triage.db'}"
    database = Database(url)
    await ensure_schema(database)
    await database.close()
    await import_sample(url)
    return WorkerCase(Settings(home=home, queue_url=redis_url, embedder="hashing", now=NOW))


async def test_a_week_is_done_by_way_of_redis(redis_case: WorkerCase) -> None:
    """Lists are made, and no job is left."""
    await redis_case.put(make_plan(WEEK))
    await redis_case.work(workers=2)
    assert sorted(await redis_case.load_lists()) == sorted(TOPICS)
    assert await redis_case.list_jobs() == {}


async def test_redis_keeps_one_job_for_a_key(redis_case: WorkerCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """One waits, one more behind the one that runs; a dead worker's come back in less than a second each."""
    monkeypatch.setattr("triage.worker.queue.HEARTBEAT", 1)
    score = make_step("score", WEEK, TOPICS[0])
    async with redis_case.open_queue() as queue:
        assert [await put_piece(queue, score) for _ in range(2)] == [True, False]
        job = await queue.dequeue(timeout=5)
        job.started = job.touched = job.queued
        await job.update(status="active")
        assert [await put_piece(queue, score) for _ in range(2)] == [True, False]
        await asyncio.sleep(1.2)
        await asyncio.wait_for(queue.sweep(lock=1), 4)
        jobs = {job.key: job.status async for job in queue.iter_jobs()}
    assert jobs == {score.key: "queued", score.key + NEXT: "queued"}
