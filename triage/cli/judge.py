"""`triage judge`: verdicts of a language model, and what they will cost."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast, get_args

import click
import msgspec
from msgspec.structs import replace
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.bootstrap import Services
from triage.cli.output import print_json, print_reports
from triage.cli.session import json_option, local_option, run_with_services, show_progress
from triage.cli.weekly import choose_topics, topic_option, week_option
from triage.core.question import Form
from triage.core.rubric import JudgeRules
from triage.core.week import Week
from triage.pipeline.forecast import Forecast
from triage.pipeline.judge import Docket
from triage.pipeline.report import Progress, StepReport
from triage.pipeline.score import Bench
from triage.store.papers import StoredPaper

_SMALL_MODEL = 3_000_000_000  # bytes; models below could tell but not grade (benchmarks/judge_quality.py)


@click.command()
@week_option
@topic_option
@click.option("--cost", is_flag=True, help="Only say about how many calls this would take, and what they cost.")
@local_option
@click.option("--form", type=click.Choice(get_args(Form)), help="How to ask; the rubric's way when left out.")
@click.option("--first", type=click.IntRange(1), help="Judge just so many of the best, whatever they can change.")
@click.option("--calls", type=click.IntRange(0), help="At most so many calls; the rubric's limit when left out.")
@json_option
def judge(  # noqa: PLR0913 - one parameter per option
    week: Week,
    topic: str | None,
    local: Path | None,
    form: str | None,
    first: int | None,
    calls: int | None,
    *,
    cost: bool,
    as_json: bool,
) -> None:
    """Let a language model judge the best candidates of a week, within the rubric's budget.

    Asks in the order of the cheap score until no verdict can change the shortlist, then a random few of the rest.
    Answers are kept: nothing is asked or paid twice. Set TRIAGE_JUDGE and TRIAGE_JUDGE_MODEL, or name a file.

    \b
    Example:
      triage judge --week 2026-W31 --cost
      triage judge --week 2026-W31 --local qwen2.5-coder-1.5b-instruct-q4_k_m.gguf
    """
    wish = Wish(week, topic, local, cast("Form | None", form), calls)
    if cost:
        _print_forecasts(run_with_services(lambda services: _forecast(services, wish, first)), as_json=as_json)
        return
    reports = run_with_services(lambda services: _judge(services, wish, first))
    if as_json:
        print_json(reports)
    else:
        print_reports(Console(), reports, f"Judge {week}")
        click.echo(f"\nRead the list: triage shortlist --week {week} · what it cost: triage calls")


class Wish(msgspec.Struct, frozen=True):
    """What is to be judged, by whom and how; what is None is left to the settings and the rubric."""

    week: Week
    topic: str | None = None
    local: Path | None = None
    form: Form | None = None
    calls: int | None = None


async def _judge(services: Services, wish: Wish, first: int | None) -> list[StepReport]:
    from triage.pipeline.judge import judge_docket
    from triage.pipeline.run import keep_report

    with show_progress() as progress:
        async with open_dockets(services, wish, progress) as dockets:
            return [
                await keep_report(one.bench, await judge_docket(one, first=first, shared_by=len(dockets) - number))
                for number, one in enumerate(dockets)
            ]


async def _forecast(services: Services, wish: Wish, first: int | None) -> list[Forecast]:
    from triage.pipeline.forecast import forecast

    with show_progress() as progress:
        async with open_dockets(services, wish, progress) as dockets:
            return [await forecast(docket, first) for docket in dockets]


@asynccontextmanager
async def open_dockets(services: Services, wish: Wish, progress: Progress) -> AsyncIterator[list[Docket]]:
    """One per wished topic, papers embedded and cheaply scored; the judge is there until the context ends."""
    from triage.pipeline.judge import open_docket

    rules = choose_rules(services, wish)
    topics = choose_topics(services, wish.topic)
    bench = services.bench(progress)
    bench = replace(bench, rubric=replace(bench.rubric, judge=rules))
    async with services.open_judge(rules, wish.local) as desk:
        papers = await _prepare_papers(bench, wish.week)
        yield [await open_docket(bench, desk, topic, wish.week, papers) for topic in topics]


async def _prepare_papers(bench: Bench, week: Week) -> list[StoredPaper]:
    from triage.pipeline.embed import embed_papers
    from triage.pipeline.shortlist import select_papers_of

    papers = await select_papers_of(bench, week)
    await embed_papers(bench.database, bench.embedder, papers, week=str(week), progress=bench.progress)
    return papers


def choose_rules(services: Services, wish: Wish) -> JudgeRules:
    """The rubric's, with what the command line says in its place; small local models are asked yes or no."""
    rules, form = services.rubric.judge, wish.form
    if form is None and wish.local is not None and rules.form == "fill" and _is_small(wish.local):
        click.echo(
            "A model this small can tell but not grade: asking yes or no (--form fill asks for grades).", err=True
        )
        form = "yes-no"
    return replace(rules, form=form or rules.form, calls=rules.calls if wish.calls is None else wish.calls)


def _is_small(file: Path) -> bool:
    return file.is_file() and file.stat().st_size < _SMALL_MODEL


def _print_forecasts(forecasts: Sequence[Forecast], *, as_json: bool) -> None:
    if as_json:
        print_json(forecasts)
        return
    table = Table(
        title="About, at first asking; the cascade mostly stops before", title_justify="left", title_style="bold"
    )
    for name in ("topic", "judged before", "papers", "calls", "tokens in", "tokens out", "US$"):
        table.add_column(name, justify="left" if name == "topic" else "right")
    for each in forecasts:
        numbers = each.judged_before, each.papers, each.calls, each.tokens_in, each.tokens_out
        table.add_row(escape(each.topic), *(f"{number:,}" for number in numbers), f"{each.usd:.4f}")
    console = Console()
    console.print(table)
    for each in forecasts[:1]:
        console.print(
            escape(
                f"Judge: {each.judge}. The rubric stops a run at {each.limit_calls:,} calls or ${each.limit_usd:.2f}."
            )
        )
