"""The application on the bundled week: for one reader without accounts, and for a lab of three."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.lab_case import Lab, open_client, prepare_readers
from litestar import Litestar
from litestar.testing import TestClient


@pytest.fixture(scope="session")
def lab_sample(listed_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The same with the readers, and their keys; copy it, do not use it."""
    path = tmp_path_factory.mktemp("lab") / "triage.db"
    shutil.copy(listed_sample, path)
    return path, prepare_readers(path)


@pytest.fixture
def home(listed_sample: Path, tmp_path: Path) -> Path:
    """A data folder with the bundled week and both shortlists."""
    shutil.copy(listed_sample, tmp_path / "triage.db")
    return tmp_path


@pytest.fixture
def client(home: Path) -> Iterator[TestClient[Litestar]]:
    """The application for the one reader of this machine."""
    with open_client(home) as client:
        yield client


@pytest.fixture
def lab(lab_sample: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Lab]:
    """The application for ada (admin), bob (reader) and carol (editor)."""
    path, keys = lab_sample
    shutil.copy(path, tmp_path / "triage.db")
    with open_client(tmp_path, accounts=True) as client:
        yield Lab(client, {name: {"Authorization": f"Bearer {key}"} for name, key in keys.items()})
