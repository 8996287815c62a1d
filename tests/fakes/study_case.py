"""The made-up week as a notebook opens it, with a fast embedder, in a data folder of the test's own."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from triage.study.opening import Study, open_study


@asynccontextmanager
async def open_sample(listed: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Study]:
    """A copy of the database `listed` in the folder `home`, opened."""
    monkeypatch.setenv("TRIAGE_EMBEDDER", "hashing")
    shutil.copy(listed, home / "triage.db")
    study = await open_study(home)
    try:
        yield study
    finally:
        await study.close()
