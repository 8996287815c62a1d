"""`triage audit ask`: the papers drawn below the line, one after the other, for a reader at a terminal."""

import sys
from collections import Counter
from collections.abc import Mapping
from typing import Final

import click
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import WEEK, json_option, run_with_services
from triage.cli.weekly import choose_topics, topic_option
from triage.core.account import SOLE_READER
from triage.core.latex import read_latex
from triage.core.week import Week
from triage.errors import InputError
from triage.reading.audits import Question, Questions
from triage.reading.marks import VoteValue

_ANSWERS: Final[Mapping[str, tuple[str, VoteValue]]] = {
    "r": ("relevant", 1),
    "n": ("not relevant", -1),
    "u": ("uncertain", 0),
}
_SKIP, _QUIT = "s", "q"
_LINE = 88  # characters that are read with ease


@click.command()
@click.option("--week", type=WEEK, help="An ISO week; else the newest with papers that you did not answer.")
@topic_option
@json_option
def ask(week: Week | None, topic: str | None, *, as_json: bool) -> None:
    """Say whether papers below the line are relevant.

    They are drawn at random, and you are shown no score and no rank. One key each: r relevant, n not, u uncertain,
    s skip, q quit. An answer is a vote, kept at once. With --json, the papers are printed instead.

    \b
    Example:
      triage audit ask --topic agent-evaluation
    """
    if as_json:
        print_json(run_with_services(lambda services: _list(services, week, topic)))
        return
    if not sys.stdin.isatty():
        raise InputError("triage audit ask reads single keys from a terminal, and there is none here: use --json.")
    run_with_services(lambda services: _ask_all(services, week, topic))


async def _list(services: Services, week: Week | None, topic: str | None) -> list[Questions]:
    from triage.reading.audits import list_unanswered

    wanted = None if week is None else str(week)
    topics = choose_topics(services, topic)
    found = [await list_unanswered(services.library, SOLE_READER, each.name, wanted) for each in topics]
    return [questions for questions in found if questions is not None]


async def _ask_all(services: Services, week: Week | None, topic: str | None) -> None:
    console, given = Console(highlight=False), Counter[str]()
    waiting = await _list(services, week, topic)
    if not waiting:
        click.echo("Nothing is left to ask. Papers are drawn when a week's list is built: triage run --week WEEK")
        return
    goes_on = True
    for questions in waiting:
        goes_on = goes_on and await _ask_week(services, console, questions, given)
    told = ", ".join(f"{count} {word}" for word, count in sorted(given.items())) or "no answers"
    console.print(f"\nKept: {told}. What they tell: triage audit")
    if goes_on and week is None and await _list(services, None, topic):
        console.print("Older weeks, or papers that you skipped, still wait: triage audit ask")


async def _ask_week(services: Services, console: Console, questions: Questions, given: Counter[str]) -> bool:
    """Whether the reader goes on; counts each answer in `given` once it is kept."""
    from triage.reading.marks import set_vote

    (topic,) = choose_topics(services, questions.topic)
    for number, paper in enumerate(questions.papers, 1):
        console.rule(escape(f"{topic.title} · {questions.week} · {number} of {len(questions.papers)}"), align="left")
        _show(console, paper)
        key = _read_key(console)
        if key == _QUIT:
            return False
        if key == _SKIP:
            console.print("skipped\n")
            continue
        word, value = _ANSWERS[key]
        await set_vote(services.library, SOLE_READER, paper.arxiv_id, topic.name, value)
        given[word] += 1
        console.print(f"[bold]{word}[/bold]\n")
    return True


def _show(console: Console, paper: Question) -> None:
    width = min(console.width, _LINE)
    console.print(f"[bold]{escape(read_latex(paper.title))}[/bold]", width=width)
    url = f"https://arxiv.org/abs/{paper.arxiv_id}"
    console.print(f"[dim][link={url}]{paper.arxiv_id}[/link] · {escape(' '.join(paper.categories))}[/dim]")
    if paper.takeaway:
        console.print(Padding(f"[italic]{escape(paper.takeaway)}[/italic]", (1, 0, 0, 0)), width=width)
    console.print(Padding(escape(read_latex(paper.abstract)), (1, 0)), width=width)


def _read_key(console: Console) -> str:
    """One of the keys, in lower case; the end of input quits."""
    console.print("Is it relevant? [bold]r[/bold] yes  [bold]n[/bold] no  [bold]u[/bold] uncertain  ", end="")
    console.print("[bold]s[/bold] skip  [bold]q[/bold] quit  ", end="")
    while True:
        try:
            key = click.getchar().lower()
        except EOFError:
            return _QUIT
        if not key:  # the terminal is gone
            return _QUIT
        if key in {*_ANSWERS, _SKIP, _QUIT}:
            return key
