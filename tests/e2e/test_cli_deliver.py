"""`triage deliver` as a user meets it: cron runs it, a person reads what it says."""

import json
import signal
import time
from email import message_from_bytes, policy

import pytest
from fakes.cli_case import PROGRAM, SAMPLE_WEEK, Home

GR = "generative-recommendation"
JOINED = "2026-05-14T12:00:00Z"
DUE = "2026-05-18T07:00:00Z"  # Monday
NEVER_SENT = "2026-05-21T07:00:01Z"


@pytest.fixture
def mail_home(sample_home: Home) -> Home:
    """The bundled week with a shortlist, and its one reader, who wants it on Mondays at 7 UTC."""
    sample_home.do("shortlist", "--week", SAMPLE_WEEK, "--topic", GR, now=DUE)
    sample_home.do(
        "subscribe", GR, "--email", "ada@example.org", "--zone", "UTC", "--hour", "7", "--confirmed", now=JOINED
    )
    sample_home.environment["TRIAGE_NOW"] = DUE
    return sample_home


def test_once(mail_home: Home) -> None:
    """What is due becomes one file; the second run has nothing to do, and says when the next is due and to how many."""
    first, second = mail_home.do("deliver"), mail_home.do("deliver")
    assert "accepted" in first.out
    assert "outbox" in first.err
    assert second.out == "Nothing is due.\nNext: Monday 25 May 2026, 07:00 UTC, to 1 reader.\n"
    (file,) = (mail_home.path / "outbox").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["To"] == "ada@example.org"


def test_json(mail_home: Home) -> None:
    """Programs get the report as a record."""
    report = mail_home.do("deliver", "--json").json
    assert (report["queued"], report["accepted"], report["next_readers"]) == (1, 1, 1)
    assert report["next_at"] == "2026-05-25T07:00:00Z"


def test_nobody(home: Home) -> None:
    """Without readers it says how to get one."""
    assert home.do("deliver").out.splitlines() == [
        "Nothing is due.",
        "Nobody gets the weekly mail yet: triage subscribe --help",
    ]


def test_waits(mail_home: Home) -> None:
    """A week that was not read waits, and the way out is said."""
    out = mail_home.do("deliver", now="2026-05-25T07:00:00Z").out
    days = "Monday, Tuesday, Wednesday, Thursday and Friday of 2026-W21"
    assert f"2026-W21: 1 reader waiting, since {days} were not harvested." in out
    assert "triage run --week 2026-W21" in out


def test_status(mail_home: Home) -> None:
    """The status names the weeks, what is in doubt and what to do, and who gets no mail; it changes nothing."""
    mail_home.do("deliver")
    mail_home.execute("UPDATE deliveries SET state = 'unknown', detail = 'the line died'")
    mail_home.execute(
        "INSERT INTO suppressions (email, reason, detail, created_at) "
        "VALUES ('eve@example.org', 'bounced', '550 gone', '2026-05-18 07:00:00')"
    )
    before = mail_home.dump()
    out = mail_home.do("deliver", "--status").out
    assert mail_home.dump() == before
    for part in (SAMPLE_WEEK, "the line died", "--resend-unknown", "eve@example.org", "550 gone"):
        assert part in out
    record = mail_home.do("deliver", "--status", "--json").json
    assert [(each["week"], each["counts"]["unknown"]) for each in record["weeks"]] == [(SAMPLE_WEEK, 1), (None, 1)]


def test_dropped(mail_home: Home) -> None:
    """What came too late is told with its reason."""
    assert "Who and why: triage deliver --status" in mail_home.do("deliver", now=NEVER_SENT).out
    assert "triage deliver did not run" in " ".join(mail_home.do("deliver", "--status", now=NEVER_SENT).out.split())


def test_resend(mail_home: Home) -> None:
    """What is in doubt is sent again on request only."""
    mail_home.do("deliver", "--queue-only")
    mail_home.execute("UPDATE deliveries SET state = 'unknown'")
    assert mail_home.do("deliver", "--json").json["accepted"] == 0
    result = mail_home.do("deliver", "--resend-unknown", "--json")
    assert (result.json["accepted"], result.err.splitlines()[0]) == (1, "Digests to be sent again: 1.")


def test_restored(mail_home: Home) -> None:
    """A database older than the mail log fails in one sentence that says what to run; then nothing comes twice."""
    line = {"number": 7, "reader": "me", "week": SAMPLE_WEEK, "message_id": "<7@example.org>", "at": DUE}
    (mail_home.path / "mail.log").write_text(json.dumps(line) + "\n")
    result = mail_home.run("deliver")
    assert (result.code, result.out) == (1, "")
    assert "triage deliver --confirm-restored" in result.err
    assert mail_home.run("deliver", "--resend-unknown").code == 1
    result = mail_home.do("deliver", "--confirm-restored", "--json")
    assert "restored: 1." in result.err
    assert result.json["accepted"] == 0
    assert not (mail_home.path / "outbox").exists()


def test_stop(mail_home: Home) -> None:
    """Asked to end, it finishes the message that is being sent, and ends with the code of Ctrl-C."""
    slow = (
        "import asyncio, pathlib; from triage.adapters.folder_mailer import FolderMailer; real = FolderMailer.send\n"
        "async def send(self, *arguments):\n"
        f"    pathlib.Path({str(mail_home.path / 'begun')!r}).touch(); await asyncio.sleep(2)\n"
        "    return await real(self, *arguments)\n"
        f"FolderMailer.send = send; {PROGRAM}"
    )
    with mail_home.start("deliver", program=slow) as process:
        while process.poll() is None and not (mail_home.path / "begun").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, "accepted" in out) == (130, True), err
    assert "Stopping after this message" in err
    assert mail_home.query("SELECT state FROM deliveries") == [("accepted",)]


def test_bad_sender(mail_home: Home) -> None:
    """A sender that is no address is refused before anything is done."""
    assert "TRIAGE_MAIL_FROM" in mail_home.refuse("deliver", mail_from="nobody at all")
