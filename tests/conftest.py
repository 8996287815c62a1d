"""Fixtures every test may use."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from fakes.postgres_case import PostgresCase, serve_postgres
from hypothesis import HealthCheck, settings
from sqlalchemy import text

from triage.store.engine import Database
from triage.store.tables import list_tables

# How fast examples come says how busy the machine is, and nothing of the program.
settings.register_profile("triage", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("triage")

_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real arXiv weeks, labels and judgements; the test is skipped where it is absent."""
    folder = _ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the folder shared/data of real arXiv weeks beside the repository")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return _ROOT


@pytest.fixture(scope="session")
def listed_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the bundled week and both shortlists; copy it, do not use it."""
    from fakes.lab_case import prepare_lists  # which brings the whole application

    path = tmp_path_factory.mktemp("listed") / "triage.db"
    prepare_lists(path)
    return path


@pytest.fixture(scope="session")
def postgres_case() -> Iterator[PostgresCase]:
    """A PostgreSQL server of our own, for the whole session."""
    with serve_postgres() as case:
        yield case


@pytest.fixture(scope="session")
def postgres_url(postgres_case: PostgresCase) -> str:
    """One database at the newest schema, for the whole session: `postgres` empties it before each test.

    Its commits do not wait for the disk: no test of it stops the server.
    """
    url = postgres_case.make_database("shared")
    postgres_case.run("ALTER DATABASE shared SET synchronous_commit TO off")
    return url


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    """An empty PostgreSQL database at the newest schema; keys count from 1."""
    database = Database(postgres_url)
    async with database.connection(writes=True) as connection:
        await connection.execute(text(_write_emptying()))
    yield database
    await database.close()


def _write_emptying() -> str:
    """Of all tables, and sequences begun anew: 10 ms, where a TRUNCATE takes 400."""
    deletes = " ".join(f"DELETE FROM {table.name};" for table in reversed(list_tables()))  # noqa: S608 - our own
    return rf"""
        DO $$ BEGIN
            {deletes}
            PERFORM setval(format('%I.%I', schemaname, sequencename)\:\:regclass, 1, false) FROM pg_sequences
                WHERE last_value IS NOT NULL;
        END $$
    """


@pytest.fixture(autouse=True)
def _log_everything() -> None:
    """Whatever level another test set: who captures events sees all of them."""
    structlog.reset_defaults()
