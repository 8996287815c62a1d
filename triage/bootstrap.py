"""The only wiring: settings become a database, adapters and a clock. Nothing else reads the environment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from triage.accounts.uses import UseNotes
from triage.adapters.mail_log import FileMailLog
from triage.config import Settings
from triage.core.rubric import JudgeRules, Rubric
from triage.delivery.desk import DeliverDesk
from triage.errors import InputError
from triage.home import load_rubric, prepare_home
from triage.mailing.message import name_sender
from triage.pipeline.asking import JudgeDesk
from triage.pipeline.reconcile import Desk
from triage.pipeline.replay import Clients
from triage.pipeline.report import Progress, keep_quiet
from triage.pipeline.score import Bench
from triage.ports import Embedder, Feed, Mailer
from triage.reading.finder import Finder
from triage.reading.fresh_index import FreshIndex
from triage.reading.library import Library
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

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Callable[[], datetime],
        open_embedder: Callable[[], Embedder] | None = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.uses = UseNotes(database)
        self.clock = clock
        self._open_embedder = open_embedder

    @cached_property
    def rubric(self) -> Rubric:
        """The rubric in force; raises `RubricError`."""
        return load_rubric(self.settings)

    @cached_property
    def embedder(self) -> Embedder:
        """The embedder in force; raises `ModelError`."""
        from triage.adapters.embedders import open_embedder

        if self._open_embedder is not None:
            return self._open_embedder()
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

    @property
    def has_judge(self) -> bool:
        """Whether the settings name one."""
        return bool(self.settings.judge)

    def open_judge(self, rules: JudgeRules, local: Path | None = None) -> AbstractAsyncContextManager[JudgeDesk]:
        """The judge of the settings, or a model file served on this machine while the context is open.

        Entering raises `InputError` where none is set or can be paid; `ModelError` for a file of no use.
        """
        from triage.judging import open_judge

        return open_judge(self.settings, self.database, rules, local)

    @cached_property
    def mailer(self) -> Mailer:
        """Takes mails to where the settings say; raises `InputError`."""
        from triage.mail import open_mailer

        return open_mailer(self.settings)

    @cached_property
    def library(self) -> Library:
        """What reading works with."""
        return Library(
            self.database, self.rubric, self.embedder_name, lambda: self.embedder, self._open_index, self.clock
        )

    def open_deliver_desk(self) -> DeliverDesk:
        """What delivering works with; raises `InputError` for a sender or a mail system that cannot be."""
        settings, log = self.settings, FileMailLog(self.settings.home / "mail.log")
        sender = name_sender(settings.mail_from, settings.public_url)
        per_minute = settings.mail_per_minute if settings.mail == "smtp" else None
        rules = self.rubric.judge
        return DeliverDesk(
            self.library,
            self.mailer,
            log,
            settings.public_url,
            sender,
            per_minute,
            settings.notice,
            (lambda: self.open_judge(rules)) if self.has_judge else None,
        )

    async def prepare_index(self) -> None:
        """Build the index of a large store now, and not at the first search; the log says why it could not be."""
        await self._fresh_index.prepare_large()

    async def _open_index(self) -> Finder:
        return await self._fresh_index.open()

    @cached_property
    def _fresh_index(self) -> FreshIndex:
        from triage.adapters.vector_index.folder import IndexFolder

        shelf = IndexFolder(self.settings.home / "index", self.embedder_name, threads=self.settings.threads)
        return FreshIndex(self.database, self.embedder_name, shelf)

    def bench(self, progress: Progress = keep_quiet) -> Bench:
        """What scoring and shortlists work with."""
        return Bench(self.database, self.embedder, self.rubric, self.clock(), progress)

    async def close(self) -> None:
        """Write down what is still to be noted, and leave the mail server."""
        await self.uses.close()
        if "_fresh_index" in vars(self):
            await self._fresh_index.close()
        if "mailer" in vars(self):  # it was opened
            await self.mailer.close()


@asynccontextmanager
async def open_services(
    settings: Settings | None = None,
    clock: Callable[[], datetime] | None = None,
    open_embedder: Callable[[], Embedder] | None = None,
) -> AsyncIterator[Services]:
    """Open the store, creating or upgrading it; raises `InputError` for a folder or database that cannot be used.

    `open_embedder` hands out one that is loaded already, instead of that of the settings.
    """
    settings = settings or Settings()
    if settings.database_url is None:
        prepare_home(settings.home)
    database = Database(settings.url)
    try:
        await ensure_schema(database)
        services = Services(settings, database, clock or (lambda: settings.now or datetime.now(UTC)), open_embedder)
        try:
            yield services
        finally:
            await services.close()
    finally:
        await database.close()
