"""A lab's weekly mail on the day when it is due."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.mail_case import MailCase, open_mail_case


@pytest.fixture
async def mail_case(listed_sample: Path, tmp_path: Path) -> AsyncIterator[MailCase]:
    """The weekly mail of a lab that has the bundled week's shortlists, on the day when it is due."""
    shutil.copy(listed_sample, tmp_path / "triage.db")
    async with open_mail_case(tmp_path / "triage.db") as case:
        yield case
