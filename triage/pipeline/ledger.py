"""The ledger: for every category and listing day what was expected, what came, and how far it got."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from triage.core.announcements import harvestable_at, has_listing, latest_listing
from triage.core.ledger import Evidence, State, find_worst, judge_day
from triage.core.week import EASTERN, Week, week_of, weeks_between
from triage.pipeline.spine import FIRST_LOAD
from triage.store.engine import Database, Session
from triage.store.marks import Mark, load_marks
from triage.store.runs import Run, find_last_run
from triage.store.whereabouts import Whereabouts, count_days, list_whereabouts
from triage.store.witnesses import Check, Missing, list_missing, load_checks

_EARLIER = 8  # weeks that say what is usual


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How far papers came; scored means for every topic, not judged that the cheap score stands alone.

    A paper is judged when a judge spoke on it for one topic at least.
    """

    harvested: int
    embedded: int
    scored: int
    judged: int
    not_judged: int
    shortlisted: int


class LedgerLine(Counts, frozen=True, kw_only=True):
    """One category and listing day. `expected` is None where no witness was heard; `witness` names the one believed."""

    category: str
    day: date
    state: State
    reason: str
    expected: int | None
    witness: str | None
    missing: int


class LedgerDay(msgspec.Struct, frozen=True):
    """A listing day over all followed categories: the worst state, and its papers, each once."""

    day: date
    state: State
    papers: int


class Ledger(msgspec.Struct, frozen=True):
    """A week's account up to now; a paper counts in each of its followed categories, and once in `totals` and `days`.

    A day is a holiday, or one whose listing is out. `is_empty`: nothing was ever read of the week, nor tried.
    """

    week: str
    is_empty: bool
    totals: Counts
    days: tuple[LedgerDay, ...]
    lines: tuple[LedgerLine, ...]
    missing: tuple[Missing, ...]

    @property
    def papers(self) -> int:
        """The week's papers, each once."""
        return self.totals.harvested

    @property
    def alarms(self) -> tuple[LedgerLine, ...]:
        """The lines a person should look at."""
        return tuple(line for line in self.lines if line.state.is_alarm)


class Reckoning(msgspec.Struct, frozen=True):
    """What a ledger is made of: the followed categories, the embedder and the fingerprints of all topics in force.

    `judge_fingerprints` are those of what a judge is told of the topics.
    """

    database: Database
    categories: tuple[str, ...]
    embedder: str
    fingerprints: tuple[str, ...]
    now: datetime
    judge_fingerprints: tuple[str, ...] = ()


class _Books(msgspec.Struct, frozen=True):
    """Everything that was looked up. `runs` are the last harvests: of archives (None), and of single weeks."""

    papers: Mapping[date, Sequence[Whereabouts]]
    counts: Mapping[date, Mapping[str, int]]
    checks: Mapping[tuple[str, date], Check]
    missing: Sequence[Missing]
    marks: Mapping[str, Mark]
    runs: Mapping[str | None, Run | None]


async def reckon(reckoning: Reckoning, week: Week) -> Ledger:
    """The account of a week's listing days up to now; reads only."""
    return (await reckon_weeks(reckoning, week, week))[0]


async def reckon_weeks(reckoning: Reckoning, first: Week, last: Week) -> tuple[Ledger, ...]:
    """The accounts of several weeks in a row, both ends included, from one look at the store."""
    weeks = tuple(weeks_between(first, last))
    async with reckoning.database.read() as session:
        books = await _open_books(session, reckoning, weeks)
    return await asyncio.to_thread(_account_for_all, books, reckoning, weeks)  # a core's second for a year of weeks


async def _open_books(session: Session, reckoning: Reckoning, weeks: Sequence[Week]) -> _Books:
    first, last = weeks[0].monday, weeks[-1].listing_days[-1]
    days = [day for week in weeks for day in week.listing_days]
    return _Books(
        papers=_group_by_day([paper for week in weeks for paper in await _find_papers(session, reckoning, week)]),
        counts=await _count_days(session, first - timedelta(weeks=_EARLIER), last),
        checks=_choose_checks(await load_checks(session, days)),
        missing=await list_missing(session),
        marks=await load_marks(session),
        runs={name: await find_last_run(session, "harvest", name) for name in (None, *map(str, weeks))},
    )


async def _find_papers(session: Session, reckoning: Reckoning, week: Week) -> list[Whereabouts]:
    """Week by week, so that a server has its turn in between."""
    papers = await list_whereabouts(
        session,
        week.monday,
        week.listing_days[-1],
        embedder=reckoning.embedder,
        scored_by=reckoning.fingerprints,
        judged_by=reckoning.judge_fingerprints,
    )
    followed = set(reckoning.categories)
    return [paper for paper in papers if not followed.isdisjoint(paper.categories)]


async def _count_days(session: Session, first: date, last: date) -> dict[date, dict[str, int]]:
    counts: dict[date, dict[str, int]] = {}
    for monday in [first + timedelta(days=number) for number in range(0, (last - first).days + 1, 7)]:
        counts |= await count_days(session, monday, min(monday + timedelta(days=6), last))
    return counts


def _account_for_all(books: _Books, reckoning: Reckoning, weeks: Sequence[Week]) -> tuple[Ledger, ...]:
    return tuple(_account_for(books, reckoning, week) for week in weeks)


def _account_for(books: _Books, reckoning: Reckoning, week: Week) -> Ledger:
    days = [day for day in week.listing_days if _is_over(day, reckoning.now)]
    lines = tuple(_write_line(books, category, day) for day in days for category in reckoning.categories)
    totals = _count([paper for day in week.listing_days for paper in books.papers.get(day, ())])
    states = {line.state for line in lines}
    is_reached = any(mark.since < week.end for mark in books.marks.values())
    return Ledger(
        str(week),
        not is_reached and not totals.harvested and State.LATE in states <= {State.LATE, State.HOLIDAY},
        totals,
        tuple(_sum_up(books, lines, day) for day in days),
        lines,
        tuple(one for one in books.missing if week.monday <= one.day < week.end),
    )


def _sum_up(books: _Books, lines: Iterable[LedgerLine], day: date) -> LedgerDay:
    state = find_worst(line.state for line in lines if line.day == day)
    return LedgerDay(day, state, len(books.papers.get(day, ())))


def _write_line(books: _Books, category: str, day: date) -> LedgerLine:
    of_day = books.papers.get(day, ())
    counts = _count([paper for paper in of_day if category in paper.categories])
    check = books.checks.get((category, day))
    missing = sum(1 for one in books.missing if one.day == day and category in one.categories)
    expected = None if check is None or check.is_stale else check.expected
    mark = books.marks.get(category)
    verdict = judge_day(
        Evidence(
            day=day,
            harvested=counts.harvested,
            day_total=len(of_day),
            expected=expected,
            missing=missing,
            is_covered=_is_covered(mark, day),
            is_new=mark is None and bool(books.marks),
            has_failed=_has_failed(books.runs, mark, day),
            is_stale=check is not None and check.is_stale,
            usual=_list_usual(books.counts, category, day),
        )
    )
    return LedgerLine(
        category=category,
        day=day,
        state=verdict.state,
        reason=verdict.reason,
        expected=expected,
        witness=check.witness if check else None,
        missing=missing,
        **msgspec.structs.asdict(counts),
    )


def _count(papers: Collection[Whereabouts]) -> Counts:
    scored, judged = sum(paper.is_scored for paper in papers), sum(paper.is_judged for paper in papers)
    return Counts(
        harvested=len(papers),
        embedded=sum(paper.is_embedded for paper in papers),
        scored=scored,
        judged=judged,
        not_judged=sum(paper.is_scored and not paper.is_judged for paper in papers),
        shortlisted=sum(paper.is_shortlisted for paper in papers),
    )


def _group_by_day(papers: Iterable[Whereabouts]) -> dict[date, list[Whereabouts]]:
    days: dict[date, list[Whereabouts]] = {}
    for paper in papers:
        days.setdefault(paper.day, []).append(paper)
    return days


def _choose_checks(checks: Iterable[Check]) -> dict[tuple[str, date], Check]:
    """The witness who names the most papers; one that showed an older batch only where nobody else was heard."""
    best: dict[tuple[str, date], Check] = {}
    for check in checks:
        other = best.get((check.category, check.day))
        if other is None or (check.is_stale, -check.expected) < (other.is_stale, -other.expected):
            best[check.category, check.day] = check
    return best


def _is_covered(mark: Mark | None, day: date) -> bool:
    """Whether the archive was read from before the day's announcement to after it."""
    return mark is not None and mark.since <= day and mark.responded_at >= harvestable_at(day)


def _has_failed(runs: Mapping[str | None, Run | None], mark: Mark | None, day: date) -> bool:
    """Whether the last harvest that should have brought the day did not come to its end."""
    whole, quick = runs.get(None), runs.get(str(week_of(day)))
    if quick is not None and _broke_off_after(quick, day):
        return True
    if whole is None or not _broke_off_after(whole, day):
        return False
    return harvestable_at(day) > (mark.responded_at if mark else whole.started_at - FIRST_LOAD)


def _broke_off_after(run: Run, day: date) -> bool:
    return run.status in {"begun", "failed"} and run.started_at >= harvestable_at(day)


def _list_usual(counts: Mapping[date, Mapping[str, int]], category: str, day: date) -> tuple[int, ...]:
    """Counts of the same weekday in the weeks before, holidays and weeks that are not in the store left out."""
    same = [day - timedelta(weeks=number) for number in range(1, _EARLIER + 1)]
    return tuple(counts[one].get(category, 0) for one in same if one in counts and has_listing(one))


def _is_over(day: date, now: datetime) -> bool:
    """Whether there can be something to account for: a listing that is out, or a holiday that has come."""
    return day <= (latest_listing(now) if has_listing(day) else now.astimezone(EASTERN).date())
