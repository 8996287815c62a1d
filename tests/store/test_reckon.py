"""The ledger of small stores, by what was put into them."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fakes.papers import make_papers
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.core.announcements import harvestable_at
from triage.core.ledger import State
from triage.core.paper import Paper
from triage.core.week import Week, parse_week
from triage.pipeline.ledger import Ledger, LedgerLine, Reckoning, reckon, reckon_weeks
from triage.store.engine import Database
from triage.store.marks import Mark, save_marks
from triage.store.runs import Run, record_run
from triage.store.upsert import upsert_papers
from triage.store.witnesses import Check, Missing, note_missing, save_checks

_WEEK = parse_week("2026-W34")
_MON, _TUE, _WED, _THU, _FRI = _WEEK.listing_days
_NOW = datetime(2026, 8, 21, 15, tzinfo=UTC)  # Friday noon, the week's last listing is out
_CATEGORIES = ("cs.IR", "cs.CL")


def list_papers(plan: Mapping[date, Sequence[tuple[str, ...]]]) -> list[Paper]:
    """Papers listed on each day with those categories."""
    placed = [(day, categories) for day, all_categories in plan.items() for categories in all_categories]
    return [
        replace(paper, announced=day, categories=categories, primary_category=categories[0])
        for paper, (day, categories) in zip(make_papers(len(placed)), placed, strict=True)
    ]


async def fill(database: Database, plan: Mapping[date, Sequence[tuple[str, ...]]]) -> None:
    """Put papers into the store."""
    async with database.write() as session:
        await upsert_papers(session, list_papers(plan), _NOW)


async def mark(database: Database, since: date, responded_at: datetime) -> None:
    """Say that the archive cs was read whole."""
    async with database.write() as session:
        await save_marks(session, "oai", [Mark(category, since, responded_at) for category in _CATEGORIES])


async def hear(database: Database, *checks: Check) -> None:
    """Keep what witnesses say."""
    async with database.write() as session:
        await save_checks(session, checks)


async def note_run(database: Database, status: str, started_at: datetime, week: str | None = None) -> None:
    """Keep a harvest."""
    async with database.write() as session:
        await record_run(session, Run("harvest", week, started_at, 1.0, status, {}))


async def account(database: Database, week: Week = _WEEK, now: datetime = _NOW) -> Ledger:
    """The ledger of a week, with an embedder and topics that nothing was made with."""
    return await reckon(Reckoning(database, _CATEGORIES, "none", ("none",), now), week)


def list_states(ledger: Ledger) -> list[str]:
    """The worst state of each day."""
    return [day.state.value for day in ledger.days]


def find_line(ledger: Ledger, category: str, day: date) -> LedgerLine:
    """One line."""
    return next(line for line in ledger.lines if (line.category, line.day) == (category, day))


def list_check(category: str, day: date, expected: int, witness: str = "oai", *, is_stale: bool = False) -> Check:
    """What a witness says."""
    return Check(category, day, witness, expected, is_stale, _NOW)


_FULL = {day: [("cs.IR",), ("cs.CL",)] for day in (_MON, _TUE, _WED, _THU, _FRI)}


async def test_a_harvested_week_is_well(database: Database) -> None:
    """Every day was read to its end, the witness counts the same, and the lines say so."""
    await fill(database, _FULL)
    await mark(database, _MON, _NOW)
    await hear(database, *(list_check(category, day, 1) for category in _CATEGORIES for day in _FULL))
    ledger = await account(database)
    assert list_states(ledger) == ["ok"] * 5
    assert (ledger.papers, ledger.alarms, ledger.missing) == (10, (), ())
    line = find_line(ledger, "cs.CL", _WED)
    assert (line.harvested, line.expected, line.witness, line.reason) == (1, 1, "oai", "")


async def test_what_was_announced_after_the_last_harvest_is_late(database: Database) -> None:
    """Late is no alarm; and a listing that is not out yet has no line."""
    await fill(database, {_MON: [("cs.IR",)], _TUE: [("cs.IR",)]})
    await mark(database, _MON, harvestable_at(_TUE) + timedelta(hours=1))
    ledger = await account(database, now=harvestable_at(_THU) + timedelta(hours=1))
    assert list_states(ledger) == ["ok", "ok", "late", "late"]
    assert not ledger.alarms
    before = await account(database, now=harvestable_at(_THU) - timedelta(hours=1))
    assert [day.day for day in before.days] == [_MON, _TUE, _WED]


async def test_a_feed_of_an_older_batch_is_stale(database: Database) -> None:
    """Where nobody else was heard it is an alarm; the archive's own list outweighs it."""
    await fill(database, _FULL)
    await hear(database, list_check("cs.IR", _FRI, 0, "feed", is_stale=True))
    ledger = await account(database)
    assert [(line.category, line.day, line.state) for line in ledger.alarms] == [("cs.IR", _FRI, State.STALE)]
    assert ledger.alarms[0].expected is None
    await hear(database, list_check("cs.IR", _FRI, 1))
    healed = find_line(await account(database), "cs.IR", _FRI)
    assert (healed.state, healed.expected, healed.witness) == (State.OK, 1, "oai")


async def test_a_missing_paper_makes_its_lines_incomplete(database: Database) -> None:
    """In each of its categories, once in the week's list, and nowhere else."""
    await fill(database, _FULL)
    await mark(database, _MON, _NOW)
    gap = Missing("2608.00077", ("cs.CL", "cs.IR", "stat.ML"), _TUE, "oai", _NOW)
    async with database.write() as session:
        await note_missing(session, [gap, replace(gap, arxiv_id="2607.1", day=_MON - timedelta(days=7))])
    ledger = await account(database)
    assert list_states(ledger) == ["ok", "incomplete", "ok", "ok", "ok"]
    assert {(line.category, line.missing) for line in ledger.alarms} == {("cs.IR", 1), ("cs.CL", 1)}
    assert ledger.missing == (gap,)


async def test_far_fewer_papers_than_usual_are_incomplete(database: Database) -> None:
    """Against the same weekday of the weeks before, of which holidays and absent weeks are no part."""
    weeks = [_TUE - timedelta(weeks=number) for number in range(1, 5)]
    await fill(database, {day: [("cs.IR",)] * 30 for day in weeks} | {_TUE: [("cs.IR",)] * 9})
    assert find_line(await account(database), "cs.IR", _TUE).reason.startswith("9 where 30 are usual")
    await hear(database, list_check("cs.IR", _TUE, 9))
    assert find_line(await account(database), "cs.IR", _TUE).state is State.OK


async def test_a_harvest_that_broke_off_has_failed(database: Database) -> None:
    """On the days that it should have brought, whatever came of them, and until one comes to its end."""
    await fill(database, {_MON: [("cs.IR",)], _TUE: [("cs.IR",)], _WED: [("cs.IR",)]})
    await mark(database, _MON, harvestable_at(_TUE) + timedelta(hours=1))
    begun = harvestable_at(_THU) + timedelta(hours=1)
    await note_run(database, "failed", begun)
    now = harvestable_at(_FRI) + timedelta(hours=1)
    assert list_states(await account(database, now=now)) == ["ok", "ok", "failed", "failed", "late"]
    await mark(database, _MON, begun + timedelta(minutes=9))
    await note_run(database, "done", begun + timedelta(minutes=9))
    assert list_states(await account(database, now=now)) == ["ok", "ok", "ok", "failed", "late"]


async def test_a_first_harvest_that_broke_off_has_failed(database: Database) -> None:
    """On the two weeks that it reads; weeks imported long before are not put in doubt."""
    old = parse_week("2026-W30")
    await fill(database, _FULL | {day: [("cs.IR",)] for day in old.listing_days})
    await note_run(database, "begun", _NOW)
    assert list_states(await account(database)) == ["failed"] * 5
    assert list_states(await account(database, old)) == ["ok"] * 5


async def test_a_quick_harvest_of_the_week_that_broke_off_has_failed(database: Database) -> None:
    """The run of that very week tells."""
    await fill(database, {_MON: [("cs.IR",)]})
    await note_run(database, "begun", _NOW, "2026-W34")
    assert list_states(await account(database)) == ["failed"] * 5
    await note_run(database, "done", _NOW, "2026-W34")
    assert list_states(await account(database)) == ["ok", "late", "late", "late", "late"]


async def test_no_paper_on_an_announcement_day_has_failed(database: Database) -> None:
    """When the archive was read to its end, nothing is not believed."""
    await fill(database, {day: papers for day, papers in _FULL.items() if day != _WED})
    await mark(database, _MON, _NOW)
    ledger = await account(database)
    assert list_states(ledger) == ["ok", "ok", "failed", "ok", "ok"]
    assert {line.reason for line in ledger.alarms} == {"no paper at all on an announcement day: triage repair"}


@pytest.mark.parametrize("papers", [0, 3])
async def test_a_holiday_is_no_alarm(database: Database, papers: int) -> None:
    """The Monday after a deferred Friday, near-empty as it was, or empty."""
    week = parse_week("2026-W28")
    monday, *others = week.listing_days
    earlier = {monday - timedelta(weeks=number): [("cs.IR",)] * 50 for number in range(1, 6)}
    await fill(database, earlier | {monday: [("cs.IR",)] * papers} | {day: [("cs.IR",)] for day in others})
    await mark(database, monday, _NOW)
    ledger = await account(database, week)
    assert list_states(ledger) == ["holiday", "ok", "ok", "ok", "ok"]
    assert not ledger.alarms
    assert ledger.days[0].papers == papers


async def test_a_paper_of_two_categories_counts_in_each_and_once(database: Database) -> None:
    """In each line, once in the day and the week; one of no followed category not at all."""
    await fill(database, {_MON: [("cs.IR", "cs.CL"), ("cs.CL",), ("stat.ME",)]})
    ledger = await account(database)
    assert [line.harvested for line in ledger.lines if line.day == _MON] == [1, 2]
    assert (ledger.days[0].papers, ledger.papers) == (2, 2)


async def test_a_day_with_only_other_categories_is_empty(database: Database) -> None:
    """Papers that nobody follows do not hide that the day brought nothing."""
    await fill(database, {_MON: [("stat.ME",)]})
    await mark(database, _MON, harvestable_at(_MON))
    assert (await account(database)).days[0].state is State.FAILED


async def test_a_category_followed_later_is_not_covered(database: Database) -> None:
    """A mark holds for the categories it names."""
    async with database.write() as session:
        await save_marks(session, "oai", [Mark("cs.CL", _MON, _NOW)])
    ledger = await account(database)
    assert {find_line(ledger, "cs.IR", day).state for day in _FULL} == {State.LATE}
    assert {find_line(ledger, "cs.CL", day).state for day in _FULL} == {State.FAILED}


async def test_several_weeks_at_once_are_the_same_as_one_by_one(database: Database) -> None:
    """One look at the store, the same accounts; a week without anything is known as such."""
    await fill(database, _FULL)
    await mark(database, _MON, _NOW)
    reckoning = Reckoning(database, _CATEGORIES, "none", ("none",), _NOW)
    first = parse_week("2026-W32")
    together = await reckon_weeks(reckoning, first, _WEEK)
    assert together == (
        await reckon(reckoning, first),
        await reckon(reckoning, first.next),
        await reckon(reckoning, _WEEK),
    )
    assert [ledger.is_empty for ledger in together] == [True, True, False]


@given(
    st.dictionaries(
        st.sampled_from(list(_FULL)),
        st.lists(st.lists(st.sampled_from(("cs.IR", "cs.CL", "cs.LG")), min_size=1, max_size=3, unique=True)),
    )
)
@settings(max_examples=15, deadline=None)
def test_the_days_sum_up_to_the_week(migrated_file: Path, plan: dict[date, list[list[str]]]) -> None:
    """Distinct papers of the days are the week's, and no line holds more than its day."""
    ledger = asyncio.run(_account_apart(migrated_file, {day: [*map(tuple, some)] for day, some in plan.items()}))
    followed = [some for papers in plan.values() for some in papers if not set(_CATEGORIES).isdisjoint(some)]
    assert sum(day.papers for day in ledger.days) == ledger.papers == len(followed)
    papers = {day.day: day.papers for day in ledger.days}
    assert all(line.harvested <= papers[line.day] for line in ledger.lines)


async def _account_apart(migrated_file: Path, plan: Mapping[date, Sequence[tuple[str, ...]]]) -> Ledger:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "triage.db"
        shutil.copy(migrated_file, path)
        database = Database(f"sqlite+aiosqlite:///{path}")
        try:
            await fill(database, plan)
            return await account(database)
        finally:
            await database.close()
