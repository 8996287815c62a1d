"""`triage vote` and `triage tag`: what readers think, which the next ranking learns from."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from triage.accounts.readers import find_reader, list_readers
from triage.bootstrap import Services
from triage.cli.output import print_json
from triage.cli.session import json_option, run_with_services
from triage.core.account import SOLE_READER, clean_name
from triage.core.paper import parse_arxiv_id
from triage.core.rubric import find_topic
from triage.errors import InputError, UnknownPaperError
from triage.evaluation.labels import VOTE_NAMES, Label, read_labels
from triage.reading.marks import read_tag_name
from triage.store.papers import select_papers
from triage.store.votes import VoteCount, add_tags, list_tags, list_votes, record_votes, remove_tags, withdraw_votes

_F = TypeVar("_F", bound=Callable[..., object])

_OPTIONS: Final = {"relevant": 1, "irrelevant": -1, "uncertain": 0}


def value_options(*, relevant: str, irrelevant: str, uncertain: str) -> Callable[[_F], _F]:
    """The three as options that say what they mean; `value` is that of the one given, None without; no two of them."""

    def add(command: _F) -> _F:
        for name, meaning in (("uncertain", uncertain), ("irrelevant", irrelevant), ("relevant", relevant)):
            command = click.option(f"--{name}", is_flag=True, expose_value=False, callback=_take_value, help=meaning)(
                command
            )
        return command

    return add


def _take_value(context: click.Context, option: click.Parameter, is_given: bool) -> None:  # noqa: FBT001 - click's way
    known = context.params.setdefault("value", None)
    if is_given and known is not None:
        raise click.UsageError("Say one of --relevant, --irrelevant and --uncertain.")
    if is_given:
        context.params["value"] = _OPTIONS[str(option.name)]


class _DefaultGroup(click.Group):
    """A group whose command `cast` need not be named, so that `triage vote ID` reads as it should."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take the first argument for a command only when it is one."""
        if args and args[0] not in self.commands:
            args = ["cast", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_DefaultGroup, invoke_without_command=False, context_settings={"ignore_unknown_options": True})
def vote() -> None:
    """Say which papers are relevant to a topic; the next ranking learns from it.

    \b
    Example:
      triage vote 2604.02684 --topic agent-evaluation --relevant
      triage vote import labels.csv --topic agent-evaluation
    """


@vote.command()
@click.argument("arxiv_ids", nargs=-1, required=True, metavar="ID...")
@click.option("--topic", required=True, help="A topic of the rubric.")
@value_options(
    relevant="These papers belong to the topic.",
    irrelevant="They do not.",
    uncertain="You looked and cannot say; counts for neither.",
)
@click.option("--withdraw", is_flag=True, help="Forget the votes on them.")
@json_option
def cast(arxiv_ids: tuple[str, ...], topic: str, value: int | None, *, withdraw: bool, as_json: bool) -> None:
    """Vote on papers by arXiv id.

    \b
    Example:
      triage vote 2604.02684 2604.03210 --topic agent-evaluation --irrelevant
    """
    if withdraw is (value is not None):
        raise click.UsageError("Say one of --relevant, --irrelevant, --uncertain and --withdraw.")
    ids = read_ids(arxiv_ids)
    count = run_with_services(lambda services: _cast(services, ids, topic, value))
    _print_count(count, topic, as_json=as_json)


async def _cast(services: Services, ids: Sequence[str], topic: str, value: int | None) -> VoteCount:
    """None withdraws the votes, also those that wait for their paper."""
    find_topic(services.rubric, topic)
    async with services.database.read() as session:
        own = await list_votes(session, topic) if value is None else []
    waiting = {each.arxiv_id for each in own}
    await check_known(services, [arxiv_id for arxiv_id in ids if arxiv_id not in waiting])
    async with services.database.write() as session:
        if value is None:
            withdrawn = await withdraw_votes(session, topic, ids)
            return VoteCount(0, withdrawn, len(ids) - withdrawn)
        return await record_votes(session, topic, dict.fromkeys(ids, value), "triage vote", services.clock())


@vote.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--topic", required=True, help="The topic that the rows speak of.")
@click.option("--reader", default=SOLE_READER, metavar="NAME", help="Whose votes they are; yours when left out.")
@json_option
def import_votes(file: Path, topic: str, reader: str, *, as_json: bool) -> None:
    """Read votes from a CSV file with a column arxiv_id and, if you like, vote and topic.

    A vote is relevant, irrelevant or uncertain; a row without one is relevant. A row that names another topic of the
    rubric is left out. A vote may come before its paper: it counts once the paper is there. With --reader a lab
    brings together what its members voted; where there are accounts, the reader must have one.

    \b
    Example:
      triage vote import reading-list.csv --topic generative-recommendation
      triage vote import bobs.csv --topic generative-recommendation --reader bob
    """
    count, known, left_out = run_with_services(lambda services: _import_votes(services, file, topic, reader))
    _print_count(count, topic, as_json=as_json, known=known)
    if left_out:
        rows = "1 paper stands" if left_out == 1 else f"{left_out} papers stand"
        click.echo(f"{rows} there for another topic of the rubric and got no vote.", err=as_json)


async def _import_votes(services: Services, file: Path, topic: str, reader: str) -> tuple[VoteCount, int, int]:
    """What recording did, how many of the papers are known, and how many labels were another topic's."""
    find_topic(services.rubric, topic)
    await _check_reader(services, reader)
    others = {each.name for each in services.rubric.topics} - {topic}
    labels = read_labels(file)
    wanted = [label for label in labels if label.topic not in others]
    if not wanted:
        raise InputError(f"{file}: every row speaks of another topic of the rubric than {topic}. Nothing was changed.")
    votes = _to_votes(file, wanted)
    async with services.database.write() as session:
        count = await record_votes(session, topic, votes, file.name, services.clock(), reader=reader)
        return count, len(await select_papers(session, votes)), len(labels) - len(wanted)


async def _check_reader(services: Services, name: str) -> None:
    """Raise `InputError` for what is no name, `NotFoundError` for one that no account has where there are any."""
    if clean_name(name) != SOLE_READER and await list_readers(services.database):
        await find_reader(services.database, name)


def _to_votes(file: Path, labels: Sequence[Label]) -> dict[str, int]:
    """1, 0 or -1 by arXiv id; `InputError` for a paper that is voted two ways under two names of the topic."""
    votes: dict[str, int] = {}
    for label in labels:
        known = votes.setdefault(label.arxiv_id, label.value)
        if known != label.value:
            both = f"{VOTE_NAMES[known]} and {VOTE_NAMES[label.value]}"
            raise InputError(f"{file}: {label.arxiv_id} is voted {both}. Nothing was changed.")
    return votes


@click.command()
@click.argument("arxiv_ids", nargs=-1, metavar="[ID...]")
@click.option("--add", "added", metavar="NAME", help="Put this tag on the papers.")
@click.option("--remove", "removed", metavar="NAME", help="Take this tag off them.")
@click.option("--share/--private", "is_shared", default=None, help="Whether other readers see the tag that is put.")
@json_option
def tag(
    arxiv_ids: tuple[str, ...], added: str | None, removed: str | None, *, is_shared: bool | None, as_json: bool
) -> None:
    """Name papers in your own words; without arguments, list your tags.

    A tag that a topic of the rubric names counts as a relevant vote for it.

    \b
    Example:
      triage tag 2604.02684 --add semantic-ids
    """
    if arxiv_ids and not (added or removed):
        raise click.UsageError("Say --add NAME or --remove NAME.")
    if (added or removed) and not arxiv_ids:
        raise click.UsageError("Name the papers, such as 2604.02684.")
    if is_shared is not None and not added:
        raise click.UsageError("Say which tag, such as --add semantic-ids --share.")
    ids = read_ids(arxiv_ids)
    added, removed = added and read_tag_name(added), removed and read_tag_name(removed)
    tags = run_with_services(lambda services: _tag(services, ids, added, removed, is_shared=is_shared))
    if as_json:
        print_json(tags)
        return
    for name, papers in tags.items():
        click.echo(f"{name}: {', '.join(papers)}")
    if not tags:
        click.echo("No tags yet. Put one on a paper: triage tag 2604.02684 --add semantic-ids")


async def _tag(
    services: Services, ids: Sequence[str], added: str | None, removed: str | None, *, is_shared: bool | None
) -> dict[str, list[str]]:
    await check_known(services, ids)
    async with services.database.write() as session:
        if added:
            await add_tags(session, ids, added, services.clock(), is_shared=is_shared)
        if removed:
            await remove_tags(session, ids, removed)
        return await list_tags(session)


def read_ids(texts: Sequence[str]) -> list[str]:
    """Canonical ids, each once; `InputError` names the text that is none."""
    try:
        return list(dict.fromkeys(parse_arxiv_id(text).id for text in texts))
    except ValueError as error:
        raise InputError(f"{error}.") from error


async def check_known(services: Services, ids: Sequence[str]) -> None:
    """Raise `UnknownPaperError` naming the papers that the store does not have."""
    async with services.database.read() as session:
        known = await select_papers(session, ids)
    missing = [arxiv_id for arxiv_id in ids if arxiv_id not in known]
    if missing:
        raise UnknownPaperError(
            f"The store has no paper {', '.join(missing)}. Nothing was changed. Import or harvest it first, "
            "or check the id."
        )


def _print_count(count: VoteCount, topic: str, *, as_json: bool, known: int | None = None) -> None:
    total = count.new + count.changed + count.unchanged
    if as_json:
        record: dict[str, Any] = {
            "topic": topic,
            "new": count.new,
            "changed": count.changed,
            "unchanged": count.unchanged,
        }
        print_json(record | ({} if known is None else {"known_papers": known, "waiting": total - known}))
        return
    click.echo(f"{topic}: {count.new} new, {count.changed} changed, {count.unchanged} as before.")
    if known is not None and known < total:
        click.echo(f"{total - known} of them wait for their paper: they count once it is imported or harvested.")
