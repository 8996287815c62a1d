"""`triage audit`: how far the parts that decide can be trusted."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.bootstrap import Services
from triage.cli.audit_ask import ask
from triage.cli.audit_misses import misses
from triage.cli.judge import Wish, open_dockets
from triage.cli.output import print_json
from triage.cli.session import json_option, local_option, run_with_services, show_progress
from triage.cli.weekly import topic_option, week_option
from triage.core.question import Form
from triage.core.week import Week
from triage.evaluation.audit import Audit
from triage.evaluation.audit_cases import AuditPlan
from triage.evaluation.audit_measures import Consistency, Effect
from triage.evaluation.audit_ranks import RankShift


class _DefaultGroup(click.Group):
    """A group whose command `misses` need not be named, so that `triage audit` alone answers."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take options for those of `misses`; an argument is a command, and help is the group's."""
        if ctx.resilient_parsing:  # a shell asks what may follow
            return super().parse_args(ctx, args)
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["misses", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_DefaultGroup)
def audit() -> None:
    """Say what the shortlists left out, by your answers, and how far a judge can be trusted.

    \b
    Example:
      triage audit ask
      triage audit
    """


audit.add_command(misses)
audit.add_command(ask)


@audit.command()
@week_option
@topic_option
@click.option("--sample", default=10, show_default=True, type=click.IntRange(1, 1000), help="Judged papers to repeat.")
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1, 20), help="Times in the same order.")
@click.option("--injections", default=20, show_default=True, type=click.IntRange(0), help="Injections to plant.")
@local_option
@click.option("--form", type=click.Choice(get_args(Form)), help="How to ask; the rubric's way when left out.")
@json_option
def judge(  # noqa: PLR0913, PLR0917 - one parameter per option
    week: Week,
    topic: str | None,
    sample: int,
    repeats: int,
    injections: int,
    local: Path | None,
    form: str | None,
    *,
    as_json: bool,
) -> None:
    """Ask a judge again: does it repeat itself, and do order, famous names or injections sway it?

    Repeats judged papers in the same order and shuffled, plants and swaps names of institutions, and plants injections
    of our own making into irrelevant papers. Asks past the kept answers, within the rubric's budget; changes no list.

    \b
    Example:
      triage audit judge --week 2026-W31 --topic agent-evaluation --sample 5
    """
    wish = Wish(week, topic, local, cast("Form | None", form))
    audits = run_with_services(lambda services: _audit(services, wish, AuditPlan(sample, repeats, injections)))
    if as_json:
        print_json(audits)
        return
    console = Console()
    for each in audits:
        _print(console, each)


async def _audit(services: Services, wish: Wish, plan: AuditPlan) -> list[Audit]:
    from triage.evaluation.audit import audit_docket

    with show_progress() as progress:
        async with open_dockets(services, wish, progress) as dockets:
            return [await audit_docket(docket, plan) for docket in dockets]


def _print(console: Console, found: Audit) -> None:
    table = Table(
        title=escape(f"{found.topic} · {found.week} · {found.judge}, {found.form}"),
        title_justify="left",
        title_style="bold",
        show_header=False,
    )
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, lines in (
        ("asked", _tell_asked(found)),
        ("same order", _tell_consistency(found.repeatability)),
        ("shuffled", _tell_consistency(found.order)),
        ("famous byline", _tell_effect(found.bylines, "a famous byline in the place of an unknown one")),
        ("company names", _tell_effect(found.names, "known company names in the place of made-up ones")),
        ("injections", _tell_shift(found.injections)),
    ):
        table.add_row(name, "\n".join(lines))
    console.print(table)
    if found.stopped:
        console.print(f"[yellow]Stopped early:[/yellow] {escape(found.stopped)} Only what was asked is measured.")


def _tell_asked(found: Audit) -> Sequence[str]:
    asked = f"{found.asked} of {found.planned} cases in {found.calls} calls, {found.seconds:.0f} s, ${found.usd:.4f}"
    return [f"{asked}; {found.papers} judged papers", f"{found.unread} gave no verdict"]


def _tell_consistency(found: Consistency) -> Sequence[str]:
    if found.identical is None:
        return ["not measured"]
    share = f"{found.identical:.1%} of {found.pairs} pairs of answers identical"
    correlation = "–" if found.rank_correlation is None else f"{found.rank_correlation:.3f}"  # noqa: RUF001 - none
    return [
        share,
        f"log odds differ by {found.mean_difference:.3f} on average, {found.max_difference:.3f} at most",
        f"rank correlation {correlation}",
    ]


def _tell_effect(found: Effect, what: str) -> Sequence[str]:
    if found.mean is None:
        return ["not measured: no paper"]
    interval = "" if found.low is None else f" (95 % interval {found.low:+.3f} to {found.high:+.3f})"
    return [f"{found.mean:+.3f} log odds{interval} for {what}, {found.papers} papers"]


def _tell_shift(found: RankShift) -> Sequence[str]:
    if found.median is None:
        return ["not measured"]
    listed = f"{found.listed} would enter the shortlist ({found.listed_clean} without injection)"
    return [
        f"{found.planted} planted into irrelevant papers, {found.flagged} flagged",
        f"places gained: median {found.median:g}, at most {found.largest}",
        f"{listed}, {found.listed_flagged} of them flagged",
    ]
