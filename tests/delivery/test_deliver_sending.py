"""What becomes of messages: by what the mail server says, in its time, and at a domain's pace."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from itertools import pairwise

import pytest
from fakes.mail_case import ACCEPTED, DEFERRED, DOWN, DUE, NO_MAILBOX, REFUSED, UNKNOWN, Answer, MailCase

from triage.adapters.mail_log import FileMailLog
from triage.core.mailing import DeliveryState
from triage.delivery.deliver import deliver, resend_unknown
from triage.delivery.status import read_status
from triage.errors import MailError
from triage.store.suppressions import list_suppressions

ADA = "ada@example.org"


async def _end(case: MailCase, *answers: Answer) -> tuple[DeliveryState, str]:
    """What becomes of one digest when the server answers so, delivering every half hour for four days."""
    await case.add("ada")
    case.mailer.script[ADA] = list(answers)
    while case.now < DUE + timedelta(days=4):
        await case.deliver()
        case.now += timedelta(minutes=30)
    delivery = (await case.list())["ada"]
    return delivery.state, delivery.detail


@pytest.mark.parametrize(
    ("answer", "state"),
    [(ACCEPTED, DeliveryState.ACCEPTED), (REFUSED, DeliveryState.REFUSED), (UNKNOWN, DeliveryState.UNKNOWN)],
)
async def test_final(mail_case: MailCase, answer: Answer, state: DeliveryState) -> None:
    """What was taken, refused or may have arrived is not tried again, and keeps the server's words."""
    await mail_case.add("ada")
    await mail_case.add("bob")
    mail_case.mailer.script[ADA] = [answer]
    report = await mail_case.deliver()
    mail_case.now += timedelta(days=1)
    await mail_case.deliver()
    delivery = (await mail_case.list())["ada"]
    assert (delivery.state, delivery.detail) == (state, answer.reply if not isinstance(answer, MailError) else "")
    assert mail_case.mailer.tried == [ADA, "bob@example.org"]
    assert (report.accepted - 1, report.refused, report.unknown, report.deferred) == (
        *(int(state is each) for each in (DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.UNKNOWN)),
        0,
    )


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_refused_among_others(mail_case: MailCase, place: int) -> None:
    """Where the server takes mail from us before or after it, a refusal is about that message, and for good."""
    readers = ["ada", "bob", "cleo"]
    for reader in readers:
        await mail_case.add(reader)
    refused = readers[place]
    mail_case.mailer.script[f"{refused}@example.org"] = [REFUSED]
    report = await mail_case.deliver()
    assert (report.accepted, report.refused, report.deferred, report.pending) == (2, 1, 0, 0)
    delivery = (await mail_case.list(DeliveryState.REFUSED))[refused]
    assert delivery.detail == REFUSED.reply


async def test_refused_alone(mail_case: MailCase) -> None:
    """Where it takes none at all, that is likely about us: an error, and the digest arrives once we are let in."""
    await mail_case.add("ada")
    mail_case.mailer.script[ADA] = [REFUSED]
    with pytest.raises(MailError, match=r"refused a digest, .* 554 no\. Look at TRIAGE_SMTP_USER .* outbox: 1\."):
        await mail_case.deliver()
    mail_case.now += timedelta(minutes=30)
    assert (await mail_case.deliver()).accepted == 1
    assert mail_case.mailer.tried == [ADA, ADA]


async def test_deferred(mail_case: MailCase) -> None:
    """What is deferred is tried again after half an hour, then twice as long each time, up to four hours."""
    times = []

    async def note(_recipient: str) -> None:
        times.append(mail_case.now)

    mail_case.mailer.before = note
    assert await _end(mail_case, *[DEFERRED] * 6) == (DeliveryState.ACCEPTED, "250 taken")
    waits = [(after - before) / timedelta(hours=1) for before, after in pairwise(times)]
    assert waits == [0.5, 1, 2, 4, 4, 4]


async def test_deferred_too_long(mail_case: MailCase) -> None:
    """What is deferred for three days is dropped, with the server's last words."""
    state, detail = await _end(mail_case, *[DEFERRED] * 100)
    assert (state, detail) == (DeliveryState.DROPPED, "not taken in time; the mail server's last answer: 450 busy")
    assert mail_case.mailer.received == []
    assert len(mail_case.mailer.tried) > 15


async def test_deferred_for_the_hundredth_time(mail_case: MailCase) -> None:
    """However often it was sent again on request, the next wait is four hours."""
    await mail_case.add("ada")
    await deliver(mail_case.open_desk(), only_queue=True)
    with closing(sqlite3.connect(mail_case.path)) as connection:
        connection.execute("UPDATE deliveries SET attempts = 100")
        connection.commit()
    mail_case.mailer.script[ADA] = [DEFERRED]
    assert (await mail_case.deliver()).deferred == 1
    assert (await mail_case.list())["ada"].not_before == DUE + timedelta(hours=4)


async def test_bad_address(mail_case: MailCase) -> None:
    """An address without a mailbox gets nothing any more, whoever has it."""
    await mail_case.add("ada")
    await mail_case.add("bob", email="ADA@example.org", hour=8)
    mail_case.mailer.script[ADA] = [NO_MAILBOX]
    await mail_case.deliver()
    mail_case.now += timedelta(hours=1)
    await mail_case.deliver()
    async with mail_case.database.read() as session:
        (suppression,) = await list_suppressions(session)
    assert (suppression.email, suppression.reason, suppression.detail) == (ADA, "bounced", NO_MAILBOX.reply)
    deliveries = await mail_case.list()
    assert (deliveries["bob"].state, deliveries["bob"].detail) == (DeliveryState.DROPPED, "the address bounced")
    assert mail_case.mailer.tried == [ADA]


async def test_unknown_again(mail_case: MailCase) -> None:
    """What may have arrived is shown, and sent again only when somebody wants it."""
    await mail_case.add("ada")
    mail_case.mailer.script[ADA] = [UNKNOWN]
    await mail_case.deliver()
    status = await read_status(mail_case.database, mail_case.now)
    assert [(each.reader, each.detail) for each in status.unknown] == [("ada", UNKNOWN.reply)]
    mail_case.now += timedelta(days=5)
    assert await resend_unknown(mail_case.open_desk()) == 1
    assert (await mail_case.deliver()).accepted == 1
    assert mail_case.mailer.times == {ADA: 2}
    assert len({message for _, message in mail_case.mailer.received}) == 1


async def test_out_of_reach(mail_case: MailCase) -> None:
    """A mail system that cannot be reached three times in a row ends the run; everything waits, no attempt counts."""
    for number in range(5):
        await mail_case.add(f"reader{number}")
        mail_case.mailer.script[f"reader{number}@example.org"] = [DOWN]
    with pytest.raises(MailError, match=r"is down\. Still in the outbox: 5\."):
        await mail_case.deliver()
    assert len(mail_case.mailer.tried) == 3
    assert {each.attempts for each in (await mail_case.list(DeliveryState.PENDING)).values()} == {0}
    mail_case.mailer.script.clear()
    mail_case.now += timedelta(minutes=1)
    assert (await mail_case.deliver()).accepted == 5


async def test_hiccup(mail_case: MailCase) -> None:
    """A mail system that was out of reach once is asked on, for the next reader."""
    for reader in ("ada", "bob"):
        await mail_case.add(reader)
    mail_case.mailer.script[ADA] = [DOWN]
    assert (await mail_case.deliver()).accepted == 1
    mail_case.now += timedelta(minutes=1)
    assert (await mail_case.deliver()).accepted == 1


async def test_pace(mail_case: MailCase) -> None:
    """A domain gets one message a second; others are served meanwhile, and only when all must wait, time passes."""
    for domain, count in (("big.example", 4), ("small.example", 2)):
        for number in range(count):
            reader = f"{domain[0]}{number}"
            await mail_case.add(reader, email=f"{reader}@{domain}")
    times: list[tuple[float, str]] = []

    async def note(recipient: str) -> None:
        times.append((mail_case.ticker.now, recipient.partition("@")[2]))

    mail_case.mailer.before = note
    await mail_case.deliver(per_minute=60)
    seconds = Counter((round(moment, 3), domain) for moment, domain in times)
    assert set(seconds.values()) == {1}
    assert sum(mail_case.ticker.slept) == pytest.approx(3.0)
    assert [domain for _, domain in times] == ["big.example", "small.example"] * 2 + ["big.example"] * 2


async def test_no_pace(mail_case: MailCase) -> None:
    """Where there is no limit, nothing waits."""
    for number in range(3):
        await mail_case.add(f"reader{number}")
    assert (await mail_case.deliver()).accepted == 3
    assert mail_case.ticker.slept == []


async def test_stop(mail_case: MailCase) -> None:
    """Asked to stop, it finishes the message that is being sent, and leaves the rest for whoever comes next."""
    for number in range(3):
        await mail_case.add(f"reader{number}")
    report = await mail_case.deliver(is_stopping=lambda: bool(mail_case.mailer.received))
    assert (report.accepted, report.is_stopped) == (1, True)
    assert len(await mail_case.list(DeliveryState.PENDING)) == 2
    assert (await mail_case.deliver()).accepted == 2


async def test_stop_at_once(mail_case: MailCase) -> None:
    """Asked to stop before anything is queued, it leaves all for the next run."""
    await mail_case.add("ada")
    assert (await mail_case.deliver(is_stopping=lambda: True)).queued == 0
    assert (await mail_case.deliver()).accepted == 1


async def test_logged_before(mail_case: MailCase) -> None:
    """Each attempt is in the mail log before the message leaves, numbered from one on."""
    for reader in ("ada", "bob"):
        await mail_case.add(reader)
    heard: list[list[int]] = []

    async def read(_recipient: str) -> None:
        heard.append([entry.number for entry in mail_case.log.read()])

    mail_case.mailer.before = read
    await mail_case.deliver()
    assert heard == [[1], [1, 2]]
    deliveries = await mail_case.list()
    assert {(entry.reader, entry.message_id) for entry in mail_case.log.read()} == {
        (reader, delivery.message_id) for reader, delivery in deliveries.items()
    }


async def test_no_log(mail_case: MailCase) -> None:
    """Without a mail log that can be written nothing is sent, and everything waits."""
    await mail_case.add("ada")
    blocked = mail_case.path.parent / "file"
    blocked.touch()
    with pytest.raises(MailError, match="mail log"):
        await mail_case.deliver(log=FileMailLog(blocked / "mail.log"))
    assert mail_case.mailer.tried == []
    mail_case.now += timedelta(minutes=1)
    assert (await mail_case.deliver()).accepted == 1


async def test_closes(mail_case: MailCase) -> None:
    """The connection is given back after each run."""
    await mail_case.deliver()
    assert mail_case.mailer.closed == 1
