"""`triage db`: where everything is kept, a move to another database, a backup."""

import asyncio
import time
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from triage.cli.output import print_json
from triage.cli.session import json_option, read_settings, show_progress
from triage.errors import InputError
from triage.store.backup import back_up
from triage.store.contents import Contents, read_contents, require_file
from triage.store.copying import TableCopy, copy_database
from triage.store.copying_address import find_file, is_same, read_address
from triage.store.engine import Database
from triage.store.schema import HEAD

_SHOWN_DIGITS = 12


class CopyReport(msgspec.Struct, frozen=True):
    """A copy that is complete; addresses without passwords. `others` are tables of other programs, left behind."""

    source: str
    target: str
    revision: str
    rows: int
    seconds: float
    tables: list[TableCopy]
    others: list[str]


@click.group()
def db() -> None:
    """Say what the database holds, move it to another kind of database, back it up.

    \b
    Example:
      triage db status
      triage db copy --from triage.db --to postgresql://triage@db.example.org/triage
      triage db backup triage-2026-08-21.db
    """


@db.command(short_help="Say which database is in use, and what it holds.")
@json_option
def status(*, as_json: bool) -> None:
    """Say which database is in use, its schema, its size and the rows of each table; changes nothing.

    \b
    Example:
      triage db status
    """
    where, contents = asyncio.run(_look(read_settings().url))
    if as_json:
        print_json({"database": where, "newest_revision": HEAD, **msgspec.to_builtins(contents)})
        return
    click.echo(where)
    table = Table("table")
    table.add_column("rows", justify="right")
    for name, rows in contents.rows.items():
        table.add_row(name, f"{rows:,}")
    Console().print(table)
    click.echo("\n".join(_describe(contents)))


@db.command(short_help="Copy everything to another database, and compare every row.")
@click.option("--from", "source", required=True, metavar="URL", help="A file such as triage.db, or a URL.")
@click.option("--to", "target", required=True, metavar="URL", help="An empty database, or a file that is made.")
@json_option
def copy(source: str, target: str, *, as_json: bool) -> None:
    """Copy everything from one database to another, SQLite or PostgreSQL, and compare every row before it counts.

    The source is only read, as it is when the copy begins: stop what writes to it first. The target must hold no rows;
    it gets all of them or, when anything fails or the copy is stopped, none.

    \b
    Example:
      triage db copy --from ~/.local/share/triage/triage.db --to postgresql://triage@db.example.org/triage
    """
    read_settings()  # for the log's level
    try:
        report = asyncio.run(_copy(source, target))
    except KeyboardInterrupt as stop:
        click.echo("Stopped: nothing was copied. The same command begins again.", err=True)
        raise click.exceptions.Exit(130) from stop
    if as_json:
        print_json(report)
        return
    _print_copy(report)


@db.command(short_help="Write an SQLite database into a file, also while it is used.")
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write an SQLite database into a new file, also while others use it, and check the file.

    To go back: stop triage, put the file in the place of triage.db, and remove triage.db-wal and triage.db-shm.

    \b
    Example:
      triage db backup triage-2026-08-21.db
    """
    path = find_file(read_address(read_settings().url))
    if path is None:
        raise InputError("The database is PostgreSQL, which has a tool of its own: pg_dump --format=custom.")
    size = back_up(path, file)
    click.echo(f"{file}: {size / 1e6:,.1f} MB, and SQLite finds no damage in it.")


async def _look(url: str) -> tuple[str, Contents]:
    database = Database(url)
    try:
        return database.url.render_as_string(), await read_contents(database)
    finally:
        await database.close()


async def _copy(source: str, target: str) -> CopyReport:
    began = time.monotonic()
    here_url, there_url = read_address(source), read_address(target)
    if is_same(here_url, there_url):
        raise InputError(f"{here_url.render_as_string()} would be copied onto itself: name another target.")
    here, there = (Database(url.render_as_string(hide_password=False)) for url in (here_url, there_url))
    try:
        require_file(here)
        _require_folder(there)
        others = (await read_contents(here)).others
        with show_progress() as progress:
            tables = await copy_database(here, there, progress)
    finally:
        await here.close()
        await there.close()
    rows = sum(each.source_rows for each in tables)
    names = here.url.render_as_string(), there.url.render_as_string()
    return CopyReport(*names, HEAD, rows, time.monotonic() - began, tables, others)


def _require_folder(database: Database) -> None:
    path = find_file(database.url)
    if path is not None and not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to make {path.name} in.")


def _describe(contents: Contents) -> list[str]:
    newest = f"newest paper {contents.newest}" if contents.newest else "no papers"
    lines = [f"{contents.size / 1e6:,.1f} MB, {newest}.", _compare(contents.revision)]
    if contents.server:
        lines.append(f"PostgreSQL {contents.server}.")
    if contents.others:
        lines.append(f"Tables of other programs: {', '.join(contents.others)}.")
    return lines


def _compare(revision: str | None) -> str:
    if revision is None:
        return "It has no schema yet: the first command prepares it."
    if revision == HEAD:
        return f"Schema {revision}, the newest."
    return f"Schema {revision}; this program's is {HEAD}, to which the next command brings an older one by itself."


def _print_copy(report: CopyReport) -> None:
    table = Table("table", title="Copied and compared", title_justify="left", title_style="bold")
    table.add_column("rows", justify="right")
    table.add_column("hash, source")
    table.add_column("hash, target")
    table.add_column("equal")
    for each in report.tables:
        digests = each.source_digest[:_SHOWN_DIGITS], each.target_digest[:_SHOWN_DIGITS]
        table.add_row(each.table, f"{each.source_rows:,}", *digests, "yes" if each.is_equal else "no")
    Console().print(table)
    pace = report.rows / max(report.seconds, 1e-9)
    click.echo(f"{report.rows:,} rows in {report.seconds:,.1f} s ({pace:,.0f} a second). The source is as it was.")
    if report.others:
        click.echo(f"Left behind, as tables of other programs: {', '.join(report.others)}.")
    password = " (with the password in place of ***)" if ":***@" in report.target else ""
    click.echo(f"From now on{password}:")
    click.echo(f"  export TRIAGE_DATABASE_URL='{report.target}'")
    click.echo(
        "TRIAGE_HOME stays: rubric.yaml, mail.log, answers and outbox are files there, and no part of this copy."
    )
