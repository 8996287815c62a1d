"""The bundled week in a database, made once."""

from pathlib import Path

import pytest
from fakes.judging_case import prepare_sample


@pytest.fixture(scope="session")
def judging_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the bundled week, embedded; copy it, do not use it."""
    path = tmp_path_factory.mktemp("judging") / "sample.db"
    prepare_sample(path)
    return path
