"""`triage bounces`: what mail systems said later, and which addresses get no mail for it."""

import mailbox
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import json_option, run_with_services
from triage.errors import InputError
from triage.mailing.bounces import Taken, forgive, list_suppressed, take_report
from triage.mailing.reports import LARGEST_REPORT
from triage.store.suppressions import Suppression

_STANDARD_INPUT = "-"


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True))
@click.option("--list", "wants_list", is_flag=True, help="Show the addresses that get no mail.")
@click.option("--forgive", "forgiven", metavar="ADDRESS", help="Let an address have mail again.")
@json_option
def bounces(paths: tuple[str, ...], forgiven: str | None, *, wants_list: bool, as_json: bool) -> None:
    """Read mails that came to the bounce address: a .eml file, a folder of them, a Maildir, an mbox, or - for one mail.

    A mailbox that is gone, and a complaint, stop mail to that address at once; what comes back for the time being
    does after three weeks. Reading a report twice does nothing.

    \b
    Example:
      triage bounces ~/Maildir
      triage bounces --forgive ada@example.org
    """
    if (bool(paths), wants_list, forgiven is not None).count(True) != 1:
        raise InputError("Expected one of: PATHS to read, --list, or --forgive ADDRESS.")
    if forgiven is not None:
        run_with_services(lambda services: forgive(services.database, forgiven))
        if as_json:
            print_json({"forgiven": forgiven})
        else:
            click.echo(f"Mail may go to {forgiven} again. Who complained has left, and has to subscribe anew.")
    elif wants_list:
        suppressed = run_with_services(lambda services: list_suppressed(services.database))
        _show(as_json, suppressed, _draw_suppressed(suppressed))
    else:
        taken = run_with_services(lambda services: _take_all(services, paths))
        records = [{"source": source, **_to_record(each)} for source, each in taken]
        _show(as_json, records, _draw_taken(taken))


async def _take_all(services: Services, paths: Sequence[str]) -> list[tuple[str, Taken]]:
    return [
        (name, await take_report(services.database, message, services.clock()))
        for path in paths
        for name, message in _read_messages(path)
    ]


def _read_messages(path: str) -> Iterator[tuple[str, bytes]]:
    """Each mail with a name for the table; of a long one, as much as is looked at."""
    if path == _STANDARD_INPUT:
        yield "standard input", sys.stdin.buffer.read(LARGEST_REPORT)
        return
    place = Path(path)
    try:
        if (place / "cur").is_dir():
            yield from _read_box(mailbox.Maildir(place, create=False))
        elif place.is_dir():
            for file in sorted(place.glob("*.eml")):
                yield file.name, _read_file(file)
        elif _read_file(place).startswith(b"From "):
            yield from _read_box(mailbox.mbox(place, create=False))
        else:
            yield place.name, _read_file(place)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. What came before it was taken.") from error


def _read_box(box: mailbox.Maildir | mailbox.mbox) -> Iterator[tuple[str, bytes]]:
    try:
        for key in sorted(box.keys(), key=str):
            yield str(key), box.get_bytes(key)[:LARGEST_REPORT]
    finally:
        box.close()


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_REPORT)


def _show(as_json: bool, records: Any, table: Table) -> None:  # noqa: FBT001 - the option
    if as_json:
        print_json(records)
    else:
        Console().print(table)


def _to_record(taken: Taken) -> dict[str, str | None]:
    return {
        "outcome": taken.outcome.value,
        "kind": taken.kind and taken.kind.value,
        "email": taken.email,
        "week": taken.week,
        "detail": taken.detail,
    }


def _draw_taken(taken: Sequence[tuple[str, Taken]]) -> Table:
    counts = Counter(each.outcome.value for _, each in taken)
    summary = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()) or "no mails"
    table = _make_table("Reports", ("Mail", "Outcome", "Kind", "Address", "Week", "It says"))
    table.caption, table.caption_justify = summary, "left"
    for source, each in taken:
        kind = each.kind.value if each.kind else ""
        cells = (source, each.outcome.value, kind, each.email or "", each.week or "", each.detail)
        table.add_row(*map(escape, cells))
    return table


def _draw_suppressed(suppressed: Sequence[Suppression]) -> Table:
    table = _make_table("Addresses that get no mail", ("Address", "Since", "Why", "It said"))
    table.caption, table.caption_justify = None if suppressed else "none", "left"
    for each in suppressed:
        table.add_row(*map(escape, (each.email, f"{each.created_at:%Y-%m-%d}", each.reason, each.detail)))
    return table


def _make_table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
