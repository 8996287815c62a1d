"""Fixtures every test may use."""

from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

# How fast examples come says how busy the machine is, and nothing of the program.
settings.register_profile("triage", suppress_health_check=[HealthCheck.too_slow])
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


@pytest.fixture(autouse=True)
def _log_everything() -> None:
    """Whatever level another test set: who captures events sees all of them."""
    structlog.reset_defaults()
