"""The week's work: `triage run`, and its steps `embed`, `score` and `shortlist` one by one."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from triage.bootstrap import Services
from triage.cli.output import print_json, print_reports, print_shortlist
from triage.cli.session import WEEK, json_option, run_with_services, show_progress
from triage.core.announcements import check_week_has_begun
from triage.core.rubric import Topic, find_topic
from triage.core.week import Week
from triage.pipeline.render import write_shortlist
from triage.pipeline.report import StepReport
from triage.reading.shortlists import to_record
from triage.store.shortlists import Shortlist

week_option = click.option("--week", type=WEEK, required=True, help="An ISO week, such as 2026-W31.")
topic_option = click.option("--topic", help="One topic of the rubric; all of them when left out.")


def choose_topics(services: Services, name: str | None) -> tuple[Topic, ...]:
    """The topic of that name, or all; raises `UnknownTopicError`."""
    return services.rubric.topics if name is None else (find_topic(services.rubric, name),)


@click.command()
@week_option
@topic_option
@click.option("--harvest", "ask_arxiv", is_flag=True, help="Ask arXiv even if the store has papers of the week.")
@json_option
def run(week: Week, topic: str | None, *, ask_arxiv: bool, as_json: bool) -> None:
    """Do what is missing of all steps for a week: harvest, embed, score, judge (where one is set), shortlist.

    Running it again does nothing; Ctrl-C at any moment loses nothing that was finished.

    \b
    Example:
      triage run --week 2026-W31
    """
    reports = run_with_services(lambda services: _run(services, week, topic, ask_arxiv=ask_arxiv))
    if as_json:
        print_json({"week": str(week), "steps": reports})
        return
    print_reports(Console(), reports, f"Run of {week}")
    click.echo(f"\nRead it with: triage shortlist --week {week}")


async def _run(services: Services, week: Week, topic: str | None, *, ask_arxiv: bool) -> list[StepReport]:
    from triage.pipeline.run import run_week

    check_week_has_begun(week, services.clock())
    topics = choose_topics(services, topic)
    with show_progress() as progress:
        bench = services.bench(progress)
        rules = services.rubric.judge
        return await run_week(
            bench,
            week,
            lambda: services.open_desk(progress),
            topics=topics,
            ask_arxiv=ask_arxiv,
            open_judge=(lambda: services.open_judge(rules)) if services.has_judge else None,
        )


@click.command()
@click.option("--week", type=WEEK, help="An ISO week, such as 2026-W31.")
@click.option("--all", "everything", is_flag=True, help="Every paper in the store, of whatever week.")
@json_option
def embed(week: Week | None, *, everything: bool, as_json: bool) -> None:
    """Give every paper of a week, or every paper there is, a vector if it lacks one.

    Ctrl-C loses nothing that was finished: the same command goes on from there. With --all, the search index of a
    large store is built too.

    \b
    Example:
      triage embed --week 2026-W31
      triage embed --all
    """
    if everything is (week is not None):
        raise click.UsageError("Say what to embed: either --week WEEK or --all.")
    report = run_with_services(lambda services: _embed(services, week))
    _print([report], "Embed everything" if week is None else f"Embed {week}", as_json=as_json)


async def _embed(services: Services, week: Week | None) -> StepReport:
    from triage.pipeline.embed import embed_all, embed_papers
    from triage.pipeline.shortlist import select_papers_of

    with show_progress() as progress:
        bench = services.bench(progress)
        if week is None:
            report = await embed_all(bench.database, bench.embedder, progress=progress)
            await services.prepare_index()
            return report
        papers = await select_papers_of(bench, week)
        return await embed_papers(bench.database, bench.embedder, papers, week=str(week), progress=progress)


@click.command()
@week_option
@topic_option
@json_option
def score(week: Week, topic: str | None, *, as_json: bool) -> None:
    """Score every embedded paper of a week that lacks a score with the rubric and votes of now.

    \b
    Example:
      triage score --week 2026-W31 --topic agent-evaluation
    """
    reports = run_with_services(lambda services: _score(services, week, topic))
    _print(reports, f"Score {week}", as_json=as_json)


async def _score(services: Services, week: Week, topic: str | None) -> list[StepReport]:
    from triage.pipeline.embed import embed_papers
    from triage.pipeline.fuse import score_topic
    from triage.pipeline.shortlist import select_papers_of

    topics = choose_topics(services, topic)
    with show_progress() as progress:
        bench = services.bench(progress)
        papers = await select_papers_of(bench, week)
        await embed_papers(bench.database, bench.embedder, papers, week=str(week), progress=progress)
        return [(await score_topic(bench, topic, week, papers))[2] for topic in topics]


@click.command()
@week_option
@topic_option
@click.option("--size", type=click.IntRange(1, 1000), help="Places on the list; the rubric's size when left out.")
@click.option("--publish", is_flag=True, help="Freeze the list: it will never change again.")
@click.option("--output", type=click.Path(path_type=Path), help="Also write it to this .md or .html file (one topic).")
@json_option
def shortlist(
    week: Week, topic: str | None, size: int | None, *, publish: bool, output: Path | None, as_json: bool
) -> None:
    """Print a week's ranked papers of a topic, with score, takeaway and reasons.

    The list follows the votes of now until it is published. Papers marked ? are exploration: the ranking may be
    missing them, and a vote on them teaches most.

    \b
    Example:
      triage shortlist --week 2026-W31 --topic agent-evaluation --size 50 --json
    """
    if output is not None and topic is None:
        raise click.UsageError("--output writes one topic: name it with --topic.")
    lists = run_with_services(lambda services: _shortlist(services, week, topic, size, publish=publish))
    if output is not None:
        for named, made in lists:
            write_shortlist(made, named.title, output)
    if as_json:
        records = [to_record(made) for _, made in lists]
        print_json(records[0] if topic is not None else records)
        return
    console = Console()
    for named, made in lists:
        print_shortlist(console, made, named.title)


async def _shortlist(
    services: Services, week: Week, topic: str | None, size: int | None, *, publish: bool
) -> list[tuple[Topic, Shortlist]]:
    from triage.pipeline.shortlist import build_shortlist

    topics = choose_topics(services, topic)
    with show_progress() as progress:
        bench = services.bench(progress)
        return [(named, (await build_shortlist(bench, named, week, size, publish=publish))[0]) for named in topics]


def _print(reports: Sequence[StepReport], title: str, *, as_json: bool) -> None:
    if as_json:
        print_json(reports)
    else:
        print_reports(Console(), reports, title)
