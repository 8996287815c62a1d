"""The ledger as a calendar, and one week of it in full."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Annotated, Final

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from api.auth import allow_readers
from api.ledgers import Ledgers, provide_ledgers
from api.pages.templating import PageRequest, render
from triage.core.ledger import State
from triage.core.week import parse_week, week_of
from triage.pipeline.ledger import Ledger, LedgerDay, LedgerLine
from triage.reading.aside import run_aside
from triage.reading.library import Library
from triage.reading.naming import read_week
from triage.reading.shortlists import list_weeks

_WEEKS: Final = 8
"""Rows of the calendar."""
SIGNS: Final = {
    State.OK: ("✓", "complete as far as is known"),
    State.LATE: ("L", "announced, not harvested yet"),
    State.STALE: ("S", "the only witness showed an older batch"),
    State.INCOMPLETE: ("!", "papers are missing, or far fewer came than usual"),
    State.FAILED: ("✗", "the harvest broke off or brought nothing"),
    State.HOLIDAY: ("H", "no listing was due"),
}
"""What stands for a state, so that nobody needs the colour, and what it means."""


class Alarm(msgspec.Struct, frozen=True):
    """What a person should look at: one day, one reason, and the categories it holds for."""

    day: date
    state: State
    reason: str
    categories: tuple[str, ...]


class CalendarRow(msgspec.Struct, frozen=True):
    """A week with its five listing days; None for a day that is still to come."""

    ledger: Ledger
    days: tuple[LedgerDay | None, ...]


class LedgerPages(Controller):
    """Seeing that nothing was lost."""

    guards = (allow_readers,)
    dependencies = {"ledgers": Provide(provide_ledgers, sync_to_thread=False)}  # noqa: RUF012 - as Litestar reads it

    @get("/ledger")
    async def show(
        self,
        request: PageRequest,
        library: NamedDependency[Library],
        ledgers: NamedDependency[Ledgers],
        week: Annotated[str, QueryParameter(max_length=8)] = "",
    ) -> Response[str]:
        """The calendar, and the week asked for, else the newest that holds anything."""
        shown = await _reckon(ledgers, library, week)
        chosen = _choose(shown, week)
        return await run_aside(
            render,
            request,
            "ledger.html.j2",
            rows=[_lay_out(ledger) for ledger in reversed(shown)],
            ledger=chosen,
            alarms=group_lines(chosen.alarms),
            late=group_lines(line for line in chosen.lines if line.state is State.LATE),
            checked=_count_checked(chosen),
            signs=SIGNS,
            older=_step(shown[0].week, -1),
            newer=_find_newer(shown[-1].week, library),
        )


def group_lines(lines: Iterable[LedgerLine]) -> Sequence[Alarm]:
    """One per day, state and reason, naming all categories."""
    grouped: dict[tuple[date, State, str], list[str]] = {}
    for line in lines:
        grouped.setdefault((line.day, line.state, line.reason), []).append(line.category)
    return [Alarm(*key, tuple(categories)) for key, categories in grouped.items()]


async def _reckon(ledgers: Ledgers, library: Library, week: str) -> tuple[Ledger, ...]:
    """The newest weeks; where the one asked for is older, or all of these are empty, those up to one that is not."""
    newest = await ledgers.reckon(library, None, _WEEKS)
    if not week and all(ledger.is_empty for ledger in newest):  # an old store, or the made-up week
        known = (await list_weeks(library, 0, 1)).items
        week = known[0].week if known else ""
    wanted = str(read_week(week)) if week else newest[-1].week
    return newest if wanted in {ledger.week for ledger in newest} else await ledgers.reckon(library, wanted, _WEEKS)


def _choose(ledgers: Sequence[Ledger], week: str) -> Ledger:
    if week:
        wanted = str(parse_week(week))
        return next(ledger for ledger in ledgers if ledger.week == wanted)
    return next((ledger for ledger in reversed(ledgers) if not ledger.is_empty), ledgers[-1])


def _lay_out(ledger: Ledger) -> CalendarRow:
    known = {day.day: day for day in ledger.days}
    return CalendarRow(ledger, tuple(known.get(day) for day in parse_week(ledger.week).listing_days))


def _count_checked(ledger: Ledger) -> tuple[int, int]:
    """Listing days that were checked against what arXiv announced, and all that were due."""
    due = {line.day for line in ledger.lines if line.state is not State.HOLIDAY}
    return len(due - {line.day for line in ledger.lines if line.expected is None}), len(due)


def _step(week: str, weeks: int) -> str:
    return str(week_of(parse_week(week).monday + timedelta(weeks=weeks)))


def _find_newer(week: str, library: Library) -> str | None:
    """The last week of the next calendar, none beyond the week that runs."""
    running = str(week_of(library.clock().date()))
    return min(_step(week, _WEEKS), running) if week < running else None
