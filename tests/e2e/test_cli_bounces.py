"""Reports from the command line: files, folders, mailboxes, and a pipe."""

import asyncio
import io
import mailbox
from pathlib import Path

import pytest
from fakes.cli_case import Home
from fakes.mailing_case import ADA, queue_digest
from fakes.reports_case import CASES, OURS

from triage.store.engine import Database

_GONE, _FULL = CASES["Postfix, user unknown, headers only"].message, CASES["Gmail, mailbox full"].message


@pytest.fixture
def sent(home: Home) -> Home:
    """A data folder from which a digest was sent."""

    async def work() -> None:
        database = Database(f"sqlite+aiosqlite:///{home.path / 'triage.db'}")
        try:
            await queue_digest(database, OURS, "2026-W16")
        finally:
            await database.close()

    asyncio.run(work())
    return home


def write(folder: Path, **messages: bytes) -> Path:
    """A folder of `.eml` files."""
    folder.mkdir()
    for name, message in messages.items():
        (folder / f"{name}.eml").write_bytes(message)
    return folder


def test_a_folder_is_read_and_what_it_did_is_shown(sent: Home, tmp_path: Path) -> None:
    """For programs, then for people; the second time everything is known."""
    folder = write(tmp_path / "in", a=_FULL, b=_GONE, c=b"garbage")
    records = sent.do("bounces", folder, "--json").json
    table = " ".join(sent.do("bounces", folder, columns="200").out.split())

    assert [(each["source"], each["outcome"], each["email"]) for each in records] == [
        ("a.eml", "counted", ADA),
        ("b.eml", "suppressed", ADA),
        ("c.eml", "not understood", None),
    ]
    assert records[1]["kind"] == "hard"
    assert "2 known, 1 not understood" in table


def test_who_gets_no_mail_is_listed_and_forgiven(sent: Home, tmp_path: Path) -> None:
    """Once; what is not held back cannot be."""
    sent.do("bounces", write(tmp_path / "in", a=_GONE))
    [suppressed] = sent.do("bounces", "--list", "--json").json
    assert (suppressed["email"], suppressed["reason"]) == (ADA, "bounced")
    assert "550 5.1.1" in " ".join(sent.do("bounces", "--list", columns="200").out.split())
    assert "may go to ada@example.org again" in sent.do("bounces", "--forgive", ADA).out
    assert sent.do("bounces", "--list", "--json").json == []
    assert "not held back" in sent.refuse("bounces", "--forgive", ADA)


def test_a_program_may_forgive(sent: Home, tmp_path: Path) -> None:
    """With --json, what is printed is JSON."""
    sent.do("bounces", write(tmp_path / "in", a=_GONE))
    assert sent.do("bounces", "--forgive", ADA, "--json").json == {"forgiven": ADA}


def test_mailboxes_are_read_and_left_as_they_are(sent: Home, tmp_path: Path) -> None:
    """A Maildir, and an mbox file."""
    maildir = mailbox.Maildir(tmp_path / "Maildir")
    maildir.add(_FULL)
    box = mailbox.mbox(tmp_path / "box")
    box.add(_FULL)
    box.add(b"Subject: hello\n\nNo report.\n")
    box.close()
    first = sent.do("bounces", tmp_path / "Maildir", "--json").json
    second = sent.do("bounces", tmp_path / "box", "--json").json

    assert [each["outcome"] for each in first] == ["counted"]
    assert [each["outcome"] for each in second] == ["known", "not understood"]
    assert len(maildir) == 1


@pytest.mark.parametrize("message", [_GONE, b"", b"\xff\x00garbage"])
def test_a_mail_server_may_pipe_a_mail_in(sent: Home, monkeypatch: pytest.MonkeyPatch, message: bytes) -> None:
    """It ends well whatever comes, so that no bounce bounces."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(message)))
    [record] = sent.do("bounces", "-", "--json").json
    assert record["source"] == "standard input"
    assert record["outcome"] == ("suppressed" if message == _GONE else "not understood")


def test_a_file_is_read(sent: Home, tmp_path: Path) -> None:
    """Of one that is too long, as much as is looked at."""
    folder = write(tmp_path / "in", a=_GONE + b"x" * 2_000_000)
    [record] = sent.do("bounces", folder / "a.eml", "--json").json
    assert record["outcome"] == "suppressed"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "Expected one of"),
        (("--list", "--forgive", ADA), "Expected one of"),
        (("nowhere.eml",), "does not exist"),
        (("--forgive", "ada"), "no mail address"),
    ],
)
def test_what_is_wrong_is_named(home: Home, arguments: tuple[str, ...], expected: str) -> None:
    """With what was expected."""
    assert expected in home.refuse("bounces", *arguments)
