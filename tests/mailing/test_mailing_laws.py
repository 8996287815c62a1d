"""Whatever a reader does with the settings, and whenever: every week that is owed is settled once, and none is lost."""

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.judging_case import read_bundled_rubric
from fakes.mailing_case import ADA, queue_digest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.core.mailing import Mailing
from triage.core.rubric import Rubric
from triage.core.schedule import Slot, list_owed
from triage.core.week import parse_week
from triage.mailing.mailings import (
    MailingChange,
    change_mailing,
    confirm_mailing,
    leave_mailing,
    pause_mailing,
    resume_mailing,
    view_mailing,
)
from triage.mailing.standing import view_standing
from triage.store.engine import Database

GR = "generative-recommendation"
ZONES = ("UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
ACTS = ("nothing", "pause", "resume", "leave", "come back", "slot", "slot")
START = datetime(2026, 2, 16, 12, tzinfo=UTC)  # before clocks change in Europe and America
SECOND = timedelta(seconds=1)

slots = st.builds(Slot, st.integers(0, 6), st.sampled_from((0, 7, 23)), st.sampled_from(ZONES))
steps = st.lists(
    st.tuples(st.sampled_from((0, 1, 20, 49, 170)), st.booleans(), st.sampled_from(ACTS), slots),
    min_size=10,
    max_size=20,
)


class Desk:
    """Delivers by the rules alone, and checks what it is told to deliver."""

    def __init__(self, database: Database, rubric: Rubric) -> None:
        self.database, self.rubric = database, rubric
        self.sent: list[str] = []

    async def choose(self, slot: Slot, now: datetime, email: str | None = None) -> None:
        """Choose day and hour, and confirm where that is needed."""
        change = MailingChange(weekday=slot.weekday, hour=slot.hour, zone=slot.zone, email=email, topics=(GR,))
        await change_mailing(self.database, self.rubric, "ada", change, now, account_email=None)
        await confirm_mailing(self.database, "ada", now)

    async def look(self, now: datetime) -> None:
        """Settle what is due: each week after those before it, none of them twice."""
        mailing = await find_mailing(self.database)
        for week in list_due(mailing, self.sent, now):
            assert week > max(self.sent, default="")
            await queue_digest(self.database, f"<{week}@triage.example.org>", week)
            self.sent.append(week)

    async def check_promise(self, now: datetime) -> None:
        """What the reader is told of the next one is when one more falls due, and none does before."""
        told = (await view_standing(self.database, "ada", now, None)).next_due
        if told is not None:
            mailing = await find_mailing(self.database)
            counts = [len(list_due(mailing, self.sent, moment)) for moment in (now, told - SECOND, told)]
            assert told == now or counts == [counts[0], counts[0], counts[0] + 1]


async def find_mailing(database: Database) -> Mailing:
    """Ada's."""
    mailing = await view_mailing(database, "ada")
    assert mailing is not None
    return mailing


def list_due(mailing: Mailing, done: list[str], now: datetime) -> list[str]:
    """The weeks that a look would settle."""
    if not mailing.is_active:
        return []
    assert mailing.first_week is not None
    owed = list_owed(parse_week(mailing.first_week), mailing.slot, mailing.changed_at, done, now)
    return [str(one.week) for one in owed]


@given(steps=steps)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_week_is_doubled_or_promised_in_vain(small_store: Path, steps: list[tuple[int, bool, str, Slot]]) -> None:
    """Through pauses, leaving and coming back, other days and zones, at any time."""

    async def run(path: Path) -> None:
        database, now = Database(f"sqlite+aiosqlite:///{path}"), START
        desk = Desk(database, read_bundled_rubric())
        try:
            await desk.choose(Slot(), now, ADA)
            for hours, is_up, act, slot in steps:
                now += timedelta(hours=hours)
                if is_up:
                    await desk.look(now)
                await _act(desk, act, slot, now)
                await desk.check_promise(now)
        finally:
            await database.close()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.db"
        shutil.copy(small_store, path)
        asyncio.run(run(path))


async def _act(desk: Desk, act: str, slot: Slot, now: datetime) -> None:
    mailing = await find_mailing(desk.database)
    if act == "pause":
        await pause_mailing(desk.database, "ada", now)
    elif act == "resume":
        await resume_mailing(desk.database, "ada", now)
    elif act == "leave":
        await leave_mailing(desk.database, "ada", now)
    elif act == ("slot" if mailing.left_at is None else "come back"):
        await desk.choose(slot if act == "slot" else mailing.slot, now)
