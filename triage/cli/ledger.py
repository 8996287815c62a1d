"""`triage ledger`: what was expected of each category and listing day, what came, and how far it got."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click
from rich.console import Console

from triage.bootstrap import Services
from triage.cli.ledger_table import print_calendar, print_ledger
from triage.cli.output import print_json
from triage.cli.session import WEEK, json_option, run_with_services
from triage.core.week import Week, week_of
from triage.pipeline.ledger import Ledger


@click.command()
@click.option("--week", type=WEEK, help="An ISO week, such as 2026-W31; that of the newest listing when left out.")
@click.option(
    "--weeks", type=click.IntRange(1, 520), default=8, show_default=True, help="Weeks in the calendar, up to --week."
)
@json_option
def ledger(week: Week | None, weeks: int, *, as_json: bool) -> None:
    """Account for every announced paper: per category and listing day, what was expected and what came.

    Says what is missing and what to do about it. Reads the database only, and asks nobody.

    \b
    Example:
      triage ledger
      triage ledger --week 2026-W31 --json
    """
    ledgers = run_with_services(lambda services: _reckon(services, week, weeks))
    if as_json:
        print_json(to_record(ledgers))
        return
    console = Console()
    print_calendar(console, ledgers)
    print_ledger(console, ledgers[-1])


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


async def _reckon(services: Services, week: Week | None, weeks: int) -> tuple[Ledger, ...]:
    from triage.cli.harvest import check_week_has_begun
    from triage.core.announcements import latest_listing
    from triage.core.rubric import fingerprint, judge_fingerprint
    from triage.pipeline.ledger import Reckoning, reckon_weeks

    now, rubric = services.clock(), services.rubric
    newest = week_of(latest_listing(now))
    last = week or newest
    if last > newest:
        check_week_has_begun(last, now)
    reckoning = Reckoning(
        services.database,
        rubric.categories,
        services.embedder_name,
        tuple(fingerprint(rubric, topic.name) for topic in rubric.topics),
        now,
        tuple(judge_fingerprint(rubric, topic.name) for topic in rubric.topics),
    )
    return await reckon_weeks(reckoning, week_of(last.monday - timedelta(weeks=weeks - 1)), last)
