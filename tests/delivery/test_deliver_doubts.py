"""Never twice, never to who left: slow sends, other workers, broken runs and databases from a backup (E3 to E5)."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.mail_case import DEFERRED, DUE, MailCase, ScriptedMailer, open_mail_case

from triage.core.mailing import DeliveryState
from triage.delivery.deliver import confirm_restored
from triage.errors import StaleStoreError
from triage.mailing.mailings import leave_mailing

DAY = timedelta(days=1)


async def test_slow_send(mail_case: MailCase) -> None:
    """A send so slow that a worker of tomorrow gives it up is not repeated, and what it comes to is kept."""
    for reader in ("ada", "bob", "carol"):
        await mail_case.add(reader)
    async with open_mail_case(mail_case.path, mail_case.mailer, DUE + DAY) as tomorrow:

        async def interfere(_recipient: str) -> None:
            mail_case.mailer.before = None
            report = await tomorrow.deliver()
            assert (report.unknown, report.accepted) == (1, 2)

        mail_case.mailer.before = interfere
        report = await mail_case.deliver()
    assert report.accepted == 1
    assert {each.state for each in (await mail_case.list()).values()} == {DeliveryState.ACCEPTED}
    assert mail_case.mailer.times == {f"{reader}@example.org": 1 for reader in ("ada", "bob", "carol")}


async def test_clock_jumps(mail_case: MailCase) -> None:
    """A clock that jumps by a day while messages are sent sends nothing twice."""
    for number in range(10):
        await mail_case.add(f"reader{number}")

    async def jump(_recipient: str) -> None:
        mail_case.now += DAY
        async with open_mail_case(mail_case.path, mail_case.mailer, mail_case.now + DAY) as other:
            mail_case.mailer.before = None
            await other.deliver()

    mail_case.mailer.before = jump
    await mail_case.deliver()
    assert set(mail_case.mailer.times.values()) == {1}
    assert len(mail_case.mailer.times) == 10


async def test_broken_off(mail_case: MailCase) -> None:
    """A run that is broken off while it sends leaves that one in doubt, for good, and the others to the next run."""
    for reader in ("ada", "bob"):
        await mail_case.add(reader)
    begun = asyncio.Event()

    async def hang(_recipient: str) -> None:
        begun.set()
        await asyncio.Event().wait()

    mail_case.mailer.before = hang
    run = asyncio.create_task(mail_case.deliver())
    await begun.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    mail_case.mailer.before = None
    assert (await mail_case.deliver()).accepted == 1
    mail_case.now += DAY
    report = await mail_case.deliver()
    assert (report.unknown, report.accepted) == (1, 0)
    assert len(mail_case.mailer.received) == 1
    assert mail_case.mailer.closed == 3


async def test_restored(listed_sample: Path, tmp_path: Path) -> None:
    """A database from before the sending sends nothing until that is confirmed, and then only what was not sent."""
    path, backup, mailer = tmp_path / "triage.db", tmp_path / "backup.db", ScriptedMailer()
    shutil.copy(listed_sample, path)
    async with open_mail_case(path, mailer) as case:
        await case.add("ada")
        await case.add("bob", hour=8)
    _copy(path, backup)
    async with open_mail_case(path, mailer) as case:
        await case.deliver()
    _copy(backup, path)
    async with open_mail_case(path, mailer, DUE + timedelta(hours=1)) as case:
        for _ in range(2):
            with pytest.raises(StaleStoreError, match="--confirm-restored"):
                await case.deliver()
        assert await case.list() == {}
        assert await confirm_restored(case.open_desk()) == 1
        assert await confirm_restored(case.open_desk()) == 0
        assert (await case.deliver()).accepted == 1
        assert mailer.times == {"ada@example.org": 1, "bob@example.org": 1}
        unknown = await case.list(DeliveryState.UNKNOWN)
    assert {each.reader: each.detail for each in unknown.values()} == {"ada": "sent before the database was restored"}


async def test_restored_queue(listed_sample: Path, tmp_path: Path) -> None:
    """What lay in the outbox when the backup was made, and was sent after, is not sent again."""
    path, backup, mailer = tmp_path / "triage.db", tmp_path / "backup.db", ScriptedMailer()
    shutil.copy(listed_sample, path)
    async with open_mail_case(path, mailer) as case:
        for reader in ("ada", "bob", "carol"):
            await case.add(reader)
        await case.deliver(is_stopping=lambda: bool(mailer.received))
    _copy(path, backup)
    async with open_mail_case(path, mailer) as case:
        await case.deliver(is_stopping=lambda: len(mailer.received) > 1)
    _copy(backup, path)
    async with open_mail_case(path, mailer) as case:
        await confirm_restored(case.open_desk())
        assert (await case.deliver()).accepted == 1
    assert set(mailer.times.values()) == {1}
    assert len(mailer.times) == 3


async def test_leaves_when_claimed(mail_case: MailCase) -> None:
    """Who leaves while a worker has the digest already does not get it."""
    for reader in ("ada", "bob"):
        await mail_case.add(reader)

    async def leave(_recipient: str) -> None:
        await leave_mailing(mail_case.database, "bob", mail_case.now)

    mail_case.mailer.before = leave
    report = await mail_case.deliver()
    bob = (await mail_case.list())["bob"]
    assert (report.accepted, report.dropped) == (1, 1)
    assert (bob.state, bob.detail) == (DeliveryState.DROPPED, "the reader left")
    assert mail_case.mailer.tried == ["ada@example.org"]


async def test_leaves_between_attempts(mail_case: MailCase) -> None:
    """Who leaves between two attempts does not get the second."""
    await mail_case.add("ada")
    mail_case.mailer.script["ada@example.org"] = [DEFERRED]
    await mail_case.deliver()
    await leave_mailing(mail_case.database, "ada", mail_case.now)
    mail_case.now += timedelta(hours=1)
    assert (await mail_case.deliver()).dropped == 1
    assert mail_case.mailer.tried == ["ada@example.org"]


def _copy(source: Path, target: Path) -> None:
    """As a backup is made and put back: whole, while nobody has the database open."""
    for end in ("", "-wal", "-shm"):
        target.with_name(target.name + end).unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


async def test_a_year_ahead(mail_case: MailCase) -> None:
    """A clock that is a year ahead drops what it takes for late; set right, every digest goes out in its time."""
    await mail_case.add("ada")
    mail_case.now = DUE + timedelta(days=365)
    assert (await mail_case.deliver()).dropped > 50
    mail_case.now = DUE
    report = await mail_case.deliver()
    assert (report.accepted, report.dropped) == (1, 0)
    assert list(await mail_case.list(DeliveryState.ACCEPTED)) == ["ada"]
