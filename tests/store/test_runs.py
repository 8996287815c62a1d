from datetime import UTC, datetime, timedelta

from triage.store.engine import Database
from triage.store.runs import Run, begin_run, find_last_run, finish_run, list_runs, record_run

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
_WEEK = "2026-W17"


async def test_runs_are_listed_newest_first(database: Database) -> None:
    """As they were recorded, the latest few."""
    runs = [Run("embed", _WEEK, _NOW + timedelta(hours=n), 1.5, "done", {"seen": n}) for n in range(3)]
    async with database.write() as session:
        for run in runs:
            await record_run(session, run)
        assert await list_runs(session) == runs[::-1]
        assert await list_runs(session, 1) == runs[2:]


async def test_a_run_that_was_begun_is_known_as_such_until_it_is_finished(database: Database) -> None:
    """A crash between the two leaves `begun`, for the next run to see."""
    async with database.write() as session:
        key = await begin_run(session, "harvest", _WEEK, _NOW)
    async with database.write() as session:
        assert await find_last_run(session, "harvest", _WEEK) == Run("harvest", _WEEK, _NOW, 0.0, "begun", {})
        await finish_run(session, key, 2.5, {"seen": 7})
    async with database.read() as session:
        assert await find_last_run(session, "harvest", _WEEK) == Run("harvest", _WEEK, _NOW, 2.5, "done", {"seen": 7})


async def test_the_last_run_is_that_of_the_step_and_week_that_did_something(database: Database) -> None:
    """Skipped runs, other steps and other weeks do not count."""
    wanted = Run("harvest", _WEEK, _NOW, 1.0, "done", {})
    others = [
        Run("harvest", _WEEK, _NOW, 0.0, "skipped", {}),
        Run("embed", _WEEK, _NOW, 0.0, "done", {}),
        Run("harvest", "2026-W18", _NOW, 0.0, "done", {}),
        Run("harvest", None, _NOW, 0.0, "done", {}),
    ]
    async with database.write() as session:
        assert await find_last_run(session, "harvest", _WEEK) is None
        for run in (wanted, *others):
            await record_run(session, run)
        assert await find_last_run(session, "harvest", _WEEK) == wanted
