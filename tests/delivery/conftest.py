"""A lab's weekly mail on the day when it is due."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.lab_case import prepare_lists
from fakes.mail_case import MailCase, open_mail_case


@pytest.fixture(scope="session")
def listed_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the bundled week and both shortlists; copy it, do not use it."""
    path = tmp_path_factory.mktemp("listed") / "triage.db"
    prepare_lists(path)
    return path


@pytest.fixture
async def mail_case(listed_sample: Path, tmp_path: Path) -> AsyncIterator[MailCase]:
    """The weekly mail of a lab that has the bundled week's shortlists, on the day when it is due."""
    shutil.copy(listed_sample, tmp_path / "triage.db")
    async with open_mail_case(tmp_path / "triage.db") as case:
        yield case
