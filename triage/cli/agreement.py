"""`triage agreement`: how far readers agree, where they part, and what an editor settles."""

import click
from rich.console import Console

from triage.accounts.readers import find_reader
from triage.bootstrap import Services
from triage.cli.agreement_table import SETTLED_AS, Lines, print_agreement
from triage.cli.evaluate import read_weeks
from triage.cli.output import print_json
from triage.cli.session import json_option, run_with_services
from triage.cli.votes import value_options
from triage.cli.weekly import choose_topics, topic_option
from triage.core.account import SOLE_READER, Role
from triage.core.week import Week
from triage.core.wording import find_lines
from triage.errors import InputError
from triage.home import find_rubric
from triage.reading.agreement import Agreement, hide_names, settle, unsettle, view_agreement
from triage.reading.marks import VoteValue
from triage.store.adjudications import Adjudication


@click.group(invoke_without_command=True)
@topic_option
@click.option("--weeks", help="FIRST:LAST, such as 2026-W10:2026-W34: only the papers of these weeks.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 1000), help="Lines of each table.")
@click.option("--anonymous", is_flag=True, help="Number the readers instead of naming them.")
@json_option
@click.pass_context
def agreement(
    context: click.Context, topic: str | None, weeks: str | None, limit: int, *, anonymous: bool, as_json: bool
) -> None:
    """Say how far readers agree, on which papers they part, and over which words of the rubric.

    Kappa (Cohen's, or Fleiss' with more than two readers) and AC1 (Gwet's) are 1 where all agree and 0 where they agree
    as if by chance; kappa is low too where nearly all papers are of one kind.

    \b
    Example:
      triage agreement --topic agent-evaluation
      triage agreement settle 2604.02684 --topic agent-evaluation --relevant --reason "Scores agents, not models."
    """
    if context.invoked_subcommand is not None:
        if topic or weeks or anonymous or as_json:
            raise click.UsageError(f"Options of {context.invoked_subcommand} stand after {context.invoked_subcommand}.")
        return
    between = read_weeks(weeks)
    found, lines = run_with_services(lambda services: _view(services, topic, between))
    found = [hide_names(each) for each in found] if anonymous else found
    if as_json:
        print_json(found[0] if topic is not None else found)
        return
    console = Console()
    for each in found:
        print_agreement(console, each, lines[each.topic], limit)


@agreement.command("settle")
@click.argument("arxiv_id", metavar="ID")
@click.option("--topic", required=True, help="A topic of the rubric.")
@value_options(
    relevant="It belongs to the topic.",
    irrelevant="It does not.",
    uncertain="The topic leaves it open: nothing learns from it.",
)
@click.option("--reason", required=True, help="Why, for those who voted otherwise.")
@click.option("--editor", metavar="NAME", help="Whose word it is; needed where there are accounts.")
@json_option
def settle_paper(
    arxiv_id: str, topic: str, value: VoteValue | None, reason: str, editor: str | None, *, as_json: bool
) -> None:
    """Decide a paper that readers part over: it then counts as you say, whatever the votes.

    \b
    Example:
      triage agreement settle 2604.02684 --topic agent-evaluation --irrelevant --reason "Trains agents, measures none."
    """
    if value is None:
        raise click.UsageError("Say one of --relevant, --irrelevant and --uncertain.")

    async def work(services: Services) -> Adjudication:
        name = await _find_editor(services, editor)
        return await settle(services.library, name, arxiv_id, topic, value, reason)

    settled = run_with_services(work)
    if as_json:
        print_json(settled)
        return
    click.echo(
        f"{settled.arxiv_id} is settled for {topic}: {SETTLED_AS[settled.value]}. The next list that is built knows."
    )


@agreement.command("unsettle")
@click.argument("arxiv_id", metavar="ID")
@click.option("--topic", required=True, help="A topic of the rubric.")
def unsettle_paper(arxiv_id: str, topic: str) -> None:
    """Let the votes on a paper count again.

    \b
    Example:
      triage agreement unsettle 2604.02684 --topic agent-evaluation
    """
    was_settled = run_with_services(lambda services: unsettle(services.library, arxiv_id, topic))
    click.echo("The votes count again." if was_settled else "Nothing was settled there: nothing changes.")


async def _find_editor(services: Services, name: str | None) -> str:
    """The sole reader without accounts; else `NotFoundError` or `InputError` for whoever is no editor."""
    if not services.settings.accounts:
        if name is not None:
            raise InputError("There are no accounts here, and you are the editor: leave --editor out.")
        return SOLE_READER
    if name is None:
        raise InputError("Say whose word it is: --editor NAME. triage user list shows who is an editor.")
    reader = await find_reader(services.database, name)
    if reader.disabled_at is not None or not reader.role.includes(Role.EDITOR):
        raise InputError(f"{name} is no editor: triage user list shows who is.")
    return reader.name


async def _view(
    services: Services, topic: str | None, between: tuple[Week, Week] | None
) -> tuple[list[Agreement], dict[str, Lines]]:
    """And where the rubric has each topic's words."""
    topics = choose_topics(services, topic)
    text = find_rubric(services.settings).read_text(encoding="utf-8")
    return (
        [await view_agreement(services.library, each.name, between) for each in topics],
        {each.name: find_lines(text, each) for each in topics},
    )
