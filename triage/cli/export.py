"""`triage export` and `triage feed`: a shortlist and a topic as files for other programs."""

import os
from pathlib import Path
from typing import get_args

import click

from triage.bootstrap import Services
from triage.cli.session import WEEK, run_with_services
from triage.core.week import Week
from triage.errors import InputError
from triage.reading.exports import FileFormat, export_shortlist
from triage.reading.shortlists import find_shortlist

_FEED_FORMATS = ("atom", "json")
_topic_option = click.option("--topic", required=True, help="A topic of the rubric.")
_output_option = click.option("--output", type=click.Path(path_type=Path), help="Write it to this file.")


@click.command()
@_topic_option
@click.option("--week", type=WEEK, required=True, help="An ISO week, such as 2026-W31.")
@click.option("--format", "form", type=click.Choice(get_args(FileFormat)), default="bib", help="BibTeX when left out.")
@_output_option
def export(topic: str, week: Week, form: FileFormat, output: Path | None) -> None:
    """Write a week's shortlist for BibTeX, reference managers (ris, csl), spreadsheets (csv) or a blog (md).

    The list is the one that was made last; it is not made anew.

    \b
    Example:
      triage export --topic agent-evaluation --week 2026-W31 --format bib --output week31.bib
    """
    hand_out(run_with_services(lambda services: _export(services, topic, week, form)), output)


async def _export(services: Services, topic: str, week: Week, form: FileFormat) -> bytes:
    shortlist = await find_shortlist(services.library, topic, str(week))
    return (await export_shortlist(services.library, shortlist, form)).body


@click.command()
@_topic_option
@click.option("--format", "form", type=click.Choice(_FEED_FORMATS), default="atom", help="Atom when left out.")
@_output_option
def feed(topic: str, form: str, output: Path | None) -> None:
    """Write a topic's last eight published weeks as a feed; drafts where none is published.

    Its links begin with TRIAGE_PUBLIC_URL.

    \b
    Example:
      triage feed --topic agent-evaluation --output agent-evaluation.atom
    """
    hand_out(run_with_services(lambda services: _feed(services, topic, form)), output)


async def _feed(services: Services, topic: str, form: str) -> bytes:
    from triage.reading.feeds import gather_topic, write_atom, write_json_feed

    gathered = await gather_topic(services.library, topic, services.settings.public_url)
    return write_atom(gathered) if form == "atom" else write_json_feed(gathered)


def hand_out(body: bytes, output: Path | None) -> None:
    """To standard output, or whole or not at all to a file, which replaces an older one."""
    if output is None:
        click.echo(body, nl=not body.endswith(b"\n"))
        return
    unfinished = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_bytes(body)
        unfinished.replace(output)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(f"{output} cannot be written: {error.strerror}. Name a file in a folder that can.") from error
