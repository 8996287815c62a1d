"""The bundled week in PostgreSQL, with an empty queue, for each test."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fakes.cli_case import Home
from fakes.postgres_case import PostgresCase
from fakes.worker_case import WorkerCase, empty, import_sample, make_settings


@pytest.fixture(scope="session")
def worker_url(postgres_case: PostgresCase) -> str:
    """One database for all tests of workers, one after the other."""
    return postgres_case.make_database("workers")


@pytest.fixture
def make_case(worker_url: str, tmp_path: Path) -> Callable[..., Awaitable[WorkerCase]]:
    """Begins afresh; takes further settings."""

    async def make(**changes: object) -> WorkerCase:
        await empty(worker_url)
        await import_sample(worker_url)
        return WorkerCase(make_settings(tmp_path / "home", worker_url, **changes))

    return make


@pytest.fixture
async def case(make_case: Callable[..., Awaitable[WorkerCase]]) -> WorkerCase:
    """With the settings that tests mostly want."""
    return await make_case()


@pytest.fixture
def commands(
    case: WorkerCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Home:
    """Commands that use the case."""
    return case.adopt(Home(tmp_path / "home", monkeypatch, capsys))
