"""`triage deliver`: the weekly mail, to everybody whose digest is due."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import click
from msgspec.structs import replace
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import json_option, run_with_services, show_progress
from triage.core.mailing import Delivery, DeliveryState
from triage.delivery.desk import DeliverReport
from triage.delivery.status import OutboxStatus
from triage.store.suppressions import Suppression

_COUNTS = ("queued", "accepted", "deferred", "refused", "unknown", "dropped")


@click.command()
@click.option("--status", is_flag=True, help="Only say what became of the newest weeks' digests.")
@click.option("--queue-only", is_flag=True, help="Write what is due into the outbox, and send nothing.")
@click.option("--resend-unknown", is_flag=True, help="Send again what may have arrived: some may come twice.")
@click.option("--confirm-restored", is_flag=True, help="Go on with a database that is older than the mail log.")
@json_option
def deliver(*, status: bool, queue_only: bool, resend_unknown: bool, confirm_restored: bool, as_json: bool) -> None:
    """Send the week's digest to every reader for whom it is due, once.

    Running it again, or twice at once, sends nothing twice: let cron do it every ten minutes, or triage serve, which
    does it by itself. Ctrl-C ends it after the message that is being sent; a second one ends it at once.

    \b
    Example:
      triage deliver
      triage deliver --status
    """
    if status:
        found = run_with_services(_read_status)
        if as_json:
            print_json(found)
        else:
            _print_status(Console(), found)
        return
    report = run_with_services(
        lambda services: _deliver(services, only_queue=queue_only, again=resend_unknown, restored=confirm_restored)
    )
    if as_json:
        print_json(report)
    else:
        _print_report(Console(), report)
    if report.is_stopped:
        raise KeyboardInterrupt


async def _deliver(services: Services, *, only_queue: bool, again: bool, restored: bool) -> DeliverReport:
    from triage.delivery import deliver as step

    with show_progress() as progress, _hear_stop() as is_stopping:
        desk = replace(services.open_deliver_desk(), progress=progress, is_stopping=is_stopping)
        if restored:
            marked = await step.confirm_restored(desk)
            click.echo(f"Digests taken as sent before the database was restored: {marked:,}.", err=True)
        if again:
            await step.check_log(desk)
            click.echo(f"Digests to be sent again: {await step.resend_unknown(desk):,}.", err=True)
        report = await step.deliver(desk, only_queue=only_queue)
    if report.accepted and services.settings.mail == "folder":
        click.echo(
            f"The mails are files in {services.settings.home / 'outbox'}. TRIAGE_MAIL=smtp sends them.", err=True
        )
    return report


async def _read_status(services: Services) -> OutboxStatus:
    from triage.delivery.status import read_status

    return await read_status(services.database, services.clock())


@contextmanager
def _hear_stop() -> Iterator[Callable[[], bool]]:
    """Whether somebody wants this to end, by Ctrl-C or as systems end a service; who asks twice need not wait."""
    wish = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        del number, frame
        if wish.is_set():
            raise KeyboardInterrupt
        wish.set()
        os.write(2, b"Stopping after this message; Ctrl-C again stops at once.\n")  # print may be what was interrupted

    former = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wish.is_set
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _print_report(console: Console, report: DeliverReport) -> None:
    if any(getattr(report, name) for name in _COUNTS):
        table = Table(title="Deliver", title_justify="left", title_style="bold")
        for name in _COUNTS:
            table.add_column(name, justify="right")
        table.add_row(*(f"{getattr(report, name):,}" for name in _COUNTS))
        console.print(table)
    else:
        click.echo("Nothing can be sent now." if report.waiting or report.pending else "Nothing is due.")
    for each in report.waiting:
        remedy = f" Mend it with: {each.remedy}" if each.remedy else ""
        click.echo(f"{each.week}: {_count(each.readers)} waiting, since {each.reason.rstrip('.')}.{remedy}")
    if report.unknown or report.refused or report.dropped:
        click.echo("Who and why: triage deliver --status")
    if report.pending:
        since = f", the first from {report.pending_at:%A %H:%M} UTC on" if report.pending_at else ""
        click.echo(f"In the outbox, for a later run: {report.pending:,}{since}. Why: triage deliver --status")
    click.echo(_word_next(report))


def _word_next(report: DeliverReport) -> str:
    if report.next_at is None:
        if report.unconfirmed:
            return f"Nobody gets the weekly mail yet; {_count(report.unconfirmed)} have to confirm the address first."
        return "Nobody gets the weekly mail yet: triage subscribe --help"
    return f"Next: {report.next_at:%A %d %B %Y, %H:%M} UTC, to {_count(report.next_readers)}."


def _count(readers: int) -> str:
    return "1 reader" if readers == 1 else f"{readers:,} readers"


def _print_status(console: Console, status: OutboxStatus) -> None:
    table = Table(title="Digests", title_justify="left", title_style="bold")
    table.add_column("")
    for each in status.weeks:
        table.add_column(each.week or "all", justify="right", no_wrap=True)
    for state in DeliveryState:
        table.add_row(state.value, *(f"{each.counts[state]:,}" for each in status.weeks))
    console.print(table)
    _print_deliveries(console, "Waiting for another try", status.pending)
    _print_deliveries(console, "Refused by the mail server", status.refused)
    _print_deliveries(console, "Never sent", status.dropped)
    if status.suppressed:
        _print_suppressed(console, status.suppressed)
    _print_deliveries(console, "May have arrived, or not", status.unknown)
    if status.unknown:
        click.echo(
            "These are not sent again by themselves. Look for them in the mail server's log, or send them again, "
            "which some readers may get twice: triage deliver --resend-unknown"
        )
    if lost := sum(not each.has_message for each in status.unknown):
        click.echo(f"The text of {lost:,} of them went with the former database: those cannot be sent again.")


def _print_deliveries(console: Console, title: str, deliveries: Sequence[Delivery]) -> None:
    if not deliveries:
        return
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in ("reader", "week", "when (UTC)", "why"):
        table.add_column(name, overflow="fold")
    for each in deliveries:
        when = f"{each.finished_at or each.not_before:%Y-%m-%d %H:%M}"
        table.add_row(escape(each.reader), each.week, when, escape(each.detail))
    console.print(table)


def _print_suppressed(console: Console, suppressed: Sequence[Suppression]) -> None:
    table = Table(title="Addresses that get no mail", title_justify="left", title_style="bold")
    for name in ("address", "since", "why", "in the server's words"):
        table.add_column(name, overflow="fold")
    for one in suppressed:
        table.add_row(escape(one.email), f"{one.created_at:%Y-%m-%d}", one.reason, escape(one.detail))
    console.print(table)
    click.echo("Let one have mail again: triage bounces --forgive ADDRESS")
