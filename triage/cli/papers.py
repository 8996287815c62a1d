"""`triage import` and `triage harvest`: how papers come in."""

from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from triage.bootstrap import Services
from triage.cli.output import print_json, print_reports
from triage.cli.session import WEEK, json_option, run_with_services, show_progress
from triage.core.week import EASTERN, Week, week_of, weeks_between
from triage.errors import InputError
from triage.pipeline.importing import ImportProgress, ImportReport
from triage.pipeline.report import StepReport


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@json_option
def import_(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Read papers from metadata files: arXiv's bulk dump or weekly files, JSON lines, gzip or plain.

    Importing twice changes nothing; an interrupted import goes on where it stopped. A line that is no paper goes to
    quarantine with its number and reason, and does not stop the rest.

    \b
    Example:
      triage import arxiv-metadata-oai-snapshot.json week-2026-W31.jsonl.gz
    """
    report, bad = run_with_services(lambda services: _import(services, files))
    if as_json:
        print_json({"report": report, "quarantine": bad})
        return
    click.echo(
        f"{report.papers:,} papers in {report.seconds:.1f} s: {report.new:,} new, {report.changed:,} changed, "
        f"{report.unchanged:,} known before."
    )
    if report.quarantined:
        click.echo(f"{report.quarantined:,} lines could not be read and are in quarantine:", err=True)
        for line in bad:
            click.echo(f"  {line}", err=True)


async def _import(services: Services, paths: tuple[Path, ...]) -> tuple[ImportReport, list[str]]:
    from triage.adapters.snapshot import open_snapshot
    from triage.pipeline.importing import import_files
    from triage.store.imports import list_quarantine

    files = [open_snapshot(path) for path in paths]
    with show_progress() as progress:

        def advance(state: ImportProgress) -> None:
            progress(f"import {state.file}"[:60], state.bytes_done, state.bytes_total)  # one label, one bar

        report = await import_files(services.database, files, now=services.clock, progress=advance)
    async with services.database.read() as session:
        bad = await list_quarantine(session, [file.digest for file in files])
    return report, bad


@click.command()
@click.option("--week", type=WEEK, help="Papers first listed in this ISO week, such as 2026-W31.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="All weeks from the one of this day.")
@json_option
def harvest(week: Week | None, since: datetime | None, *, as_json: bool) -> None:
    """Ask arXiv for new papers, one request every three seconds, and keep every one.

    \b
    Example:
      triage harvest --week 2026-W31
    """
    if (week is None) == (since is None):
        raise click.UsageError("Give either --week or --since, such as --week 2026-W31.")
    reports = run_with_services(lambda services: _harvest(services, week, since))
    if as_json:
        print_json(reports)
    else:
        print_reports(Console(), reports, "Harvest")


async def _harvest(services: Services, week: Week | None, since: datetime | None) -> list[StepReport]:
    """Whole weeks, so that none is ever half in the store without the store knowing."""
    from triage.pipeline.harvest import harvest_week

    now = services.clock()
    first = week or week_of((since or now).date())
    check_week_has_begun(first, now)
    last = week or week_of(now.astimezone(EASTERN).date())
    with show_progress() as progress:
        source = services.open_source(progress)
        return [
            await harvest_week(services.database, source, services.rubric.categories, each, now, progress=progress)
            for each in weeks_between(first, last)
        ]


def check_week_has_begun(week: Week, now: datetime) -> None:
    """Raise `InputError` for a week nothing can have been listed in yet."""
    if week.monday > now.astimezone(EASTERN).date():
        raise InputError(f"{week} begins on {week.monday}, which lies in the future; nothing was listed in it yet.")
