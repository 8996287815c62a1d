"""The ledger as readers get it: what was expected of each category and listing day, what came, how far it got."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from triage.core.announcements import check_week_has_begun, latest_listing
from triage.core.rubric import fingerprint, judge_fingerprint
from triage.core.week import week_of
from triage.errors import InputError
from triage.pipeline.ledger import Ledger, Reckoning, reckon_weeks
from triage.reading.library import Library
from triage.reading.naming import read_week

MOST_WEEKS = 520


async def reckon_ledger(library: Library, week: str | None, weeks: int) -> tuple[Ledger, ...]:
    """The accounts of `weeks` weeks in a row that end with `week`, or with that of the newest listing.

    Raises `InputError` for a week that has not begun, and for fewer than 1 or more than 520 weeks.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise InputError(f"{weeks} weeks are out of range: expected 1 to {MOST_WEEKS}.")
    now, rubric = library.clock(), library.rubric
    newest = week_of(latest_listing(now))
    last = newest if week is None else read_week(week)
    if last > newest:
        check_week_has_begun(last, now)
    reckoning = Reckoning(
        library.database,
        rubric.categories,
        library.embedder_name,
        tuple(fingerprint(rubric, topic.name) for topic in rubric.topics),
        now,
        tuple(judge_fingerprint(rubric, topic.name) for topic in rubric.topics),
    )
    return await reckon_weeks(reckoning, week_of(last.monday - timedelta(weeks=weeks - 1)), last)


def to_record(ledgers: Sequence[Ledger]) -> dict[str, Any]:
    """The last of the weeks as programs read it, and all of them as `calendar`; the names of fields stay as they are.

    `week`; `papers`, each once; `totals`, how far those came; `lines` per category and listing day; `missing` papers
    with the reason; `alarms`, the lines whose `state` is `stale`, `incomplete` or `failed`.
    """
    ledger = ledgers[-1]
    return {
        "week": ledger.week,
        "papers": ledger.papers,
        "totals": ledger.totals,
        "lines": ledger.lines,
        "missing": ledger.missing,
        "alarms": ledger.alarms,
        "calendar": [{"week": one.week, "papers": one.papers, "days": one.days} for one in ledgers],
    }
