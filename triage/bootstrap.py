"""The only wiring: settings become a database, adapters and a clock. Nothing else reads the environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from triage.accounts.uses import UseNotes
from triage.config import Settings
from triage.core.rubric import JudgeRules, Rubric
from triage.errors import InputError
from triage.home import load_rubric, prepare_home
from triage.pipeline.asking import FREE, JudgeDesk, Pause, Price
from triage.pipeline.prices import find_price, read_prices
from triage.pipeline.reconcile import Desk
from triage.pipeline.replay import Clients
from triage.pipeline.report import Progress, keep_quiet
from triage.pipeline.score import Bench
from triage.ports import Embedder, Feed, Index, Mailer
from triage.reading.fresh_index import FreshIndex
from triage.reading.library import Library
from triage.store.calls import Limits
from triage.store.engine import Database
from triage.store.schema import ensure_schema

if TYPE_CHECKING:
    from triage.adapters.arxiv_http import Network, Wire
    from triage.adapters.judge_presets import Preset
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

    @asynccontextmanager
    async def open_judge(self, rules: JudgeRules, local: Path | None = None) -> AsyncIterator[JudgeDesk]:
        """The judge of the settings, or a model file served on this machine while the context is open.

        Raises `InputError` where none is set, or its key or price is not known; `ModelError` for a file of no use.
        """
        from triage.adapters.judge_presets import Preset, find_preset
        from triage.adapters.local_model import name_local_model, serve_local_model

        if local is not None:
            name = name_local_model(local)
            with serve_local_model(local, self.settings.threads) as url:
                async with self._connect(Preset(name, url), local.stem, rules, name) as desk:
                    yield desk
            return
        if self.settings.judge and not self.settings.judge_model:
            raise InputError("TRIAGE_JUDGE is set, but no model: set TRIAGE_JUDGE_MODEL to one that it serves.")
        if not self.settings.judge:
            raise InputError(
                "No judge is set. Set TRIAGE_JUDGE to a provider (such as openai or ollama) or to the base URL of an "
                "OpenAI-compatible endpoint and TRIAGE_JUDGE_MODEL to a model there, or name a model file with --local."
            )
        preset = find_preset(self.settings.judge)
        async with self._connect(preset, self.settings.judge_model, rules) as desk:
            yield desk

    @asynccontextmanager
    async def _connect(
        self, preset: Preset, model: str, rules: JudgeRules, name: str | None = None
    ) -> AsyncIterator[JudgeDesk]:
        from triage.adapters.openai_judge import OpenAiJudge

        async with OpenAiJudge(
            preset.base_url,
            model,
            None if name else self._find_key(preset),
            self.settings.judge_timeout,
            wants_completion_tokens=preset.wants_completion_tokens,
            name=name,
        ) as judge:
            yield JudgeDesk(
                database=self.database,
                judge=judge,
                price=self._find_price(preset, model),
                limits=Limits(rules.calls, rules.usd, rules.usd_per_week),
                run=secrets.token_hex(8),
                pause=Pause(),
                clock=lambda: datetime.now(UTC),
                patience=self.settings.judge_timeout,
                concurrency=1 if name else self.settings.judge_concurrency,
            )

    def _find_price(self, preset: Preset, model: str) -> Price:
        from triage.adapters.judge_presets import is_loopback

        path = self.settings.judge_prices or self.settings.home / "prices.yaml"
        may_be_free = is_loopback(preset.base_url) and self.settings.judge_prices is None
        if may_be_free and (not path.exists() or model not in read_prices(path)):  # a proxy may serve what costs
            return FREE
        return find_price(read_prices(path), model, path)

    def _find_key(self, preset: Preset) -> str | None:
        from triage.adapters.judge_presets import is_loopback

        name = self.settings.judge_key_name or preset.key_variable
        if not name:
            return None
        if preset.base_url.startswith("http:") and not is_loopback(preset.base_url):
            raise InputError(f"{preset.base_url} would send the key in {name} unencrypted: expected https.")
        key = os.environ.get(name, "").strip()
        if not key:
            raise InputError(
                f"The judge's key is missing: set {name}, or name another variable in TRIAGE_JUDGE_KEY_NAME."
            )
        return key

    @cached_property
    def mailer(self) -> Mailer:
        """Puts messages into the folder `outbox` of the data folder."""
        from triage.adapters.folder_mailer import FolderMailer

        return FolderMailer(self.settings.home / "outbox")

    @cached_property
    def library(self) -> Library:
        """What reading works with."""
        return Library(
            self.database, self.rubric, self.embedder_name, lambda: self.embedder, self._open_index, self.clock
        )

    async def _open_index(self) -> Index:
        return await self._fresh_index.open()

    @cached_property
    def _fresh_index(self) -> FreshIndex:
        from triage.adapters.faiss_index import FaissIndex

        return FreshIndex(self.database, self.embedder_name, lambda: FaissIndex(self.settings.threads))

    def bench(self, progress: Progress = keep_quiet) -> Bench:
        """What scoring and shortlists work with."""
        return Bench(self.database, self.embedder, self.rubric, self.clock(), progress)


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
            await services.uses.close()
    finally:
        await database.close()
