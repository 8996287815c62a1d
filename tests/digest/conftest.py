"""The bundled week with both shortlists built, made once, and copied for each test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.reading_case import open_library

from triage.reading.library import Library


@pytest.fixture
async def listed_library(listed_sample: Path, tmp_path: Path) -> AsyncIterator[Library]:
    """What reads a copy of it."""
    shutil.copy(listed_sample, tmp_path / "triage.db")
    async with open_library(tmp_path / "triage.db") as library:
        yield library
