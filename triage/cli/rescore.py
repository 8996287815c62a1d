"""`triage rescore`: what another rubric would change in a week's shortlists, and at what cost."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from msgspec.structs import replace
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.bootstrap import Services
from triage.cli.judge import Wish, open_dockets
from triage.cli.output import print_json
from triage.cli.session import json_option, local_option, read_settings, run_with_services, show_progress
from triage.cli.weekly import topic_option, week_option
from triage.core.latex import read_latex
from triage.core.rubric import Rubric, find_topic
from triage.core.week import Week
from triage.errors import InputError
from triage.home import load_rubric
from triage.pipeline.forecast import Forecast
from triage.pipeline.report import Progress, StepReport
from triage.pipeline.rescore import Change, Rescore


class _Topics(msgspec.Struct, frozen=True):
    """Names of the topics that both rubrics have, and of those that only one has."""

    both: tuple[str, ...]
    only_in_force: tuple[str, ...]
    only_new: tuple[str, ...]


class _Trial(msgspec.Struct, frozen=True):
    """What came of a rubric: `forecasts` of a dry run where a judge is named, or `reports` of what was asked."""

    week: str
    topics: _Topics
    changes: list[Rescore]
    forecasts: list[Forecast]
    reports: list[StepReport]


@click.command()
@click.option("--rubric", "file", type=click.Path(path_type=Path), required=True, help="The rubric to try.")
@week_option
@topic_option
@click.option("--dry-run", is_flag=True, help="Ask no judge; say what asking one would cost.")
@local_option
@json_option
def rescore(file: Path, week: Week, topic: str | None, local: Path | None, *, dry_run: bool, as_json: bool) -> None:
    """Say which papers another rubric would bring onto a week's shortlists and which it would drop, and why.

    No published list changes, and scores of the rubric in force stay. Without --dry-run the judge is asked first,
    within the new rubric's budget, about what could stand on its list; its verdicts are kept for when you adopt it, and
    count now where both rubrics tell a judge the same.

    \b
    Example:
      triage rescore --rubric new.yaml --week 2026-W31 --dry-run
    """
    new = load_rubric(read_settings().model_copy(update={"rubric": file}))  # before the store is opened
    trial = run_with_services(lambda services: _try(services, new, Wish(week, topic, local), dry_run=dry_run))
    if as_json:
        print_json(trial)
    else:
        _print(trial, new)


async def _try(services: Services, new: Rubric, wish: Wish, *, dry_run: bool) -> _Trial:
    from triage.pipeline.rescore import plan_rescore

    topics = _match_topics(services.rubric, new, wish.topic)
    has_judge = wish.local is not None or services.has_judge
    if not (has_judge or dry_run):
        raise InputError(
            "No judge is set that could be asked. Add --dry-run to compare without one, set TRIAGE_JUDGE and "
            "TRIAGE_JUDGE_MODEL, or name a model file with --local."
        )
    with show_progress() as progress:
        tried = _put_in_force(services, new)
        said: tuple[list[Forecast], list[StepReport]] = [], []
        if has_judge and topics.both:
            said = await _consult(tried, topics.both, wish, progress, dry_run=dry_run)
        benches = services.bench(progress), tried.bench(progress)
        changes = [await plan_rescore(*benches, name, wish.week) for name in topics.both]
    return _Trial(str(wish.week), topics, changes, *said)


def _put_in_force(services: Services, new: Rubric) -> Services:
    """The same services under the new rubric, without its random few: those measure the ranking, and change no list."""
    tried = Services(services.settings, services.database, services.clock)
    tried.embedder = services.embedder
    tried.rubric = replace(new, judge=replace(new.judge, random_share=0.0))
    return tried


async def _consult(
    tried: Services, topics: Sequence[str], wish: Wish, progress: Progress, *, dry_run: bool
) -> tuple[list[Forecast], list[StepReport]]:
    from triage.pipeline.forecast import forecast
    from triage.pipeline.judge import judge_docket
    from triage.pipeline.run import keep_report

    async with open_dockets(tried, wish, progress) as dockets:
        comparable = [docket for docket in dockets if docket.topic.name in topics]
        if dry_run:
            return [await forecast(docket) for docket in comparable], []
        return [], [await keep_report(one.bench, await judge_docket(one, "rescore")) for one in comparable]


def _match_topics(now: Rubric, new: Rubric, wanted: str | None) -> _Topics:
    """By name; raises `UnknownTopicError` where neither has the one that is wanted."""
    old_names, new_names = [topic.name for topic in now.topics], [topic.name for topic in new.topics]
    if wanted is not None and wanted not in {*old_names, *new_names}:
        find_topic(new, wanted)
    chosen = [name for name in dict.fromkeys([*old_names, *new_names]) if wanted in {None, name}]
    return _Topics(
        both=tuple(name for name in chosen if name in old_names and name in new_names),
        only_in_force=tuple(name for name in chosen if name not in new_names),
        only_new=tuple(name for name in chosen if name not in old_names),
    )


def _print(trial: _Trial, new: Rubric) -> None:
    console = Console()
    for change in trial.changes:
        _print_change(console, change, find_topic(new, change.topic).title)
    for name in trial.topics.only_in_force:
        console.print(escape(f"Only the rubric in force has {name}: without it, its list is no longer made."))
    for name in trial.topics.only_new:
        console.print(escape(f"Only the new rubric has {name}: there is no list to compare it with."))
    for report in trial.reports:
        console.print(escape(f"Judged {report.done}, before {report.skipped}, failed {report.failed}: {report.note}."))
    for each in trial.forecasts:
        told = (
            f"Judging {each.topic} under the new wording takes at most {each.calls:,} calls on {each.papers:,} papers, "
            f"{each.tokens_in + each.tokens_out:,} tokens, ${each.usd:.4f} ({each.judged_before:,} are judged); "
            f"the rubric stops a run at {each.limit_calls:,} calls or ${each.limit_usd:.2f}."
        )
        console.print(escape(told))


def _print_change(console: Console, change: Rescore, title: str) -> None:
    """Entered, left and moved papers, in this order."""
    counts = f"{len(change.entered)} enter, {len(change.left)} leave, {len(change.moved)} move by three places or more"
    prints = f"fingerprint {change.old_fingerprint} → {change.new_fingerprint}"
    against = "the published list, which stays" if change.is_published else "the draft"
    table = Table(
        title=f"{escape(title)} · {change.week} · against {against}\n{counts} · {prints}",
        title_justify="left",
        title_style="bold",
        show_lines=True,
        expand=True,
    )
    table.add_column("", no_wrap=True)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Score", justify="right", no_wrap=True)
    table.add_column("Paper, why", ratio=1)
    for kind, style, papers in (
        ("enters", "green", change.entered),
        ("leaves", "red", change.left),
        ("moves", "", change.moved),
    ):
        _add_rows(table, kind, style, papers)
    if change.has_changes:
        console.print(table)
    else:
        console.print(f"[bold]{escape(title)} · {change.week}[/bold]: nothing enters, leaves or moves far.")
    if change.old_judged or change.new_judged:
        told = f"Judged: {change.old_judged} of {change.old_places} places before, "
        console.print(
            escape(f"{told}{change.new_judged} of {change.new_places} now; the others go by the cheap score.")
        )


def _add_rows(table: Table, kind: str, style: str, papers: Sequence[Change]) -> None:
    for paper in papers:
        url = f"https://arxiv.org/abs/{paper.arxiv_id}"
        why = escape(" · ".join(paper.why))
        table.add_row(
            kind,
            f"{paper.old_rank or '–'} → {paper.new_rank or '–'}",  # noqa: RUF001 - a dash for no place
            f"{_word_score(paper.old_score)} → {_word_score(paper.new_score)}",
            f"[bold]{escape(read_latex(paper.title))}[/bold]\n[dim][link={url}]{paper.arxiv_id}[/link] · {why}[/dim]",
            style=style,
        )


def _word_score(score: float | None) -> str:
    return "?" if score is None else f"{score:.2f}"
