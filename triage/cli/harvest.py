"""`triage harvest` and `triage repair`: how papers come from arXiv, and how gaps are closed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console

from triage.bootstrap import Services
from triage.cli.output import print_json, print_reports
from triage.cli.session import WEEK, json_option, run_with_services, show_progress
from triage.core.announcements import check_week_has_begun, utc_day
from triage.core.week import Week
from triage.pipeline.report import StepReport

_OWN = "\0"  # no folder can bear that name: the data folder's own answers
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--since", type=_DAY, help="Reach back to this day (UTC); two weeks on a first harvest when left out.")
@click.option("--week", type=WEEK, help="Only this ISO week, by submission time: a quick start for one week.")
@click.option(
    "--replay",
    is_flag=False,
    flag_value=_OWN,
    metavar="[FOLDER]",
    help="Read kept answers (of this data folder, or FOLDER) in place of arXiv's.",
)
@click.option("--clear-stop", is_flag=True, help="Ask again after arXiv answered 403; first find out why it did.")
@json_option
def harvest(since: datetime | None, week: Week | None, replay: str | None, *, clear_stop: bool, as_json: bool) -> None:
    """Bring the store up to date with arXiv: every change since the last harvest, none lost, each accounted for.

    Reads whole archives (OAI-PMH) from a week before the last harvest on, one request every three seconds, checks
    them against arXiv's list of identifiers and the day's feed, and asks for what is missing. Running it again, also
    after a failure or Ctrl-C, changes only what changed at arXiv. Exit code 1 while a paper is known to be missing.

    \b
    Example:
      triage harvest
      triage harvest --since 2026-07-01
    """
    if sum(option is not None for option in (since, week, replay)) > 1:
        raise click.UsageError("Give one of --since, --week and --replay.")
    if clear_stop and replay is not None:
        raise click.UsageError("--clear-stop is for arXiv; --replay does not ask it.")

    async def work(services: Services) -> list[StepReport]:
        if replay is not None:
            return await _replay(services, replay)
        if clear_stop:
            _clear_stop(services)
        return await (_harvest(services, since.date() if since else None) if week is None else _quick(services, week))

    _print(run_with_services(work), "Harvest", as_json=as_json)


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--since", type=_DAY, help="Compare from this day (UTC) on.")
@click.option("--days", type=click.IntRange(1, 3660), default=35, show_default=True, help="Compare so many days.")
@json_option
def repair(ids: tuple[str, ...], since: datetime | None, days: int, *, as_json: bool) -> None:
    """Find papers that arXiv names and the store lacks, and fetch them; with IDs, fetch just those.

    Exit code 1 while a paper is known to be missing: `triage ledger` shows which, and why.

    \b
    Example:
      triage repair
      triage repair 2607.23722 2607.24001
    """
    reports = run_with_services(lambda services: _repair(services, ids, since.date() if since else None, days))
    _print(reports, "Repair", as_json=as_json)


async def _harvest(services: Services, since: date | None) -> list[StepReport]:
    from triage.pipeline.listings import check_listings
    from triage.pipeline.spine import check_since, harvest_archives

    check_since(since, services.clock())
    with show_progress() as progress:
        desk = services.open_desk(progress)
        reports = await harvest_archives(desk, since)
        checked = await check_listings(desk, services.open_feed())
    return [*reports, checked] if checked else reports


async def _quick(services: Services, week: Week) -> list[StepReport]:
    from triage.pipeline.harvest import harvest_week

    check_week_has_begun(week, services.clock())
    with show_progress() as progress:
        return [await harvest_week(services.open_desk(progress), week)]


async def _replay(services: Services, folder: str) -> list[StepReport]:
    from triage.pipeline.replay import replay_session

    reports: list[StepReport] = []
    replays = services.open_replays(None if folder == _OWN else Path(folder))
    with show_progress() as progress:
        for number, (session, clients) in enumerate(replays, 1):
            reports += await replay_session(services.database, session, clients, progress)
            progress("replay", number, len(replays))
    return reports


async def _repair(services: Services, ids: Sequence[str], since: date | None, days: int) -> list[StepReport]:
    from triage.pipeline.repair import repair_ids, repair_since

    with show_progress() as progress:
        desk = services.open_desk(progress)
        if ids:
            return [await repair_ids(desk, ids)]
        return await repair_since(desk, since or utc_day(services.clock() - timedelta(days=days)))


def _clear_stop(services: Services) -> None:
    reason = services.pace.resume()
    click.echo(f"Cleared: {reason}" if reason else "Nothing was stopped.", err=True)


def _print(reports: Sequence[StepReport], title: str, *, as_json: bool) -> None:
    if as_json:
        print_json(reports)
    else:
        print_reports(Console(), reports, title)
    if any(report.failed for report in reports):
        raise click.exceptions.Exit(1)
