import asyncio
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from triage.adapters.folder_mailer import FolderMailer
from triage.errors import MailError
from triage.ports import MailOutcome

_MESSAGE = b"To: ada@example.org\r\n\r\nHello, \xc3\xa9!\r\n"


def send(folder: Path, *messages: bytes) -> Sequence[MailOutcome]:
    """Hand all of them over at the same time."""

    async def run() -> Sequence[MailOutcome]:
        mailer = FolderMailer(folder)
        receipts = await asyncio.gather(*(mailer.send(message, "ada@example.org") for message in messages))
        return [receipt.outcome for receipt in receipts]

    return asyncio.run(run())


def test_a_message_becomes_a_file(tmp_path: Path) -> None:
    """Byte for byte, for its owner's eyes only, in a folder that is made when it is needed; nothing else is left."""
    folder = tmp_path / "deep" / "outbox"
    assert send(folder, _MESSAGE) == [MailOutcome.ACCEPTED]
    (file,) = folder.iterdir()
    assert file.suffix == ".eml"
    assert file.read_bytes() == _MESSAGE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_messages_at_the_same_time_do_not_meet(tmp_path: Path) -> None:
    """Each has a name of its own."""
    messages = [b"To: a@b\r\n\r\n%d" % number for number in range(50)]
    assert set(send(tmp_path, *messages)) == {MailOutcome.ACCEPTED}
    assert sorted(file.read_bytes() for file in tmp_path.iterdir()) == sorted(messages)


def test_names_sort_by_time(tmp_path: Path) -> None:
    """The oldest first."""
    messages = [b"%d" % number for number in range(5)]
    for message in messages:
        send(tmp_path, message)
    assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == messages


def test_a_folder_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    """Not this message is at fault, and nothing is left behind."""
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(MailError, match="cannot be written"):
        send(file / "outbox", _MESSAGE)
    assert list(tmp_path.iterdir()) == [file]


def test_a_write_that_fails_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half message is no message."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(MailError, match="No space left"):
            send(tmp_path, _MESSAGE)
    assert list(tmp_path.iterdir()) == []
