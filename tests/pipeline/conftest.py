"""The bundled week in a database, made once, and before a judge, for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.judging_case import LOVED, Case, open_case, prepare_sample, think_of

from triage.adapters.fake_judge.server import FakeJudge


@pytest.fixture(scope="session")
def judging_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the bundled week, embedded; copy it, do not use it."""
    path = tmp_path_factory.mktemp("judging") / "sample.db"
    prepare_sample(path)
    return path


@pytest.fixture
async def case(judging_sample: Path, tmp_path: Path) -> AsyncIterator[Case]:
    """A judge that believes in the letters, and a little in whatever says recommendation."""
    brain = think_of({LOVED: 0.98, "ecommend": 0.7})
    async with open_case(judging_sample, tmp_path, FakeJudge(brain)) as case:
        yield case
