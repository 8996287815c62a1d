"""The bundled week in PostgreSQL with a queue, and workers: in this process, or in one that can be killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec
from fakes.cli_case import PROGRAM, ROOT, Home
from fakes.judging_case import NOW, WEEK, read_bundled_rubric
from sqlalchemy import text

from triage.bootstrap import Services, open_services
from triage.config import Settings
from triage.core.arxiv_json import read_record
from triage.store.base import Base
from triage.store.engine import Database
from triage.store.runs import Run, list_runs
from triage.store.shortlists import Shortlist, load_shortlist
from triage.store.upsert import upsert_papers
from triage.worker.kinds import Piece
from triage.worker.queue import connect, open_queue, put_piece
from triage.worker.serving import run_worker

if TYPE_CHECKING:
    from saq import Job, Queue

TOPICS = tuple(topic.name for topic in read_bundled_rubric().topics)
_PATCHED = """
import sys
from triage.adapters.hashing import HashingEmbedder
former = HashingEmbedder.embed
def embed(self, texts):
    print("embedding", flush=True)
    sys.stdin.readline()
    return former(self, texts)
HashingEmbedder.embed = embed
"""
SLOW = _PATCHED + PROGRAM
"""The program, that embeds a batch of papers only when it is told to: by a line, or by the end of all lines."""


class WorkerCase:
    """A database of its own; settings and commands that use it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def environment(self) -> dict[str, str]:
        """The settings, for another process."""
        names = self.settings.model_fields_set
        values = {name: getattr(self.settings, name) for name in names}
        return {f"TRIAGE_{name.upper()}": str(value) for name, value in values.items()}

    def adopt(self, home: Home) -> Home:
        """Commands that use this database and queue."""
        home.environment |= self.environment
        return home

    async def put(self, *pieces: Piece) -> list[bool]:
        """Put jobs in."""
        async with self.open_queue() as queue:
            return [await put_piece(queue, piece) for piece in pieces]

    async def work(self, workers: int = 1) -> None:
        """Until nothing is left."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(run_worker(self.settings, is_burst=True))

    async def list_jobs(self) -> "dict[str, Job]":
        """All that are kept, by key."""
        async with self.open_queue() as queue:
            return {job.key: job async for job in queue.iter_jobs()}

    async def load_lists(self) -> dict[str, Shortlist]:
        """What is stored, by topic."""
        async with self.open_services() as services, services.database.read() as session:
            found = [await load_shortlist(session, topic, str(WEEK)) for topic in TOPICS]
        return {each.topic: each for each in found if each is not None}

    async def encode_lists(self) -> bytes:
        """Every field of every list."""
        return msgspec.json.encode(await self.load_lists())

    async def list_runs(self) -> list[Run]:
        """What the steps reported, the oldest first."""
        async with self.open_services() as services, services.database.read() as session:
            return (await list_runs(session, 1_000))[::-1]

    @asynccontextmanager
    async def open_queue(self) -> "AsyncIterator[Queue]":
        """Connected."""
        async with connect(open_queue(self.settings)) as queue:
            yield queue

    @asynccontextmanager
    async def open_services(self) -> AsyncIterator[Services]:
        """On this database."""
        async with open_services(self.settings) as services:
            yield services

    def start(self, *arguments: str, program: str = PROGRAM) -> subprocess.Popen[str]:
        """`triage worker --no-cron` in a process of its own."""
        return subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", program, "worker", "--no-cron", *arguments],
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


async def empty(url: str) -> None:
    """No paper, nothing made of any, and no job."""
    database = Database(url)
    async with database.connection(writes=True) as connection:
        await connection.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)} RESTART IDENTITY CASCADE"))
        await connection.execute(text("DROP TABLE IF EXISTS saq_jobs, saq_stats, saq_versions"))
    await database.close()


async def import_sample(url: str) -> None:
    """The bundled week's papers into a migrated database."""
    lines = (ROOT / "triage" / "sample" / "sample-week.jsonl").read_bytes().splitlines()
    database = Database(url)
    async with database.write() as session:
        await upsert_papers(session, [read_record(line) for line in lines], NOW)
    await database.close()


def make_settings(home: Path, url: str, **changes: Any) -> Settings:
    """Of a worker: the week is over, words are counted instead of read."""
    return Settings(home=home, database_url=url, embedder="hashing", now=NOW, **changes)


def end(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[int, str]:
    """Send a signal and wait for the end, telling it nothing more: exit code and standard error."""
    with process:
        process.send_signal(number)
        process.wait(timeout=60)
        assert process.stderr is not None
        return process.returncode, process.stderr.read()


def read_until(stream: IO[str] | None, words: str) -> str:
    """The first line that has these words."""
    assert stream is not None
    for line in stream:
        if words in line:
            return line
    raise AssertionError("the process ended without saying it")
