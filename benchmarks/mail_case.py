"""What the benches of the weekly mail share: the made-up week's lists, and readers who are owed the digest of it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from importlib.resources import as_file, files
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from triage.adapters.fake_smtp.faults import FAULTS
from triage.adapters.fake_smtp.server import FakeSmtp
from triage.adapters.snapshot import open_snapshot
from triage.bootstrap import Services, open_services
from triage.config import Settings
from triage.core.mailing import Mailing
from triage.core.schedule import Slot, due_at
from triage.core.week import parse_week
from triage.pipeline.importing import import_files
from triage.pipeline.run import run_week
from triage.store.mailings import save_mailing, set_confirmed
from triage.store.subscriptions import add_subscription

WEEK = parse_week("2026-W20")
DUE = due_at(WEEK, Slot())
_BUILT = DUE - timedelta(hours=4)
_DOMAINS = ("example.org", "example.com", "example.net", "mail.example.edu")
_FAULT_EVERY = 8  # readers
_ONE_READER = sorted(name for name, fault in FAULTS.items() if fault.place not in {"connect", "sender"})


def make_settings(home: Path, port: int = 0) -> Settings:
    """As of someone who sends by a server on this machine; port 0: into the folder."""
    return Settings(
        home=home,
        embedder="hashing",
        public_url="https://triage.example.org",
        accounts=True,
        mail="smtp" if port else "folder",
        mail_from="triage@triage.example.org",
        mail_per_minute=1_000_000,
        smtp_host="127.0.0.1",
        smtp_port=port or 587,
        smtp_security="none",
        smtp_timeout=2.0,
    )


def name_reader(number: int) -> str:
    """`r00007`."""
    return f"r{number:05}"


def plan_faults(readers: int) -> dict[str | int, str | Sequence[str]]:
    """Every eighth reader's server misbehaves: each fault in turn, now always and now at the first attempt only."""
    kinds = cycle([script for name in _ONE_READER for script in (name, [name])])
    return {name_reader(number): next(kinds) for number in range(0, readers, _FAULT_EVERY)}


def prepare_home(home: Path, readers: int, size: int | None = None) -> None:
    """The week, ranked and not published yet, and so many confirmed readers of both topics."""
    asyncio.run(_prepare(home, readers, size))


async def _prepare(home: Path, readers: int, size: int | None) -> None:
    async with open_services(make_settings(home), clock=lambda: _BUILT) as services:
        with as_file(files("triage.sample") / "sample-week.jsonl") as path:
            await import_files(services.database, [open_snapshot(path)], now=services.clock)
        await run_week(services.bench(), WEEK, services.open_desk, topics=services.rubric.topics)
        await _add_readers(services, readers, size)


async def _add_readers(services: Services, readers: int, size: int | None) -> None:
    topics = [topic.name for topic in services.rubric.topics]
    async with services.database.write() as session:
        for number in range(readers):
            name = name_reader(number)
            email = f"{name}@{_DOMAINS[number % len(_DOMAINS)]}"
            language = "zh" if number % 10 == 0 else "en"
            mailing = Mailing(
                reader=name,
                email=email,
                slot=Slot(),
                language=language,
                size=size,
                created_at=_BUILT,
                changed_at=_BUILT,
            )
            await save_mailing(session, mailing, reader=name)
            for topic in topics:
                await add_subscription(session, topic, _BUILT, reader=name)
            await set_confirmed(session, _BUILT, str(WEEK), reader=name)


@contextmanager
def serve_mail(log: Path, faults: Mapping[str | int, str | Sequence[str]]) -> Iterator[int]:
    """A mail server in a process of its own, which outlives whoever is killed; yields its port."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(log, dict(faults), theirs))
    server.start()
    with closing(ours):
        try:
            yield ours.recv()
        finally:
            ours.send("end")
            server.join()


def _serve(log: Path, faults: dict[str | int, str | Sequence[str]], told: Connection) -> None:
    with FakeSmtp(faults, log_path=log) as server:
        told.send(server.port)
        told.recv()
