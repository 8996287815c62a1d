"""What workers do by the clock, and by harvest."""

from pathlib import Path

import pytest
from fakes.harvest_case import MONDAY, make_paper, open_season, submit_for
from fakes.judging_case import NOW
from fakes.worker_case import TOPICS, WorkerCase, empty
from hypothesis import given
from hypothesis import strategies as st
from saq.worker import croniter  # what SAQ reads them with

from triage.config import Settings
from triage.worker.cron import deliver_often, harvest_daily, list_cron, plan_often, write_every
from triage.worker.kinds import make_deliver, make_harvest
from triage.worker.planning import list_weeks_in_work
from triage.worker.workshop import open_workshop


async def test_the_clock_puts_the_real_jobs_in(case: WorkerCase) -> None:
    """Under the names that they are known by, once however often it strikes; its own jobs leave nothing behind."""
    async with case.open_queue() as queue, open_workshop(case.settings) as workshop:
        for _ in range(2):
            for strike in (harvest_daily, plan_often, deliver_often):
                await queue.enqueue(strike.__qualname__, key=f"cron:{strike.__qualname__}")
                job = await queue.job(f"cron:{strike.__qualname__}")
                await strike({"job": job, "workshop": workshop})
                await job.finish("complete")
    assert sorted(await case.list_jobs()) == ["deliver", "harvest", "plan:2026-W20", "plan:2026-W21"]


async def test_a_worker_without_a_clock_does_what_anothers_put_in(case: WorkerCase) -> None:
    """Its jobs are taken by whoever is free: no strike is lost, and no failure is left."""
    async with case.open_queue() as queue:
        for name in ("deliver_often", "plan_often"):
            await queue.enqueue(name, key=f"cron:{name}")
    await case.work()
    assert await case.list_jobs() == {}


def test_weeks_in_work() -> None:
    """On Monday morning the new week and the one that has just ended."""
    assert [str(week) for week in list_weeks_in_work(NOW)] == ["2026-W21", "2026-W20"]


async def test_mail_is_looked_after(case: WorkerCase) -> None:
    """With nothing due, the job ends well."""
    await case.put(make_deliver())
    await case.work()
    assert await case.list_jobs() == {}


@pytest.mark.parametrize(
    ("minutes", "cron"), [(1, "*/1 * * * *"), (10, "*/10 * * * *"), (90, "0 */1 * * *"), (1440, "0 0 * * *")]
)
def test_how_often_mail_is_looked_after(minutes: int, cron: str) -> None:
    """Minutes, then full hours, then a day."""
    assert write_every(minutes) == cron


@given(st.integers(0, 1440))
def test_every_setting_makes_a_schedule(minutes: int) -> None:
    """One that cron can read; 0 leaves mail to others."""
    jobs = list_cron(Settings(deliver_every=minutes))
    assert all(croniter.is_valid(job.cron) for job in jobs)
    assert len(jobs) == (3 if minutes else 2)


async def test_a_harvest_leads_to_lists(worker_url: str, tmp_path: Path) -> None:
    """From an empty store and one order: arXiv is asked, and what came is embedded, scored and listed."""
    await empty(worker_url)
    async with open_season(tmp_path, database_url=worker_url) as season:
        season.announce(MONDAY, *(make_paper(number, submit_for(MONDAY)) for number in range(1, 4)))
        season.go_to(MONDAY)
        case = WorkerCase(season.services.settings.model_copy(update={"now": season.clock[0]}))
        await case.put(make_harvest())
        await case.work()
        assert {key: job.error for key, job in (await case.list_jobs()).items()} == {}
        lists = await season.query("SELECT topic, week, considered FROM shortlists ORDER BY topic")
    assert lists == [(topic, "2026-W33", 4) for topic in sorted(TOPICS)]
