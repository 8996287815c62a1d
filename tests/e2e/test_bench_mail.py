import json
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks import mail_headers, mail_years
from triage.core.schedule import Owed, Slot, list_owed
from triage.core.week import Week
from triage.mailing.message import Letter, write_message


def _run(root: Path, name: str, *arguments: str) -> Any:
    command = [sys.executable, str(root / "benchmarks" / name), *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_no_data_gets_into_headers(root: Path) -> None:
    """Over a thousand letters: some are written, those of every field refused, and none says more than it should."""
    outcome = _run(root, "mail_headers.py", "--cases", "1200")
    assert outcome["findings"] == []
    assert outcome["accepted"] + sum(outcome["refused"].values()) == outcome["cases"] == 1200
    assert outcome["accepted"] > 120
    assert {*mail_headers._FIELDS, "several"} - {"reader", "title"} <= set(outcome["refused"])


def _write_unchecked(letter: Letter) -> bytes:
    """As a program would that trusts its data."""
    head = f"From: {letter.sender}\r\nTo: {letter.recipient}\r\nSubject: {letter.subject}\r\n\r\n"
    return (head + letter.text).encode(errors="replace")


def _write_other_words(letter: Letter) -> bytes:
    head, gap, body = write_message(letter).partition(b"\r\n\r\n")
    return head + gap + body.replace(b"a", b"b", 1)


@pytest.mark.parametrize("broken", [_write_unchecked, _write_other_words])
def test_a_writer_that_lets_data_through_is_found(
    broken: Callable[[Letter], bytes], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 1 and the letter."""
    monkeypatch.setattr(mail_headers, "write_message", broken)
    assert mail_headers.main(["--cases", "200"]) == 1
    assert "Letter(" in capsys.readouterr().out


def test_a_year_of_mail_in_a_few_zones(root: Path) -> None:
    """Every week of every reader is sent once or was left out in a pause; clocks were changed meanwhile."""
    account = _run(root, "mail_years.py", "--years", "1", "--zones", "6")
    assert account["violations"] == []
    assert account["readers"] == 42
    assert account["weeks"] == account["sent"] + account["left_out"] > 42 * 50
    assert account["events"]["change"] > 100
    assert account["events"]["pause"] > 10


# What was being sent when its worker was killed is sent again, as if nobody could have got it.
_BROKEN = """
from sqlalchemy import update
from benchmarks import mail_kills
from triage.delivery import deliver
from triage.store.mail_models import DeliveryRow

recover_expired = deliver.recover_expired

async def send_again(session, now):
    await session.execute(update(DeliveryRow).where(DeliveryRow.state == "sending").values(state="claimed"))
    return await recover_expired(session, now)

deliver.recover_expired = send_again
raise SystemExit(mail_kills.main(["--kills", "24", "--readers", "24", "--json"]))
"""


def test_killed_workers_send_nothing_twice(root: Path) -> None:
    """One worker and two at once, with a server that misbehaves: every digest is accounted for."""
    campaigns = _run(root, "mail_kills.py", "--kills", "20", "--readers", "20")
    assert [(each["twice"], each["lost"], each["wrong"]) for each in campaigns] == [([], [], [])] * len(campaigns)
    assert sum(each["kills"] for each in campaigns) >= 20
    assert [sum(each["states"].values()) for each in campaigns] == [20] * len(campaigns)


def test_a_worker_that_sends_again_is_found(root: Path) -> None:
    """With exit code 1 and the addresses."""
    command = [sys.executable, "-c", _BROKEN]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 1
    assert any(each["twice"] for each in json.loads(done.stdout))


def test_digests_are_made_and_sent(root: Path) -> None:
    """All of them, by us and by the plain loop beside."""
    outcome = _run(root, "mail_speed.py", "--readers", "30", "--papers", "6")
    assert [part["messages"] for part in outcome["parts"]] == [30, 30, 30]
    assert outcome["kilobytes"] < 90


def _owe_twice(first: Week, slot: Slot, changed_at: datetime, done: Collection[str], now: datetime) -> Iterator[Owed]:
    del done
    yield from list_owed(first, slot, changed_at, (), now)


def _owe_early(first: Week, slot: Slot, changed_at: datetime, done: Collection[str], now: datetime) -> Iterator[Owed]:
    yield from list_owed(first, slot, changed_at, done, now + timedelta(minutes=5))


def _owe_the_newest(
    first: Week, slot: Slot, changed_at: datetime, done: Collection[str], now: datetime
) -> Iterator[Owed]:
    owed = list(list_owed(first, slot, changed_at, done, now))
    yield from (one for one in owed[-1:] if one.week.number != 27)


@pytest.mark.parametrize(
    ("broken", "said"),
    [(_owe_twice, "sent twice"), (_owe_early, "sent early"), (_owe_the_newest, "passed over")],
)
def test_a_schedule_that_is_wrong_is_found(
    broken: Callable[..., Iterator[Owed]],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With exit code 1, the week and the reader's slot."""
    monkeypatch.setattr(mail_years, "list_owed", broken)
    assert mail_years.main(["--years", "1", "--zones", "1"]) == 1
    assert said in capsys.readouterr().out
