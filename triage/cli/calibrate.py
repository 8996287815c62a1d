"""`triage calibrate`: how a judge is weighed, learned from the reader's own votes."""

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import json_option, run_with_services, show_progress
from triage.cli.weekly import choose_topics, topic_option
from triage.core.fusion import SHIPPED
from triage.errors import InputError
from triage.evaluation.calibrate import Refit, keep_refit, read_ballot, refit_topic

_MEANING = {
    "shipped": "as shipped",
    "in force": "in force until now (may have seen these votes)",
    "refitted": "refitted (measured on votes held out)",
}


class Calibrated(msgspec.Struct, frozen=True):
    """What became of one topic."""

    refit: Refit
    is_kept: bool


@click.command()
@topic_option
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option(
    "--plot", type=click.Path(path_type=Path), help="Draw reliability into this .svg or .png file (one topic)."
)
@json_option
def calibrate(topic: str | None, plot: Path | None, *, dry_run: bool, as_json: bool) -> None:
    """Learn from your votes how far to believe the judge, per topic.

    Takes 20 votes on papers that were judged, 5 of each kind at least, and no vote speaks for its own paper. Scores of
    judged papers follow at the next run; what was published stays. What is no better on votes held out is not kept.

    \b
    Example:
      triage calibrate --dry-run --topic agent-evaluation --plot reliability.svg
    """
    _check_plot(plot, topic)
    made, left_out = run_with_services(lambda services: _calibrate(services, topic, dry_run=dry_run))
    for message in left_out:
        click.echo(f"Left out: {message}", err=True)
    if plot is not None:
        _draw(made[0].refit, plot)
    if as_json:
        print_json([_to_record(each) for each in made])
        return
    for each in made:
        _print(Console(), each, dry_run=dry_run)


async def _calibrate(
    services: Services, topic: str | None, *, dry_run: bool
) -> tuple[list[Calibrated], tuple[str, ...]]:
    """The topics with labels enough, and why the others are not among them; raises `InputError` where none is."""
    from threadpoolctl import threadpool_limits

    made, left_out = [], []
    topics = choose_topics(services, topic)
    # Small fits: two threads of linear algebra wait for each other.
    with show_progress() as progress, threadpool_limits(1):
        bench = services.bench(progress)
        for each in topics:
            try:
                ballot = await read_ballot(bench, each)
            except InputError as error:
                left_out.append(error)
                continue
            refit = await refit_topic(bench, ballot)
            is_wanted = refit.is_better and not dry_run
            made.append(Calibrated(refit, is_kept=is_wanted and await keep_refit(bench, refit)))
    if not made:
        raise InputError(" ".join(map(str, left_out)))
    return made, tuple(map(str, left_out))


def _check_plot(plot: Path | None, topic: str | None) -> None:
    from triage.evaluation.picture import check_picture

    if plot is None:
        return
    if topic is None:
        raise click.UsageError("--plot draws one topic: name it with --topic.")
    check_picture(plot)


def _draw(refit: Refit, path: Path) -> None:
    from triage.evaluation.reliability import draw_reliability

    draw_reliability({_MEANING[name]: bins for name, bins in refit.bins.items()}, path)
    click.echo(f"Reliability: {path}", err=True)


def _to_record(made: Calibrated) -> dict[str, Any]:
    return {**msgspec.to_builtins(made.refit), "is_better": made.refit.is_better, "is_kept": made.is_kept}


def _print(console: Console, made: Calibrated, *, dry_run: bool) -> None:
    refit = made.refit
    weeks = f"{len(refit.weeks)} week{'s' * (len(refit.weeks) > 1)}"
    title = f"{refit.key.topic}: {refit.labels} votes on judged papers of {weeks}, {refit.positives} relevant"
    table = Table(title=escape(title), title_justify="left", title_style="bold")
    table.add_column("coefficients")
    for name in ("intercept", "cheap", "judge", "calibration error (by chance)", "Brier"):
        table.add_column(name, justify="right")
    fusions = {"shipped": SHIPPED[refit.key.form], "in force": refit.before, "refitted": refit.after}
    for name, measured in refit.reliability.items():
        numbers = fusions[name].intercept, fusions[name].cheap, fusions[name].judge
        error = f"{measured.error_count:.3f} ({measured.floor_count:.3f})"
        table.add_row(_MEANING[name], *(f"{number:.2f}" for number in numbers), error, f"{measured.brier:.3f}")
    console.print(table)
    judge = f"Judge: {refit.key.judge} ({refit.key.form})."
    console.print(escape(f"{judge} {_tell_end(made, dry_run=dry_run)}"), highlight=False)


def _tell_end(made: Calibrated, *, dry_run: bool) -> str:
    refit, shift = made.refit, made.refit.shift
    if refit.after == refit.before:
        return "These coefficients are in force already: nothing changed."
    most = f"{shift.arxiv_id}: from {shift.before:.2f} to {shift.after:.2f}"
    told = [f"The papers voted on move by {shift.mean:.2f} on average, most {most}."]
    if not refit.is_better:
        told.append("On votes held out they are no better than the shipped ones: not kept.")
    elif dry_run:
        told.append("A dry run: nothing was kept.")
    else:
        told.append("Kept: the next triage run, score or shortlist scores with them.")
    return " ".join(told)
