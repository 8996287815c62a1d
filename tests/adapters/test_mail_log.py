"""The mail log: on disk before it returns, whole lines from many writers, and nothing lost after one cut short."""

import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage.adapters.mail_log import FileMailLog
from triage.errors import MailError
from triage.ports import LogEntry


@pytest.fixture
def log(tmp_path: Path) -> FileMailLog:
    """A log that nobody wrote to yet, in a folder that is not there yet."""
    return FileMailLog(tmp_path / "home" / "mail.log")


def _make(number: int, reader: str = "ada") -> LogEntry:
    return LogEntry(number, reader, "2026-W20", f"<{number}@example.org>", datetime(2026, 5, 18, 7, tzinfo=UTC))


def test_empty(log: FileMailLog) -> None:
    """Without a file there are no attempts."""
    assert (log.last_number(), log.read()) == (0, [])


def test_keeps(log: FileMailLog) -> None:
    """What was appended is read again, whatever stands in it."""
    entries = [_make(1), _make(2, reader='line\nbreak "quoted" 读者\u2028')]
    for entry in entries:
        log.append(entry)
    assert FileMailLog(log.path).read() == entries
    assert log.last_number() == 2


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_private(log: FileMailLog) -> None:
    """Only its owner may read who got mail."""
    log.append(_make(1))
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_cut_short(log: FileMailLog) -> None:
    """A line that a crash cut short costs neither the lines before it nor those after it."""
    log.append(_make(1))
    with log.path.open("ab") as file:
        file.write(b'{"number":2,"rea')
    assert log.last_number() == 1
    log.append(_make(3))
    assert [entry.number for entry in log.read()] == [1, 3]
    assert log.last_number() == 3


def test_long(log: FileMailLog) -> None:
    """The last number of a long log is found at its end, also where workers wrote out of order."""
    lines = 2_000
    log.append(_make(1))
    with log.path.open("ab") as file:
        line = log.path.read_bytes()
        file.write(b"".join(line.replace(b'"number":1', f'"number":{number}'.encode()) for number in range(2, lines)))
    log.append(_make(lines + 1))
    log.append(_make(lines))
    assert log.last_number() == lines + 1
    assert len(log.read()) == lines + 1


def test_many_writers(log: FileMailLog) -> None:
    """Lines that are written at once stay whole."""

    def write(first: int) -> None:
        for step in range(20):
            log.append(_make(first + step))

    threads = [threading.Thread(target=write, args=(first,)) for first in range(0, 80, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.number for entry in log.read()) == list(range(80))


def test_no_place(tmp_path: Path) -> None:
    """A log that cannot be written or read is an error, and no empty log."""
    (tmp_path / "mail.log").mkdir()
    log = FileMailLog(tmp_path / "mail.log")
    with pytest.raises(MailError, match="cannot be written"):
        log.append(_make(1))
    with pytest.raises(MailError, match="cannot be read"):
        log.last_number()
    with pytest.raises(MailError, match="cannot be read"):
        log.read()
