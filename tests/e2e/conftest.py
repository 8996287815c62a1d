"""A data folder of its own for each test."""

import shutil
from pathlib import Path

import pytest
from fakes.cli_case import SAMPLE, Home, Writer, run_apart


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Databases made once by the program: `empty`, and `sample` with the bundled week; copy them, do not use them."""
    made: dict[str, Path] = {}
    for name, arguments in (("empty", ["tag"]), ("sample", ["import", str(SAMPLE)])):
        folder = tmp_path_factory.mktemp(name)
        run_apart(folder, *arguments)
        made[name] = folder / "triage.db"
    return made


@pytest.fixture
def home(
    tmp_path: Path,
    databases: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Home:
    """A data folder without papers, with the word-counting embedder."""
    path = tmp_path / "home"
    path.mkdir()
    shutil.copy(databases["empty"], path / "triage.db")
    return Home(path, monkeypatch, capsys)


@pytest.fixture
def sample_home(home: Home, databases: dict[str, Path]) -> Home:
    """A data folder with the bundled sample week imported."""
    shutil.copy(databases["sample"], home.path / "triage.db")
    return home


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Writes files beside the data folder."""
    return Writer(tmp_path)
