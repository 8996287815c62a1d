"""`triage calls`: what language models were asked, what it cost, and what went wrong."""

from collections.abc import Sequence
from datetime import timedelta

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import json_option, run_with_services
from triage.store.call_sums import Call, CallSum, list_calls, summarise_calls

_MARKS = {"answered": "✓", "failed": "✗", "lost": "?", "open": "…"}


@click.command()
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="Sum up so many days.")
@click.option("--last", type=click.IntRange(0, 10_000), default=0, help="Show the last so many calls one by one.")
@json_option
def calls(days: int, last: int, *, as_json: bool) -> None:
    """Say what was asked of language models, what it cost, and what went wrong.

    \b
    Example:
      triage calls
      triage calls --last 20 --json
    """
    sums, each = run_with_services(lambda services: _read(services, days, last))
    if as_json:
        print_json({"sums": sums, "calls": each})
        return
    console = Console()
    console.print(_draw_sums(sums, days))
    if last:
        console.print(_draw_calls(each))


async def _read(services: Services, days: int, last: int) -> tuple[list[CallSum], list[Call]]:
    async with services.database.read() as session:
        sums = await summarise_calls(session, services.clock() - timedelta(days=days))
        return sums, await list_calls(session, last) if last else []


def _draw_sums(sums: Sequence[CallSum], days: int) -> Table:
    table = Table(title=f"Calls of the last {days} days", title_justify="left", title_style="bold")
    for name in ("judge", "purpose", "state", "calls", "unreadable", "tokens in", "tokens out", "seconds", "US$"):
        is_text = name in {"judge", "purpose", "state"}
        table.add_column(name, justify="left" if is_text else "right", overflow="fold", no_wrap=name == "US$")
    for row in sums:
        numbers = row.calls, row.unreadable, row.tokens_in, row.tokens_out
        told = (f"{number:,}" for number in numbers)
        table.add_row(escape(row.judge), row.purpose, row.state, *told, f"{row.seconds:,.0f}", f"{row.usd:.4f}")
    totals = sum(row.calls for row in sums), sum(row.usd for row in sums)
    table.caption = f"{totals[0]:,} calls, ${totals[1]:.4f}; calls whose cost is unknown count as reserved."
    return table


def _draw_calls(calls: Sequence[Call]) -> Table:
    table = Table(title="Latest first", title_justify="left", title_style="bold")
    for name in ("", "paper", "topic", "question", "try", "seconds", "answer or problem"):
        table.add_column(name, justify="right" if name in {"try", "seconds"} else "left", overflow="fold")
    for call in calls:
        said = call.problem or call.answer or ""
        table.add_row(
            _MARKS[call.state],
            call.arxiv_id,
            escape(call.topic),
            escape(call.question),
            str(call.attempt),
            f"{call.seconds:.1f}",
            escape(said[:80]),
        )
    return table
