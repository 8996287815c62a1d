"""`triage completion`: the script by which a shell completes our commands, and the values it offers."""

import asyncio
from collections.abc import Mapping

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

from triage.config import Settings
from triage.errors import TriageError
from triage.home import load_rubric

COMPLETE_VARIABLE = "_TRIAGE_COMPLETE"
"""Set by the script when the shell asks; the name that click computes from ours."""
_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands, options, topics and weeks.

    The first line of the example serves this shell alone, the others all that begin later.

    \b
    Example:
      eval "$(triage completion bash)"
      triage completion bash > ~/.local/share/bash-completion/completions/triage
      triage completion zsh > "${fpath[1]}/_triage"
      triage completion fish > ~/.config/fish/completions/triage.fish
    """
    made = get_completion_class(shell)
    if made is None:  # click knows all three
        raise click.BadParameter(f"{shell} is no shell that click completes for.")
    click.echo(made(ctx.find_root().command, {}, "triage", COMPLETE_VARIABLE).source())


def offer_values() -> None:
    """From now on click completes the values of `--topic` and `--week` too, for any command; idempotent."""
    for shell in (_Bash, _Zsh, _Fish):
        add_completion_class(shell)


class _Values(ShellComplete):
    """Values from the rubric and the store; all else is click's answer."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """What may stand in the place of the last word; bash hands out `--topic=a` as three words, others as one."""
        option, _, begun = incomplete.rpartition("=")
        before = [word for word in args if word != "="]
        asked = option or (before[-1] if before else "")
        if asked not in {"--topic", "--week"}:
            return super().get_completions(args, incomplete)
        prefix = f"{option}=" if option else ""
        return [
            CompletionItem(f"{prefix}{value}", help=told)
            for value, told in _list_values(asked).items()
            if value.startswith(begun)
        ]


class _Bash(_Values, BashComplete):
    """For bash."""


class _Zsh(_Values, ZshComplete):
    """For zsh."""


class _Fish(_Values, FishComplete):
    """For fish."""


def _list_values(option: str) -> Mapping[str, str]:
    """What each value is, by value. Nothing where settings, rubric or store are wrong: the command itself will say."""
    try:
        settings = Settings()
        if option == "--topic":
            return {topic.name: topic.title for topic in load_rubric(settings).topics}
        return _list_weeks(settings)
    except (TriageError, ValueError):
        return {}


def _list_weeks(settings: Settings) -> Mapping[str, str]:
    """Of a store that is there, the newest first; none is made, and no other machine is asked."""
    if settings.database_url is not None or not (settings.home / "triage.db").is_file():
        return {}
    weeks = asyncio.run(_count_weeks(settings.url))
    return {week: f"{weeks[week]:,} papers" for week in sorted(weeks, reverse=True)}


async def _count_weeks(url: str) -> dict[str, int]:
    from triage.store.engine import Database
    from triage.store.papers import count_weeks

    database = Database(url)
    try:
        async with database.read() as session:
            return await count_weeks(session)
    finally:
        await database.close()
