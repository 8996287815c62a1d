"""`triage queue`: what waits for the workers, and what a person may do about it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import WEEK, json_option, run_with_services, show_progress
from triage.core.announcements import check_week_has_begun
from triage.core.rubric import find_topic
from triage.core.week import Week

if TYPE_CHECKING:
    from saq import Queue

    from triage.worker.orders import Order
    from triage.worker.status import KindDepth, QueueStatus, Trouble

T = TypeVar("T")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def queue(context: click.Context, *, as_json: bool) -> None:
    """Say how much waits for the workers, who works, and what failed.

    \b
    Example:
      triage queue
      triage queue run --week 2026-W31
      triage queue retry
    """
    if context.invoked_subcommand is not None:
        if as_json:
            raise click.UsageError("--json goes with triage queue alone, not with its commands.")
        return
    from triage.worker.status import read_status

    status = _run(lambda _, waiting: read_status(waiting))
    if as_json:
        print_json(status)
    else:
        _print(Console(), status)


@queue.command("run", short_help="Put a week's work into the queue.")
@click.option("--week", type=WEEK, required=True, help="An ISO week, such as 2026-W31.")
@click.option("--topic", help="One topic of the rubric; all of them when left out.")
@click.option("--harvest", is_flag=True, help="Ask arXiv first.")
def run_(week: Week, topic: str | None, *, harvest: bool) -> None:
    """Put a week's work into the queue: all that is missing of it, as triage run would do it here and now.

    \b
    Example:
      triage queue run --week 2026-W31
    """
    from triage.worker.orders import order_week

    async def work(services: Services, waiting: "Queue") -> "Order":
        check_week_has_begun(week, services.clock())
        if topic is not None:
            find_topic(services.rubric, topic)
        return await order_week(services, waiting, week, topic, harvest=harvest)

    _tell(_run(work))


@queue.command(short_help="Put every paper that lacks a vector into the queue.")
def embed() -> None:
    """Put every paper that lacks a vector into the queue, in batches that let all other work pass.

    Workers make vectors with the TRIAGE_EMBEDDER that they were started with: give them and this command the same.

    \b
    Example:
      triage queue embed
    """
    from triage.worker.orders import order_backfill

    async def work(services: Services, waiting: "Queue") -> "Order":
        with show_progress() as progress:
            return await order_backfill(services, waiting, lambda papers: progress("papers", papers, 0))

    order = _run(work)
    click.echo(f"Papers without a vector: {order.papers:,}.")
    _tell(order)


@queue.command()
def retry() -> None:
    """Put every failed job into the queue again.

    \b
    Example:
      triage queue retry
    """
    from triage.worker.orders import retry_failed

    _tell(_run(lambda _, waiting: retry_failed(waiting)))


@queue.command()
def forget() -> None:
    """Drop every failed job.

    \b
    Example:
      triage queue forget
    """
    from triage.worker.orders import forget_failed

    click.echo(f"Forgotten: {_run(lambda _, waiting: forget_failed(waiting)):,}.")


def _run(work: Callable[[Services, "Queue"], Awaitable[T]]) -> T:
    from triage.worker.queue import connect, open_queue

    async def run(services: Services) -> T:
        async with connect(open_queue(services.settings)) as waiting:
            return await work(services, waiting)

    return run_with_services(run)


def _tell(order: "Order") -> None:
    parts = [f"Put in: {order.put:,} {'job' if order.put == 1 else 'jobs'}."]
    if order.waiting:
        parts.append(f"{order.waiting:,} waited or ran there already.")
    if order.put or order.waiting:
        parts.append("See how far the work is with: triage queue")
    click.echo(" ".join(parts))


def _print(console: Console, status: "QueueStatus") -> None:
    now = datetime.now(UTC)
    console.print(_draw_depths(status.kinds, now))
    if status.workers:
        click.echo("Workers seen in the last minute:")
        for each in status.workers:
            jobs = f"{each.complete:,} jobs done, {each.failed:,} failed"
            click.echo(f"  process {each.pid} on {each.host}: up {_word(each.seconds)}, {jobs}")
    else:
        click.echo("No worker was seen in the last minute. Start one with: triage worker")
    if status.troubles:
        console.print(_draw_troubles(status.troubles))
    if any(each.failed for each in status.kinds):
        click.echo("When the cause is mended: triage queue retry. To drop them: triage queue forget.")


def _draw_depths(kinds: Sequence["KindDepth"], now: datetime) -> Table:
    table = Table(title="Queue", title_justify="left", title_style="bold")
    for name in ("job", "waiting", "longest wait", "running", "longest run", "failed"):
        table.add_column(name, justify="left" if name == "job" else "right")
    for each in kinds:
        oldest, since = (_word((now - at).total_seconds()) if at else "" for at in (each.oldest, each.since))
        table.add_row(each.kind, f"{each.waiting:,}", oldest, f"{each.running:,}", since, f"{each.failed:,}")
    return table


def _draw_troubles(troubles: Sequence["Trouble"]) -> Table:
    table = Table(title="Failures, the newest first", title_justify="left", title_style="bold")
    for name in ("when (UTC)", "job", "attempts", "why"):
        table.add_column(name, overflow="fold")
    for each in troubles:
        again = f" (tried again at {each.next_at:%H:%M:%S})" if each.next_at else ""
        when = f"{each.at:%Y-%m-%d %H:%M}" if each.at else ""
        table.add_row(when, escape(each.key), f"{each.attempts}", escape(each.error + again))
    return table


def _word(seconds: float) -> str:
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
