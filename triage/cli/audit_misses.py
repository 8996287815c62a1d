"""`triage audit misses`: how many relevant papers the shortlists left out, as far as readers' answers tell."""

from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import WEEK, json_option, run_with_services
from triage.cli.weekly import choose_topics, topic_option
from triage.core.misses import Interval, MissEstimate
from triage.core.week import Week
from triage.reading.audits import TopicAudit

_WIDTH = 40  # characters of a picture


@click.command()
@topic_option
@click.option("--since", type=WEEK, help="Only weeks from this one on, such as 2026-W20.")
@click.option(
    "--wanted",
    default=0.8,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="The share of the relevant papers that a list should hold.",
)
@json_option
def misses(topic: str | None, since: Week | None, wanted: float, *, as_json: bool) -> None:
    """Estimate how many relevant papers were left out.

    And how long a list would have to be to hold them. Each week a few papers below the line are drawn at random.
    Readers say of each whether it is relevant, by triage audit ask or on the shortlist's page; an answer is a vote. The
    more answers, the narrower the interval.

    \b
    Example:
      triage audit --topic agent-evaluation --wanted 0.9
    """
    audits = run_with_services(lambda services: _view(services, topic, wanted, since))
    if as_json:
        print_json([each for _, each in audits])
        return
    console = Console(highlight=False)
    for title, each in audits:
        _print(console, title, each)


async def _view(
    services: Services, topic: str | None, wanted: float, since: Week | None
) -> list[tuple[str, TopicAudit]]:
    from triage.reading.audits import view_audit

    topics = choose_topics(services, topic)
    return [(each.title, await view_audit(services.library, each.name, wanted, since)) for each in topics]


def _print(console: Console, title: str, audit: TopicAudit) -> None:
    if audit.weeks:
        console.print(_draw_weeks(title, audit))
    else:
        console.print(f"[bold]{escape(title)}[/bold]")
    for line in _tell(audit):
        console.print(escape(line))
    if audit.estimate is not None:
        for line in _draw_estimate(audit.estimate):
            console.print(escape(line), soft_wrap=True)
    console.print()


def _draw_weeks(title: str, audit: TopicAudit) -> Table:
    table = Table(title=escape(title), title_justify="left", title_style="bold")
    table.add_column("week")
    for name in ("asked", "answered", "relevant below the line"):
        table.add_column(name, justify="right")
    for week in audit.weeks:
        table.add_row(week.week, str(week.asked), str(week.answered), str(week.relevant) if week.answered else "")
    return table


def _tell(audit: TopicAudit) -> Sequence[str]:
    if not audit.weeks:
        return ["Nothing was drawn yet. Papers are drawn when a week's list is built:", "  triage run --week WEEK"]
    return _tell_silence(audit) if audit.estimate is None else _tell_estimate(audit.estimate, audit.places)


def _tell_silence(audit: TopicAudit) -> Sequence[str]:
    asked = sum(week.asked for week in audit.weeks)
    if not asked:
        return ["Nothing lies below the line that could be asked about: the lists hold their whole weeks."]
    return [
        f"{_count(asked, 'paper')} drawn below the line, none called relevant or irrelevant yet.",
        "What the lists left out is estimated from the first answer on. Answer on the shortlist's page, or by:",
        f"  triage audit ask --topic {audit.topic}",
    ]


def _tell_estimate(found: MissEstimate, places: int) -> Sequence[str]:
    missed, interval = _round(found.missed_per_week.estimate), f"{_share(found.level)} interval"
    papers = "paper a week was" if missed == "1" else "papers a week were"
    few, many = _round(found.missed_per_week.low), _round(found.missed_per_week.high)
    recall, low, high = (
        f"{100 * share:.0f} %" for share in (found.recall.estimate, found.recall.low, found.recall.high)
    )
    answers = f"{_count(found.answered, 'answer')} about {_count(found.weeks, 'week')}"
    return [
        f"From {answers}, for the lists as they were at the draw:",
        f"About {missed} relevant {papers} left out ({interval} {few} to {many}).",
        f"The lists hold {recall} of the relevant papers ({interval} {low} to {high}).",
        _tell_cut(found, places),
    ]


def _tell_cut(found: MissEstimate, places: int) -> str:
    sure = f"{_share(found.level)} sure of {_share(found.wanted)} recall"
    if found.cut is None:
        return (
            f"How long a list must be to be {sure}, these answers cannot tell yet: "
            "more weeks would help, or more questions a week (shortlist.audit in the rubric, up to 20)."
        )
    if found.cut <= places:
        return f"To be {sure}, {_count(places, 'place')} a week, as the rubric says, are enough."
    return f"To be {sure}: {_count(found.cut, 'place')} a week (the rubric says {places})."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _share(share: float) -> str:
    return f"{100 * share:.3g} %"


def _round(number: float) -> str:
    """One digit behind the point where it tells something."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")  # noqa: PLR2004 - two digits


def _draw_estimate(found: MissEstimate) -> Sequence[str]:
    most = max(found.missed_per_week.high, 1.0)
    return [
        f"  left out a week    0 {_draw_interval(found.missed_per_week, most)} {_round(most)}",
        f"  recall of a list   0 {_draw_interval(found.recall, 1.0)} 100 %",
    ]


def _draw_interval(interval: Interval, most: float) -> str:
    """From 0 to `most`: the interval as a line, the estimate as a dot on it."""
    low, dot, high = (
        round(min(value / most, 1.0) * (_WIDTH - 1)) for value in (interval.low, interval.estimate, interval.high)
    )
    signs = ["·"] * low + ["─"] * (high - low + 1) + ["·"] * (_WIDTH - 1 - high)
    signs[low], signs[high] = "├", "┤"
    signs[dot] = "●"
    return "".join(signs)
