"""The check of the ledger: whether listing days went wrong or papers are missing; changes nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from triage.core.announcements import latest_listing
from triage.core.ledger import State
from triage.core.week import week_of
from triage.errors import StoreError
from triage.pipeline.doctor import Check
from triage.pipeline.doctor_database import name_read_only
from triage.pipeline.ledger import Ledger, Reckoning, reckon_weeks
from triage.store.engine import Database
from triage.store.marks import load_marks
from triage.store.witnesses import Missing, list_missing

_WEEKS = 2
_PATIENCE = timedelta(days=7)  # a paper that is missing for longer will not come by itself
_LATE_DAYS = 2  # listing days behind before somebody should ask whether harvests still run


async def check_ledger(url: str, now: datetime) -> Check:
    """What the last two harvested weeks look like, for a database whose schema is the one of this program."""
    database = open_unchanged(url)
    try:
        return await _check(database, now)
    except StoreError as error:
        return Check("ledger", "failed", f"The ledger cannot be read: {error}.")
    finally:
        await database.close()


async def _check(database: Database, now: datetime) -> Check:
    async with database.read() as session:
        marks = await load_marks(session)
        missing = await list_missing(session)
    if not marks:
        return Check("ledger", "ok", "No archive was harvested yet; triage ledger shows what was imported.")
    last = week_of(latest_listing(now))
    first = max(week_of(last.monday - timedelta(weeks=_WEEKS - 1)), week_of(min(mark.since for mark in marks.values())))
    newest = max(mark.responded_at for mark in marks.values())
    # A category that left the rubric is not read any more: its mark stays behind the others.
    categories = tuple(name for name, mark in marks.items() if newest - mark.responded_at < _PATIENCE)
    ledgers = await reckon_weeks(Reckoning(database, categories, "", (), now), min(first, last), last)
    problems = list(_list_problems(ledgers, [one for one in missing if now - one.found_at > _PATIENCE]))
    if problems:
        return Check("ledger", "warning", f"{'; '.join(problems)}. See triage ledger, then triage repair.")
    papers = sum(ledger.papers for ledger in ledgers)
    return Check("ledger", "ok", f"{papers:,} papers since {ledgers[0].week}, no day went wrong.")


def _list_problems(ledgers: Sequence[Ledger], overdue: Sequence[Missing]) -> Iterator[str]:
    days = [day for ledger in ledgers for day in ledger.days]
    if alarms := [f"{day.day} ({day.state})" for day in days if day.state.is_alarm]:
        yield f"Listing days that went wrong: {', '.join(alarms)}"
    if overdue:
        yield f"Papers missing for more than {_PATIENCE.days} days: {len(overdue):,}, first {overdue[0].arxiv_id}"
    late = [day for day in days if day.state is State.LATE]
    if len(late) > _LATE_DAYS:
        yield f"Listing days not harvested: {len(late)} since {late[0].day}; run triage harvest every working day"


def open_unchanged(url: str) -> Database:
    """The database, in such a way that a look leaves no trace in a file."""
    database = Database(url)
    name = database.url.database
    if database.url.get_backend_name() != "sqlite" or not name:
        return database
    return Database(f"sqlite+aiosqlite:///{name_read_only(Path(name))}&uri=true")
