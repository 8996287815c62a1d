"""`triage import`: how papers come in from files."""

from pathlib import Path

import click

from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import json_option, run_with_services, show_progress
from triage.pipeline.importing import ImportProgress, ImportReport


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
