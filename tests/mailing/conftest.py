"""Eight papers, the bundled rubric, and a clock at `MONDAY`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.mailing_case import MONDAY
from fakes.marks_case import open_small_library, prepare_small_store
from msgspec.structs import replace

from triage.core.rubric import Rubric
from triage.reading.library import Library
from triage.store.engine import Database


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with eight papers; copy it, do not use it."""
    path = tmp_path_factory.mktemp("mailing") / "small.db"
    prepare_small_store(path)
    return path


@pytest.fixture
async def library(small_store: Path, tmp_path: Path) -> AsyncIterator[Library]:
    """What reads it."""
    async with open_small_library(small_store, tmp_path) as library:
        yield replace(library, clock=lambda: MONDAY)


@pytest.fixture
def database(library: Library) -> Database:
    """The database alone."""
    return library.database


@pytest.fixture
def rubric(library: Library) -> Rubric:
    """The rubric alone."""
    return library.rubric
