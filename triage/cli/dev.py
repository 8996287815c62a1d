"""`triage dev`: things for those who work on Triage; arXiv, a language model and a mail server, on this machine."""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import click

from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.faults import FAULTS, FITTING, Kind
from triage.adapters.fake_arxiv.server import FakeArxiv
from triage.adapters.fake_judge.faults import FAULTS as JUDGE_FAULTS
from triage.adapters.fake_judge.script import MODEL, look_for
from triage.adapters.fake_judge.server import FakeJudge, draw_faults
from triage.adapters.snapshot import open_snapshot
from triage.cli.dev_smtp import smtp
from triage.core.arxiv_json import read_record
from triage.core.paper import Paper
from triage.core.week import EASTERN
from triage.errors import InputError

_NOON = clock_time(12)  # Eastern: the day's listing is out, OAI-PMH has it too
_FAULT_RATE = 0.2


@click.group()
def dev() -> None:
    """Tools for those who work on Triage."""


dev.add_command(smtp)


@dev.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--port", default=8095, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one.")
@click.option(
    "--day",
    metavar="YYYY-MM-DD",
    type=click.DateTime(["%Y-%m-%d"]),
    help="What today is at this arXiv.  [default: newest listing day]",
)
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Spoil every fifth answer so; repeatable.")
@click.option("--seed", default=0, show_default=True, help="Which answers are spoiled.")
def arxiv(files: tuple[Path, ...], port: int, day: datetime | None, faults: tuple[str, ...], seed: int) -> None:
    """Serve metadata files as arXiv would, on this machine only: query API, OAI-PMH and feed.

    Prints what to set so that Triage harvests from it, and runs until Ctrl-C. An unknown --fault lists all names.

    \b
    Example:
      triage dev arxiv week-2026-W31.jsonl.gz --fault status_503 --fault token_dropped
    """
    _check_faults(faults, FAULTS)
    papers = _read_papers(files)
    today = day.date() if day else _newest_day(papers)
    with _say_if_port_is_taken(port):
        server = FakeArxiv(FakeArchive(_start_clock(today), papers), port=port)
    if faults:
        server.choose_fault = _draw_faults(faults, random.Random(seed))
    with server:
        _explain(server, len(papers), today)
        _wait_for_stop(lambda: len(server.log))


@dev.command("judge")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option("--port", default=8096, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Spoil some of the answers so; repeatable.")
@click.option("--rate", default=_FAULT_RATE, show_default=True, type=click.FloatRange(0, 1), help="How many of them.")
@click.option("--seed", default=0, show_default=True, help="Which answers are spoiled.")
def serve_judge(words: tuple[str, ...], port: int, faults: tuple[str, ...], rate: float, seed: int) -> None:
    """Serve a scripted judge on this machine: it says yes to papers that hold all the words, and has no judgement.

    Speaks OpenAI's protocol. Prints what to set so that Triage asks it, and runs until Ctrl-C. An unknown --fault lists
    all names.

    \b
    Example:
      triage dev judge recommend "semantic id" --fault status_429_seconds --fault cut_by_length --rate 0.3
    """
    _check_faults(faults, JUDGE_FAULTS)
    with _say_if_port_is_taken(port):
        server = FakeJudge(look_for(*words), port=port)
    if faults:
        server.choose_fault = draw_faults(faults, seed, rate)
    with server:
        click.echo(f"A judge that says yes to {', '.join(map(repr, words))}. For Triage to ask it, set:\n")
        click.echo(f"export TRIAGE_JUDGE={server.url}")
        click.echo(f"export TRIAGE_JUDGE_MODEL={MODEL}\n")
        click.echo("Better with a data folder to play with: export TRIAGE_HOME=play. Ctrl-C ends this.")
        _wait_for_stop(lambda: len(server.log))


@contextmanager
def _say_if_port_is_taken(port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"Port {port} cannot be used ({error.strerror}): choose another with --port.") from error


def _wait_for_stop(count_requests: Callable[[], int]) -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo(f"\nStopped after {count_requests():,} requests.")


def _check_faults(names: Sequence[str], known: Collection[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"{unknown[0]!r} is no fault: expected one of {', '.join(sorted(known))}.")


def _read_papers(paths: Sequence[Path]) -> list[Paper]:
    papers = []
    for file in [open_snapshot(path) for path in paths]:
        for line in file.read_lines():
            if line.data.strip():
                try:
                    papers.append(read_record(line.data))
                except ValueError as error:
                    click.echo(f"{file.name}, line {line.number} is left out: {error}", err=True)
    return papers


def _newest_day(papers: Sequence[Paper]) -> date:
    days = [paper.announced for paper in papers if paper.announced]
    if not days:
        raise InputError("The files do not say when their papers were announced: say what today is with --day.")
    return max(days)


def _start_clock(today: date) -> Callable[[], datetime]:
    """Noon of that day, and running."""
    begun, noon = time.monotonic(), datetime.combine(today, _NOON, EASTERN)
    return lambda: noon + timedelta(seconds=time.monotonic() - begun)


def _draw_faults(names: Sequence[str], rng: random.Random) -> Callable[[int, Kind], str]:
    def draw(_number: int, kind: Kind) -> str:
        fitting = [name for name in names if name in FITTING[kind]]
        return rng.choice(fitting) if fitting and rng.random() < _FAULT_RATE else "ok"

    return draw


def _explain(server: FakeArxiv, count: int, today: date) -> None:
    click.echo(f"arXiv with {count:,} papers, on {today:%A, %Y-%m-%d}. For Triage to ask it, set:\n")
    click.echo(f"export TRIAGE_ARXIV_OAI_URL={server.oai_url}")
    click.echo(f"export TRIAGE_ARXIV_API_URL={server.query_url}")
    click.echo(f"export TRIAGE_ARXIV_FEED_URL={server.feed_url}")
    click.echo(f"export TRIAGE_NOW={server.archive.now:%Y-%m-%dT%H:%M:%SZ}")
    click.echo("export TRIAGE_ARXIV_INTERVAL=0 TRIAGE_CONTACT=me@example.org\n")
    click.echo("Better with a data folder to play with: export TRIAGE_HOME=play. Ctrl-C ends this.")
