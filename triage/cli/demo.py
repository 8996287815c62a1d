"""`triage demo`: the main job on the bundled made-up week, offline, in a folder of its own."""

import asyncio
import shlex
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from triage.bootstrap import Services, open_services
from triage.cli.output import print_json, print_shortlist
from triage.cli.session import json_option, show_progress
from triage.config import ShippedSettings
from triage.core.rubric import Topic
from triage.core.week import EASTERN, parse_week, week_of
from triage.errors import InputError
from triage.log import configure_logging
from triage.pipeline.render import RENDERERS, name_file, write_shortlist
from triage.pipeline.report import Progress
from triage.reading.shortlists import to_record
from triage.store.shortlists import Shortlist
from triage.study.opening import import_sample

_WEEK = parse_week("2026-W20")
_SIZE = 10
_NOTICE = "Made up for the Triage demo: no paper, person or number here is real, and the arXiv links lead nowhere."
_MARKER = "MADE-UP.txt"
_HOME = "data"


class _Ranked(msgspec.Struct, frozen=True):
    """One topic of the week: its list, and nDCG@20 on our own judgements, if the topic has any."""

    topic: Topic
    shortlist: Shortlist
    ndcg: float | None


class _Places(msgspec.Struct, frozen=True):
    """Where the lists go, by topic, and the week's mail as a page."""

    lists: Mapping[str, tuple[Path, ...]]
    digest: Path


class _Demo(msgspec.Struct, frozen=True):
    lists: tuple[_Ranked, ...]
    files: tuple[Path, ...]
    digest: Path
    seconds: float


@click.command()
@click.option(
    "--folder",
    default="demo",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where the demo writes; made when it is not there.",
)
@json_option
def demo(folder: Path, *, as_json: bool) -> None:
    """Show the main job on a bundled, made-up week: read, embed, score and list its papers, offline.

    Prints a shortlist per topic, writes each as Markdown and HTML, and the week's mail as a page. Your own data stays
    untouched; running it again starts afresh.

    \b
    Example:
      triage demo --folder ~/triage-demo
    """
    configure_logging()
    started = time.monotonic()
    home = _prepare_folder(folder)
    ranked, places = asyncio.run(_work(folder, home))
    files_written = tuple(chain.from_iterable(places.lists.values()))
    done = _Demo(ranked, files_written, places.digest, time.monotonic() - started)
    if as_json:
        print_json(_to_record(done))
    else:
        _print(done, folder)


async def _work(folder: Path, home: Path) -> tuple[tuple[_Ranked, ...], _Places]:
    async with open_services(ShippedSettings(home=home)) as services:
        places = _choose_files(folder, services.rubric.topics)
        with show_progress() as progress:
            await import_sample(services)
            ranked = await _rank(services, _copy_judgements(home), progress)
        page = await _make_digest(services)
    for each in ranked:
        for path in places.lists[each.topic.name]:
            write_shortlist(each.shortlist, each.topic.title, path, _NOTICE)
    places.digest.write_text(page, encoding="utf-8")
    return ranked, places


async def _make_digest(services: Services) -> str:
    from triage.digest.compose import compose_digest
    from triage.digest.records import Links
    from triage.digest.render import render_digest

    topics = [topic.name for topic in services.rubric.topics]
    digest = await compose_digest(services.library, str(_WEEK), topics, "en", None, notice=_NOTICE)
    return render_digest(digest, Links(services.settings.public_url)).html


async def _rank(services: Services, judgements: Path, progress: Progress) -> tuple[_Ranked, ...]:
    from triage.evaluation.labels import read_judgements
    from triage.pipeline.run import run_week
    from triage.pipeline.shortlist import build_shortlist

    grades, topics, bench = read_judgements([judgements]), services.rubric.topics, services.bench(progress)
    await run_week(bench, _WEEK, lambda: services.open_desk(progress), topics=topics)
    return tuple(
        [
            _Ranked(
                topic,
                (await build_shortlist(bench, topic, _WEEK, _SIZE))[0],
                await _measure(services, topic, grades.get(topic.name, {}).get(str(_WEEK), {})),
            )
            for topic in topics
        ]
    )


async def _measure(services: Services, topic: Topic, grades: Mapping[str, int]) -> float | None:
    from triage.core.metrics import ndcg
    from triage.pipeline.fuse import score_topic
    from triage.pipeline.shortlist import select_papers_of

    if not grades:
        return None
    bench = services.bench()
    papers = await select_papers_of(bench, _WEEK)
    scored, _, _ = await score_topic(bench, topic, _WEEK, papers)
    return ndcg(
        [scored.scores[paper.key].value for paper in papers], [grades[paper.paper.arxiv_id] for paper in papers]
    )


def _prepare_folder(folder: Path) -> Path:
    """The data folder inside, without an old database; raises `InputError` where it holds anybody else's."""
    home = folder / _HOME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if home.is_symlink() or (home.exists() and not (home / _MARKER).is_file()):
            raise InputError(f"{home} was not made by the demo and stays as it is. Give another --folder.")
        home.mkdir(exist_ok=True)
        (home / _MARKER).write_text(f"{_NOTICE}\n`triage demo` makes the database in this folder anew.\n")
        for name in ("triage.db", "triage.db-wal", "triage.db-shm"):
            (home / name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"The folder {folder} cannot be used: {error.strerror}. Give another --folder.") from error
    return home


def _copy_judgements(home: Path) -> Path:
    """The bundled judgements under the name that `triage evaluate` expects."""
    path = home / f"{_WEEK}.jsonl"
    path.write_bytes((files("triage.sample") / "sample-judgements.jsonl").read_bytes())
    return path


def _choose_files(folder: Path, topics: Sequence[Topic]) -> _Places:
    """Where all goes; raises `InputError` where a file of anybody else stands."""
    lists = {
        topic.name: tuple(folder / f"{name_file(topic.name, str(_WEEK))}{suffix}" for suffix in RENDERERS)
        for topic in topics
    }
    digest = folder / f"digest-{_WEEK}.html"
    for path in (*chain.from_iterable(lists.values()), digest):
        if path.exists() and not _is_ours(path):
            raise InputError(f"{path} was not written by the demo and stays as it is. Give another --folder.")
    return _Places(lists, digest)


def _is_ours(path: Path) -> bool:
    """Whether an earlier demo wrote the file; one that cannot be read is somebody else's."""
    try:
        return _NOTICE.encode() in path.read_bytes()
    except OSError:
        return False


def _to_record(done: _Demo) -> dict[str, Any]:
    return {
        "notice": _NOTICE,
        "seconds": done.seconds,
        "files": [str(path) for path in done.files],
        "digest": str(done.digest),
        "shortlists": [to_record(each.shortlist) | {"ndcg@20": each.ndcg} for each in done.lists],
    }


def _print(done: _Demo, folder: Path) -> None:
    console = Console()
    console.print(f"{_NOTICE}\n", style="bold yellow", highlight=False)
    for each in done.lists:
        print_shortlist(console, each.shortlist, each.topic.title)
        console.print()
    considered = max(each.shortlist.considered for each in done.lists)
    text = [f"{considered} papers read, embedded, scored and listed in {done.seconds:.1f} s, without network or key."]
    measured = [f"{each.topic.title} {each.ndcg:.2f}" for each in done.lists if each.ndcg is not None]
    if measured:
        text.append(
            f"nDCG@20: {', '.join(measured)}. Week and judgements are our own, so this only shows that the machinery "
            "works; how good the ranking is, `triage evaluate` measures on real labels."
        )
    console.print("\n".join(text), markup=False, highlight=False)
    click.echo("\n".join(["", "The lists as files, for a blog and for a browser:", *(f"  {p}" for p in done.files)]))
    click.echo(f"\nThe week's mail, as a page:\n  {done.digest}")
    click.echo("\n".join(["", *_tell_next_steps(done.lists[0], folder)]))


def _tell_next_steps(first: _Ranked, folder: Path) -> list[str]:
    topic, arxiv_id = first.topic.name, first.shortlist.ranked[0].arxiv_id
    week = week_of(datetime.now(UTC).astimezone(EASTERN).date() - timedelta(days=7))
    return [
        "Play with the made-up week:",
        f"  TRIAGE_HOME={shlex.quote(str(folder / _HOME))} triage serve           as pages, in a browser",
        f"  TRIAGE_HOME={shlex.quote(str(folder / _HOME))} triage vote {arxiv_id} --topic {topic} --relevant",
        "",
        "With real arXiv:",
        "  export TRIAGE_CONTACT=you@example.org    arXiv wants to know whom to write to",
        f"  triage harvest --week {week}           papers from arXiv, one request every three seconds;",
        "  triage import FILE.jsonl.gz              or from a metadata file, without network",
        f"  triage run --week {week}               embed, score and choose them",
        f"  triage shortlist --week {week}         read the lists",
        f"  triage vote ID --topic {topic} --relevant",
        "  triage evaluate                          how good the ranking is on your votes",
        f"  triage subscribe {topic} --email you@example.org    the week's mail; triage deliver sends it",
    ]
