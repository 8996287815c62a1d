"""Mail into a folder: for trying things, and for systems whose own mailer takes messages from there."""

import asyncio
import os
import secrets
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from triage.errors import MailError
from triage.ports import MailOutcome, MailReceipt


class FolderMailer:
    """Writes each message whole into one `.eml` file, named by time, which only its owner may read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, message: bytes, recipient: str) -> MailReceipt:
        """One file; the recipient is the one that the message names. Raises `MailError` when it cannot be written."""
        del recipient
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise MailError(
                f"The folder {self.folder} cannot be written: {error.strerror}. No mail was sent."
            ) from error
        return MailReceipt(MailOutcome.ACCEPTED, "written")

    async def close(self) -> None:
        """There is nothing to give back."""

    def _write(self, message: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")  # 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(message)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self.folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}.eml")
        finally:
            Path(draft).unlink(missing_ok=True)
