"""What is due is queued and sent once to everybody, and what waits or comes too late says why."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import msgspec
import pytest
from fakes.judging_case import GR, WEEK
from fakes.mail_case import DOWN, DUE, JOINED, MailCase, open_mail_case

from triage.delivery.deliver import deliver
from triage.delivery.desk import Waiting
from triage.errors import MailError
from triage.mailing.mailings import pause_mailing
from triage.store.runs import list_runs
from triage.store.shortlists import load_shortlist
from triage.store.subscriptions import add_subscription

AE = "agent-evaluation"
RUN = f"triage run --week {WEEK}"
EARLY = "2026-05-14 12:00:00"  # UTC; the week's last listing is harvestable on the 15th at 2:30


async def test_twice(mail_case: MailCase) -> None:
    """Every reader gets the week's digest once, also when it is delivered again."""
    for reader in ("ada", "bob", "carol"):
        await mail_case.add(reader)
    first, second = await mail_case.deliver(), await mail_case.deliver()
    assert (first.queued, first.accepted, second.queued, second.accepted) == (3, 3, 0, 0)
    assert mail_case.mailer.times == {f"{reader}@example.org": 1 for reader in ("ada", "bob", "carol")}


async def test_two_workers(mail_case: MailCase) -> None:
    """Two programs that deliver at once from one database send everything, and nothing twice."""
    for number in range(30):
        await mail_case.add(f"reader{number}")

    async def let_others(_recipient: str) -> None:
        await asyncio.sleep(0.002)

    mail_case.mailer.before = let_others
    async with open_mail_case(mail_case.path, mail_case.mailer) as other:
        reports = await asyncio.gather(mail_case.deliver(), other.deliver())
    assert sum(report.queued for report in reports) == sum(report.accepted for report in reports) == 30
    assert set(mail_case.mailer.times.values()) == {1}
    assert len(mail_case.mailer.times) == 30


async def test_own_keys(mail_case: MailCase) -> None:
    """Readers of the same digest get the same mail, but for their address, their message id and their key."""
    for reader in ("ada", "bob"):
        await mail_case.add(reader)
    await mail_case.deliver()
    (_, ada), (_, bob) = mail_case.mailer.received
    keys = [_find_header(message, "List-Unsubscribe").split("/")[4] for message in (ada, bob)]
    assert keys[0] != keys[1]
    assert _find_header(ada, "Subject") == _find_header(bob, "Subject")
    assert _find_header(ada, "Message-ID") != _find_header(bob, "Message-ID")
    assert len(ada) == len(bob)


async def test_not_yet(mail_case: MailCase) -> None:
    """Before its moment nothing is queued, and the report says when it comes and to how many."""
    await mail_case.add("ada")
    await mail_case.add("bob", hour=8)
    mail_case.now = DUE - timedelta(seconds=1)
    report = await mail_case.deliver()
    assert (report.queued, report.next_at, report.next_readers) == (0, DUE, 1)
    assert not mail_case.mailer.tried


async def test_nobody(mail_case: MailCase) -> None:
    """Who paused is owed nothing, and without others nothing is due next."""
    await mail_case.add("ada")
    await pause_mailing(mail_case.database, "ada", JOINED)
    report = await mail_case.deliver()
    assert (report.queued, report.next_at, report.next_readers) == (0, None, 0)


async def test_publishes(mail_case: MailCase) -> None:
    """A complete draft is frozen by being mailed."""
    await mail_case.add("ada")
    await mail_case.deliver()
    async with mail_case.database.read() as session:
        mailed = await load_shortlist(session, GR, str(WEEK))
        other = await load_shortlist(session, AE, str(WEEK))
    assert mailed is not None
    assert mailed.published_at == DUE
    assert other is not None
    assert other.published_at is None


async def test_early_draft(mail_case: MailCase) -> None:
    """A draft from before the week's last listing is neither frozen nor mailed until it is made again."""
    await mail_case.add("ada")
    _execute(mail_case, "UPDATE shortlists SET built_at = ?", EARLY)
    report = await mail_case.deliver()
    reason = f"the shortlist of {GR} was made before the week's last listing"
    assert report.waiting == (Waiting(str(WEEK), 1, reason, RUN),)
    assert not mail_case.mailer.tried
    _execute(mail_case, "UPDATE shortlists SET built_at = ?", "2026-05-18 06:00:00")
    assert (await mail_case.deliver()).accepted == 1


async def test_early_published(mail_case: MailCase) -> None:
    """A list that somebody published is mailed, whenever it was made."""
    await mail_case.add("ada")
    _execute(mail_case, "UPDATE shortlists SET built_at = ?, published_at = ?", EARLY, EARLY)
    assert (await mail_case.deliver()).accepted == 1


async def test_missing_list(mail_case: MailCase) -> None:
    """A week without a shortlist waits and says so; when its time is over, it is dropped with that reason."""
    await mail_case.add("ada", topics=(GR, AE))
    _execute(mail_case, "DELETE FROM shortlist_entries")
    _execute(mail_case, "DELETE FROM shortlists WHERE topic = ?", AE)
    waits = await mail_case.deliver()
    assert waits.waiting == (Waiting(str(WEEK), 1, f"there is no shortlist of {AE}", RUN),)
    mail_case.now = DUE + timedelta(days=3, seconds=1)
    over = await mail_case.deliver()
    assert (over.dropped, over.waiting) == (1, ())
    assert (await mail_case.list())["ada"].detail == f"too late: there is no shortlist of {AE}"


@pytest.mark.parametrize(("late", "is_sent"), [(timedelta(days=3), True), (timedelta(days=3, seconds=1), False)])
async def test_missed_monday(mail_case: MailCase, late: timedelta, is_sent: bool) -> None:
    """A Monday that nobody delivered on is caught up for three days, and then dropped with the reason."""
    await mail_case.add("ada")
    mail_case.now = DUE + late
    report = await mail_case.deliver()
    delivery = (await mail_case.list())["ada"]
    assert (report.accepted, report.dropped) == ((1, 0) if is_sent else (0, 1))
    assert delivery.detail == (
        "250 taken"
        if is_sent
        else "too late: triage deliver did not run, or could not write it, while it could be sent"
    )


async def test_topic_gone(mail_case: MailCase) -> None:
    """A topic that the rubric lost is left out; who has no other gets no mail, and the report says so."""
    await mail_case.add("ada")
    await mail_case.add("bob")
    async with mail_case.database.write() as session:
        await add_subscription(session, "gone", JOINED, reader="ada")
    _execute(mail_case, "UPDATE subscriptions SET topic = 'gone' WHERE reader = 'bob'")
    report = await mail_case.deliver()
    reason = "none of the reader's topics is in the rubric"
    assert report.waiting == (Waiting(str(WEEK), 1, reason, "triage subscribe TOPIC"),)
    assert (await mail_case.list())["ada"].topics == (GR,)
    assert mail_case.mailer.tried == ["ada@example.org"]


async def test_bad_reader(mail_case: MailCase) -> None:
    """A reader whose mail cannot be written waits and says why; nobody else waits for them."""
    for reader in ("ada", "bob"):
        await mail_case.add(reader)
    _execute(mail_case, "UPDATE mailings SET email = ? WHERE reader = 'ada'", "ada@example.org\r\nBcc: eve@example.org")
    report = await mail_case.deliver()
    assert mail_case.mailer.tried == ["bob@example.org"]
    ((week, readers, reason, remedy),) = map(msgspec.structs.astuple, report.waiting)
    assert (week, readers, remedy) == (str(WEEK), 1, None)
    assert "is no mail address" in reason


async def test_batches(mail_case: MailCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """More readers than one transaction takes are all queued, and all dropped when it is too late."""
    monkeypatch.setattr("triage.delivery.queueing._BATCH", 2)
    for number in range(5):
        await mail_case.add(f"reader{number}")
    assert (await deliver(mail_case.open_desk(), only_queue=True)).queued == 5
    for number in range(5, 10):
        await mail_case.add(f"reader{number}")
    mail_case.now = DUE + timedelta(days=4)
    assert (await mail_case.deliver()).dropped == 10


async def test_rubric_order(mail_case: MailCase) -> None:
    """Topics stand in the mail in the rubric's order."""
    await mail_case.add("ada", topics=(AE, GR))
    await mail_case.deliver()
    assert (await mail_case.list())["ada"].topics == tuple(topic.name for topic in mail_case.rubric.topics)


async def test_only_queue(mail_case: MailCase) -> None:
    """Queueing alone sends nothing; the next run sends what lies there, as it was made."""
    await mail_case.add("ada")
    report = await deliver(mail_case.open_desk(), only_queue=True)
    assert (report.queued, report.pending, mail_case.mailer.tried) == (1, 1, [])
    mail_case.now += timedelta(hours=1)
    await mail_case.deliver(notice="written after it was queued")
    ((_, message),) = mail_case.mailer.received
    assert _find_header(message, "Date") == "Mon, 18 May 2026 07:00:00 +0000"


async def test_runs(mail_case: MailCase) -> None:
    """What was done, and what failed, stands among the runs; looking in vain does not."""
    await mail_case.add("ada")
    mail_case.mailer.script["ada@example.org"] = [DOWN]
    with pytest.raises(MailError, match="Still in the outbox: 1"):
        await mail_case.deliver()
    mail_case.now += timedelta(minutes=2)
    await mail_case.deliver()
    await mail_case.deliver()
    async with mail_case.database.read() as session:
        runs = [run for run in await list_runs(session) if run.step == "deliver"]
    assert [(run.status, run.report["done"]) for run in runs] == [("done", 1), ("failed", 0)]


def _execute(case: MailCase, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(case.path)) as connection, connection:
        connection.execute(sql, values)


def _find_header(message: bytes, name: str) -> str:
    prefix = f"{name}: ".encode()
    return next(line for line in message.split(b"\r\n") if line.startswith(prefix)).decode().removeprefix(f"{name}: ")
