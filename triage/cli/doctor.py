"""`triage doctor`: what is wrong with this installation, and what to do."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import triage
from triage.cli.output import print_json
from triage.cli.session import json_option, read_settings
from triage.config import Settings
from triage.errors import InputError, ModelError
from triage.home import find_rubric, load_rubric
from triage.mail import open_mailer
from triage.pipeline.doctor import (
    Check,
    check_clock,
    check_contact,
    check_embedder,
    check_extras,
    check_folder,
    check_mail,
    check_python,
    check_rubric,
    check_space,
    sum_up,
)
from triage.ports import Embedder

_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red"}


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Say what is wrong with this installation and what to do; changes nothing.

    Ends with exit code 1 when a check failed; a warning is no failure.

    \b
    Example:
      triage doctor
    """
    checks = list(_check_all())
    status = sum_up(checks)
    if as_json:
        print_json({"status": status, "checks": checks})
    else:
        _print(checks)
    if status == "failed":
        sys.exit(1)


def _check_all() -> Iterator[Check]:
    yield check_python(sys.version_info[:3])
    yield Check("triage", "ok", f"Triage {triage.__version__} in {Path(triage.__file__).parent}.")
    yield _check_clock()
    try:
        settings = read_settings()
    except InputError as error:
        yield Check("settings", "failed", f"{error} The checks that need settings were left out.")
    else:
        yield from _check_with(settings)
    yield from check_extras()


def _check_clock() -> Check:
    installed = datetime.fromtimestamp(Path(triage.__file__).stat().st_mtime, UTC)
    return check_clock(datetime.now(UTC), installed)


def _check_with(settings: Settings) -> Iterator[Check]:
    from triage.pipeline.doctor_database import check_database
    from triage.pipeline.doctor_ledger import check_ledger
    from triage.pipeline.doctor_outbox import check_outbox

    yield check_folder(settings.home)
    yield check_space(settings.home)
    found = asyncio.run(check_database(settings.url))
    yield from found
    is_readable = any(check.name == "contents" and check.status != "failed" for check in found)
    if is_readable:
        yield asyncio.run(check_ledger(settings.url, settings.now or datetime.now(UTC)))
        yield asyncio.run(check_outbox(settings.url, lambda: _read_last_number(settings)))
    yield check_rubric(lambda: (find_rubric(settings), len(load_rubric(settings).topics)))
    yield check_embedder(lambda: _open_embedder(settings))
    if is_readable:
        yield from _check_index(settings)
    yield check_contact(settings.contact)
    yield check_mail(settings, lambda: open_mailer(settings))


def _check_index(settings: Settings) -> Iterator[Check]:
    from triage.adapters.embedders import name_embedder
    from triage.adapters.vector_index.folder import IndexFolder
    from triage.reading.index_check import check_index

    try:
        name = name_embedder(settings.embedder, settings.threads)
    except ModelError:
        return  # which the check of the embedder tells
    shelf = IndexFolder(settings.home / "index", name)
    yield asyncio.run(check_index(settings.url, name, shelf, shelf.folder))


def _read_last_number(settings: Settings) -> int:
    from triage.adapters.mail_log import FileMailLog

    return FileMailLog(settings.home / "mail.log").last_number()


def _open_embedder(settings: Settings) -> Embedder:
    from triage.adapters.embedders import open_embedder

    return open_embedder(settings.embedder, settings.threads)


def _print(checks: list[Check]) -> None:
    table = Table("check", "", "what was found", title="Doctor", title_justify="left", title_style="bold")
    for check in checks:
        style = _STYLES[check.status]
        table.add_row(check.name, f"[{style}]{check.status}[/{style}]", escape(check.message))
    Console().print(table)
    failed, warned = (sum(check.status == status for check in checks) for status in ("failed", "warning"))
    if not failed and not warned:
        click.echo("All is well.")
        return
    counts = [f"{count} {word}" for count, word in ((failed, "failed"), (warned, "to be aware of")) if count]
    click.echo(f"{', '.join(counts)}.")
