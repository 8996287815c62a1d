"""`triage ledger`: what was expected of each category and listing day, what came, and how far it got."""

import click
from rich.console import Console

from triage.cli.ledger_table import print_calendar, print_ledger
from triage.cli.output import print_json
from triage.cli.session import WEEK, json_option, run_with_services
from triage.core.week import Week
from triage.reading.ledger import MOST_WEEKS, reckon_ledger, to_record


@click.command()
@click.option("--week", type=WEEK, help="An ISO week, such as 2026-W31; that of the newest listing when left out.")
@click.option(
    "--weeks",
    type=click.IntRange(1, MOST_WEEKS),
    default=8,
    show_default=True,
    help="Weeks in the calendar, up to --week.",
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
    ledgers = run_with_services(lambda services: reckon_ledger(services.library, str(week) if week else None, weeks))
    if as_json:
        print_json(to_record(ledgers))
        return
    console = Console()
    print_calendar(console, ledgers)
    print_ledger(console, ledgers[-1])
