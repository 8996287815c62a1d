"""The mail log in a file beside the database: one line of JSON per attempt to send."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import structlog

from triage.errors import MailError
from triage.ports import LogEntry

_TAIL = 1 << 16  # bytes: some 400 entries, far more than workers can write out of order
_log = structlog.get_logger(__name__)


class FileMailLog:
    """Appends whole lines, so that processes may share the file; only its owner may read it.

    A line that a crash cut short is skipped: it was not on disk, so nothing was sent after it. Each machine that sends
    has its own log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: LogEntry) -> None:
        """On disk before this returns, the name of a new file included; raises `MailError`."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not self.path.exists()
            with open(self.path, "a+b", opener=_open_private) as file:
                file.write(_mend_end(file) + msgspec.json.encode(entry) + b"\n")
                file.flush()  # one write, unless the disk is full: then an error
                os.fsync(file.fileno())
            if is_new and os.name == "posix":
                _sync_folder(self.path.parent)
        except OSError as error:
            raise MailError(
                f"The mail log {self.path} cannot be written: {error.strerror}. No mail was sent."
            ) from error

    def last_number(self) -> int:
        """Looks at the end of the file only; raises `MailError`."""
        return max((entry.number for entry in self._parse(_TAIL)), default=0)

    def read(self) -> list[LogEntry]:
        """The whole file; raises `MailError`."""
        return list(self._parse(None))

    def _parse(self, tail: int | None) -> Iterator[LogEntry]:
        for line in self._read_lines(tail):
            try:
                yield msgspec.json.decode(line, type=LogEntry)
            except msgspec.DecodeError as error:
                _log.warning("mail_log_line_cut_short", path=str(self.path), error=str(error))

    def _read_lines(self, tail: int | None) -> list[bytes]:
        try:
            with self.path.open("rb") as file:
                start = 0 if tail is None else max(0, file.seek(0, os.SEEK_END) - tail)
                file.seek(start)
                lines = file.read().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise MailError(f"The mail log {self.path} cannot be read: {error.strerror}. No mail was sent.") from error
        return [line for line in (lines[1:] if start else lines) if line]


def _mend_end(file: BinaryIO) -> bytes:
    """What must come before the next line: a line break after one that a crash cut short."""
    if file.seek(0, os.SEEK_END) == 0:
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
