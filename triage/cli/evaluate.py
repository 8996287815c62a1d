"""`triage evaluate`: ranking quality on labels, beside the rankers people use today."""

from collections.abc import Sequence
from pathlib import Path

import click
from msgspec.structs import replace
from rich.console import Console

from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import json_option, run_with_services, show_progress
from triage.core.rubric import Topic
from triage.core.week import Week, parse_week
from triage.errors import InputError
from triage.evaluation.corpus import Corpus, load_corpus, read_truth
from triage.evaluation.draw import DEFAULT_VOTES, Plan, VoteCount
from triage.evaluation.labels import Label, read_judgements, read_labels
from triage.evaluation.records import Task
from triage.evaluation.report import Judged, Report, render_table
from triage.pipeline.score import Bench

_FILES = click.Path(path_type=Path)


@click.command()
@click.option("--judgements", multiple=True, type=_FILES, help="Graded judgements, one file per week: 2026-W13.jsonl.")
@click.option("--labels", multiple=True, type=_FILES, help="CSV of relevant papers, beside the votes in the store.")
@click.option("--weeks", help="FIRST:LAST, such as 2026-W10:2026-W34; else the latest 25 that hold a label.")
@click.option("--topic", help="One topic of the rubric; all of them when left out.")
@click.option("--votes", default="0,5,20,100,all", show_default=True, help="How many votes the rankers may learn from.")
@click.option("--orders", default=3, show_default=True, type=click.IntRange(1, 50), help="Random orders of the votes.")
@click.option("--seed", default=0, show_default=True, help="Seed of all that is random.")
@click.option("--metric", multiple=True, help="Show these metrics, such as nDCG@20; else the main ones.")
@click.option("--ours-only", is_flag=True, help="Leave the other rankers out, which is faster.")
@click.option("--plot", type=_FILES, help="Also draw learning curves into this .svg or .png file.")
@click.option("--reliability", type=_FILES, help="Also measure and draw how reliable probabilities are (.svg, .png).")
@json_option
def evaluate(  # noqa: PLR0913, PLR0917 - one parameter per option
    judgements: tuple[Path, ...],
    labels: tuple[Path, ...],
    weeks: str | None,
    topic: str | None,
    votes: str,
    orders: int,
    seed: int,
    metric: tuple[str, ...],
    plot: Path | None,
    reliability: Path | None,
    *,
    ours_only: bool,
    as_json: bool,
) -> None:
    """Measure the ranking on labels, beside today's rankers, all on the same papers.

    Labels are graded judgements, if named, else the votes in the store. Nothing is learned from the future: a week is
    ranked with votes on older papers only. Where a language model judged papers, a row with its verdicts stands beside.

    \b
    Example:
      triage evaluate --judgements 2026-W13.jsonl --judgements 2026-W31.jsonl --plot curves.svg
    """
    plan = Plan(votes=_read_counts(votes), orders=orders, seed=seed)
    chosen = read_weeks(weeks)
    _check_output(plot, reliability, metric, is_graded=bool(judgements))
    files = judgements, labels
    bench, corpus, left_out = run_with_services(lambda services: _gather(services, files, chosen, topic))
    # Outside the event loop, which would keep Ctrl-C until the last ranking is done.
    report = _measure(bench, corpus, plan, _name_labels(files), ours_only=ours_only)
    if judgements:
        report = _measure_judge(report, bench, corpus, reliability)
    if left_out:
        click.echo(f"Left out: {'; '.join(left_out)}.", err=True)
    if plot is not None:
        _draw(report, plot, metric)
    if as_json:
        print_json(report)
        return
    Console().print(render_table(report, metric, width=Console().width))


async def _gather(
    services: Services,
    files: tuple[tuple[Path, ...], tuple[Path, ...]],
    chosen: tuple[Week, Week] | None,
    topic: str | None,
) -> tuple[Bench, Corpus, tuple[str, ...]]:
    """What is measured with and on, and what of the labels had to be left out."""
    from triage.cli.weekly import choose_topics

    topics = choose_topics(services, topic)
    judgements, label_files = files
    grades = read_judgements(judgements) if judgements else None
    labels = [label for file in label_files for label in _read_labels(file, topics)]
    with show_progress() as progress:
        bench = services.bench(progress)
        truth = await read_truth(bench, topics, grades, labels)
        corpus = await load_corpus(bench, topics, truth, chosen)
    tasks = _choose_tasks(corpus)
    absent = [f"{week}, which is judged, but not in the store" for week in corpus.absent]
    unlabelled = [f"{task.topic.name}, which has no label there" for task in corpus.tasks if task not in tasks]
    return bench, replace(corpus, tasks=tasks), (*absent, *unlabelled)


def _choose_tasks(corpus: Corpus) -> tuple[Task, ...]:
    """The topics that can be measured; all of them when none can, for the error that says so."""
    from triage.evaluation.protocol import is_labelled

    return tuple(task for task in corpus.tasks if is_labelled(task, corpus.weeks)) or corpus.tasks


def _check_output(plot: Path | None, reliability: Path | None, metrics: Sequence[str], *, is_graded: bool) -> None:
    """What would fail only at the end of a long measurement."""
    from triage.evaluation.picture import check_picture
    from triage.evaluation.protocol import METRICS

    for picture in (plot, reliability):
        if picture is not None:
            check_picture(picture)
    if reliability is not None and not is_graded:
        raise InputError("--reliability needs papers that were graded whether they were found or not: --judgements.")
    for metric in metrics:
        if metric not in METRICS:
            raise InputError(f"--metric {metric!r} is none of {', '.join(sorted(METRICS))}.")


def _read_labels(file: Path, topics: Sequence[Topic]) -> tuple[Label, ...]:
    labels = read_labels(file)
    names = {topic.name for topic in topics}
    if not any(label.topic in names for label in labels):
        raise InputError(f"{file}: no row names {' or '.join(sorted(names))} in a column topic.")
    return labels


def _measure(bench: Bench, corpus: Corpus, plan: Plan, labels: str, *, ours_only: bool) -> Report:
    from threadpoolctl import threadpool_limits

    from triage.evaluation.baselines import all_baselines
    from triage.evaluation.judged import JudgedRanker, SharedRanker
    from triage.evaluation.protocol import count_rankings, evaluate
    from triage.evaluation.records import Ranker
    from triage.evaluation.report import missing_papers

    ours, judged = SharedRanker(bench.embedder.embed), _list_judged(corpus)
    rankers: list[Ranker] = [ours]
    if judged:
        verdicts = {topic: said.relevances for topic, said in corpus.said.items()}
        rankers.append(JudgedRanker(ours, verdicts, lambda topic: judged[topic].fusion))
    if not ours_only:
        rankers += all_baselines(bench.embedder.name, plan.seed)
    total, done = count_rankings(corpus.tasks, corpus.weeks, rankers), 0

    # Many small fits: two threads of linear algebra wait for each other (measured: 50 times).
    with show_progress() as progress, threadpool_limits(1):

        def advance(_description: str) -> None:
            nonlocal done
            done += 1
            progress("rank", done, total)

        cells = evaluate(corpus.tasks, corpus.weeks, corpus.background, rankers, plan, advance)
    return Report(
        labels=labels,
        embedder=bench.embedder.name,
        made=bench.now,
        plan=plan,
        rankers=tuple(ranker.name for ranker in rankers),
        papers={week.week: len(week) for week in corpus.weeks},
        missing=missing_papers(corpus.tasks, corpus.weeks),
        cells=cells,
        judged=judged,
    )


def _list_judged(corpus: Corpus) -> dict[str, Judged]:
    """Weighed as shipped: the coefficients that `triage calibrate` keeps may have seen the labels."""
    from triage.core.fusion import SHIPPED

    topics = {task.topic.name for task in corpus.tasks}
    return {
        topic: Judged(said.key, {week.week: said.count(week) for week in corpus.weeks}, SHIPPED[said.key.form])
        for topic, said in corpus.said.items()
        if topic in topics
    }


def _measure_judge(report: Report, bench: Bench, corpus: Corpus, reliability: Path | None) -> Report:
    """What the judge changes at 0 votes, and, where it is to be drawn, how reliable probabilities are."""
    from triage.evaluation.judge_effect import bin_reliability, grade_topics, measure_gains, measure_reliability
    from triage.evaluation.ours import TriageRanker
    from triage.evaluation.reliability import draw_reliability

    topics = grade_topics(corpus, TriageRanker(bench.embedder.embed))
    report = replace(report, gains=measure_gains(topics, report.plan.seed))
    if reliability is None:
        return report
    draw_reliability(bin_reliability(topics), reliability)
    click.echo(f"Reliability: {reliability}", err=True)
    return replace(report, reliability=measure_reliability(topics))


def _draw(report: Report, path: Path, metrics: tuple[str, ...]) -> None:
    from triage.evaluation.plot import draw_learning_curves

    measured = {cell.metric for cell in report.cells}
    default = "nDCG@20" if "nDCG@20" in measured else "recall@20"
    draw_learning_curves(report, path, metrics[0] if metrics else default)
    click.echo(f"Learning curves: {path}", err=True)


def _name_labels(files: tuple[tuple[Path, ...], tuple[Path, ...]]) -> str:
    judgements, labels = files
    parts = [f"graded judgements {', '.join(path.name for path in judgements)}"] if judgements else []
    parts += [f"lists {', '.join(path.name for path in labels)}"] if labels else []
    return "; ".join([*parts, "votes in the store"])


def _read_counts(text: str) -> tuple[VoteCount, ...]:
    counts: list[VoteCount] = []
    for part in text.split(","):
        word = part.strip()
        if word != "all" and not (word.isascii() and word.isdigit()):
            raise InputError(
                f"--votes {text!r}: expected numbers and `all`, such as {','.join(map(str, DEFAULT_VOTES))}."
            )
        counts.append("all" if word == "all" else int(word))
    return tuple(dict.fromkeys(counts))


def read_weeks(text: str | None) -> tuple[Week, Week] | None:
    """The weeks of `2026-W10:2026-W34`, or of one week; raises `InputError`."""
    if text is None:
        return None
    first, _, last = text.partition(":")
    try:
        weeks = parse_week(first), parse_week(last or first)
    except ValueError as error:
        raise InputError(f"--weeks: {error}.") from error
    if weeks[0] > weeks[1]:
        raise InputError(f"--weeks {text!r} ends before it begins.")
    return weeks
