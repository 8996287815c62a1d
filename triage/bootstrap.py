"""The only wiring: settings become a database, adapters and a clock. Nothing else reads the environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import triage
from triage.config import Settings
from triage.core.rubric import Rubric
from triage.core.rubric_reading import read_rubric
from triage.errors import InputError
from triage.pipeline.reconcile import Desk
from triage.pipeline.replay import Clients
from triage.pipeline.report import Progress, keep_quiet
from triage.pipeline.score import Bench
from triage.ports import Embedder, Feed, Source
from triage.store.engine import Database
from triage.store.schema import ensure_schema

if TYPE_CHECKING:
    from triage.adapters.arxiv_http import Network, Wire
    from triage.adapters.pace import Pace
    from triage.adapters.raw_answers import KeptSession
    from triage.adapters.recorder import Recorder
    from triage.store.lease import DatabaseLease


class Services:
    """What the commands work with; adapters are opened at first use, since models take time to load."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock

    @cached_property
    def rubric(self) -> Rubric:
        """The rubric in force; raises `RubricError`."""
        return load_rubric(self.settings)

    @cached_property
    def embedder(self) -> Embedder:
        """The embedder in force; raises `ModelError`."""
        from triage.adapters.embedders import open_embedder

        return open_embedder(self.settings.embedder, self.settings.threads)

    @cached_property
    def embedder_name(self) -> str:
        """What the embedder in force calls itself; loads a model only where nothing else tells; raises `ModelError`."""
        from triage.adapters.embedders import name_embedder

        return name_embedder(self.settings.embedder, self.settings.threads)

    @cached_property
    def pace(self) -> Pace:
        """The one pace of this process, shared by lease with all processes that use the same database."""
        from triage.adapters.pace import Pace

        return Pace(self.settings.arxiv_interval, lease=self._lease)

    @cached_property
    def _lease(self) -> DatabaseLease | None:
        from triage.store.lease import open_lease

        return open_lease(self.database.url)

    @cached_property
    def recorder(self) -> Recorder:
        """Keeps raw answers for `keep_answers` days."""
        from triage.adapters.raw_answers import RawAnswers
        from triage.adapters.recorder import Recorder

        return Recorder(RawAnswers(self.answers), self.settings.keep_answers)

    @property
    def answers(self) -> Path:
        """The folder of raw answers."""
        return self.settings.home / "answers"

    @cached_property
    def network(self) -> Network:
        """The wire to arXiv; raises `InputError` until arXiv can be told who asks."""
        from triage.adapters.arxiv_http import Network, name_agent

        if not self.settings.contact:
            raise InputError(
                "arXiv asks programs to say whom to write to. Set TRIAGE_CONTACT to your mail address, "
                "such as TRIAGE_CONTACT=me@example.org, and run this again."
            )
        return Network(self.pace, name_agent(self.settings.contact), keep=self.recorder.keep)

    def open_source(self, progress: Progress = keep_quiet) -> Source:
        """ArXiv's query API; raises `InputError`."""
        return self._open_clients(self.network, progress).lookup

    def open_feed(self) -> Feed:
        """The day's listings; raises `InputError`."""
        return self._open_clients(self.network, keep_quiet).feed

    def open_desk(self, progress: Progress = keep_quiet) -> Desk:
        """What the harvest of whole archives works with; raises `InputError`."""
        clients = self._open_clients(self.network, progress)
        categories = self.rubric.categories
        return Desk(
            self.database, clients.archive, clients.lookup, categories, self.clock(), progress, self.recorder.begin
        )

    def open_replays(self, folder: Path | None = None) -> list[tuple[KeptSession, Clients]]:
        """Every kept harvest and clients that read from it, the oldest first; raises `InputError` without any."""
        from triage.adapters.raw_answers import RawAnswers
        from triage.adapters.replay import ReplayWire

        sessions = RawAnswers(folder or self.answers).sessions()
        if not sessions:
            raise InputError(
                f"{folder or self.answers} holds no kept answers of arXiv: expected the folder of a harvest."
            )
        return [(session, self._open_clients(ReplayWire(session), keep_quiet)) for session in sessions]

    def _open_clients(self, wire: Wire, progress: Progress) -> Clients:
        from triage.adapters.arxiv_api import ArxivApi
        from triage.adapters.arxiv_feed import ArxivFeed
        from triage.adapters.oai_archive import OaiArchive

        lookup = ArxivApi(
            self.settings.arxiv_api_url, wire, on_page=lambda read, expected: progress("harvest", read, expected)
        )
        return Clients(
            OaiArchive(self.settings.arxiv_oai_url, wire), lookup, ArxivFeed(self.settings.arxiv_feed_url, wire)
        )

    def bench(self, progress: Progress = keep_quiet) -> Bench:
        """What scoring and shortlists work with."""
        return Bench(self.database, self.embedder, self.rubric, self.clock(), progress)


def find_rubric(settings: Settings) -> Path:
    """The file in force: the one set, the one in the data folder, or the one that ships with the program."""
    if settings.rubric is not None:
        return settings.rubric
    own = settings.home / "rubric.yaml"
    if os.path.isfile(own):  # noqa: PTH113 - unlike Path.is_file, answers no for a folder one may not look into
        return own
    package = Path(triage.__file__).parent
    inside = package / "rubric.yaml"
    return inside if inside.is_file() else package.parent / "rubric.yaml"


def load_rubric(settings: Settings) -> Rubric:
    """Read and check the rubric in force; raises `InputError` when it cannot be read or is wrong."""
    path = find_rubric(settings)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The rubric {path} cannot be read: {error}. Expected a YAML file in UTF-8.") from error
    return read_rubric(text, str(path))


@asynccontextmanager
async def open_services(
    settings: Settings | None = None, clock: Callable[[], datetime] | None = None
) -> AsyncIterator[Services]:
    """Open the store, creating or upgrading it; raises `InputError` for a folder or database that cannot be used."""
    settings = settings or Settings()
    if settings.database_url is None:
        prepare_home(settings.home)
    database = Database(settings.url)
    try:
        await ensure_schema(database)
        yield Services(settings, database, clock or (lambda: settings.now or datetime.now(UTC)))
    finally:
        await database.close()


def prepare_home(home: Path) -> None:
    """Make the data folder; raise `InputError` that names it when it cannot be made or written to."""
    probe = home / ".writable"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink(missing_ok=True)  # another process may have been faster
    except OSError as error:
        raise InputError(
            f"The data folder {home} cannot be written: {error.strerror}. Set TRIAGE_HOME to a folder that can."
        ) from error
