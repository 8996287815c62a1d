"""The only wiring: settings become a database, adapters and a clock. Nothing else reads the environment."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import triage
from triage.config import Settings
from triage.core.rubric import Rubric
from triage.core.rubric_reading import read_rubric
from triage.errors import InputError
from triage.pipeline.report import Progress, keep_quiet
from triage.pipeline.score import Bench
from triage.ports import Embedder, Source
from triage.store.engine import Database
from triage.store.schema import ensure_schema


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

    def open_source(self, progress: Progress = keep_quiet) -> Source:
        """ArXiv's query API; raises `InputError` until arXiv can be told who asks."""
        from triage.adapters.arxiv_api import ArxivApi
        from triage.adapters.arxiv_http import Network, name_agent
        from triage.adapters.pace import process_pace

        if not self.settings.contact:
            raise InputError(
                "arXiv asks programs to say whom to write to. Set TRIAGE_CONTACT to your mail address, "
                "such as TRIAGE_CONTACT=me@example.org, and run this again."
            )
        return ArxivApi(
            self.settings.arxiv_api_url,
            Network(process_pace(), name_agent(self.settings.contact)),
            on_page=lambda read, expected: progress("harvest", read, expected),
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
    settings: Settings | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> AsyncIterator[Services]:
    """Open the store, creating or upgrading it; raises `InputError` for a folder or database that cannot be used."""
    settings = settings or Settings()
    if settings.database_url is None:
        prepare_home(settings.home)
    database = Database(settings.url)
    try:
        await ensure_schema(database)
        yield Services(settings, database, clock)
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
