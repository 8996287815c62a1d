"""The bundled week with both shortlists built, made once, and copied for each test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.reading_case import open_library

from triage.reading.library import Library


@pytest.fixture
def listed_database(listed_sample: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copy(listed_sample, tmp_path / "triage.db")
    return tmp_path / "triage.db"


@pytest.fixture
async def listed_library(listed_database: Path) -> AsyncIterator[Library]:
    """What reads it."""
    async with open_library(listed_database) as library:
        yield library
