"""The command line: parse, call a step, print its report. Commands are imported when they are used."""

import os
import sys
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from triage import __version__
from triage.errors import TriageError

_COMMANDS = {  # name: (where it is, what help says of it)
    "run": ("triage.cli.weekly:run", "Do what is missing of all steps for a week."),
    "harvest": ("triage.cli.harvest:harvest", "Bring the store up to date with arXiv."),
    "import": ("triage.cli.papers:import_", "Read papers from metadata files."),
    "embed": ("triage.cli.weekly:embed", "Give papers their vectors."),
    "score": ("triage.cli.weekly:score", "Score papers of a week for each topic."),
    "judge": ("triage.cli.judge:judge", "Let a language model judge the best candidates."),
    "calls": ("triage.cli.calls:calls", "Say what language models were asked, and at what cost."),
    "rescore": ("triage.cli.rescore:rescore", "Say what another rubric would change, and why."),
    "shortlist": ("triage.cli.weekly:shortlist", "Print a week's ranked papers of a topic."),
    "digest": ("triage.cli.digest:digest", "Show the week's mail."),
    "deliver": ("triage.cli.deliver:deliver", "Send the weekly mail that is due."),
    "export": ("triage.cli.export:export", "Write a shortlist for BibTeX, spreadsheets and others."),
    "feed": ("triage.cli.export:feed", "Write a topic as a feed."),
    "vote": ("triage.cli.votes:vote", "Say which papers are relevant to a topic."),
    "tag": ("triage.cli.votes:tag", "Name papers in your own words."),
    "rubric": ("triage.cli.rubric:rubric", "Check and show what the topics are."),
    "evaluate": ("triage.cli.evaluate:evaluate", "Measure the ranking beside today's rankers."),
    "audit": ("triage.cli.audit:audit", "Say what the lists left out, and how far to trust a judge."),
    "agreement": ("triage.cli.agreement:agreement", "Say how far readers agree, and settle where they part."),
    "calibrate": ("triage.cli.calibrate:calibrate", "Learn from your votes how far to believe the judge."),
    "subscribe": ("triage.cli.subscribe:subscribe", "Get the weekly mail, pause it, or leave."),
    "bounces": ("triage.cli.bounces:bounces", "Read what mail systems sent back."),
    "user": ("triage.cli.user:user", "Add readers, and what lets them in."),
    "serve": ("triage.cli.serve:serve", "Serve the pages and the API."),
    "worker": ("triage.cli.worker:worker", "Do the jobs of the queue, on any number of machines."),
    "queue": ("triage.cli.queue:queue", "Say what waits, runs and failed; put work in."),
    "db": ("triage.cli.db:db", "Look at the database, copy it to another kind, back it up."),
    "ledger": ("triage.cli.ledger:ledger", "Account for every announced paper."),
    "repair": ("triage.cli.harvest:repair", "Find and fetch papers that are missing."),
    "doctor": ("triage.cli.doctor:doctor", "Say what is wrong with this installation."),
    "completion": ("triage.cli.completion:completion", "Print what makes your shell complete commands."),
    "demo": ("triage.cli.demo:demo", "Show the main job on a made-up week, offline."),
    "dev": ("triage.cli.dev:dev", "Play arXiv, or a judge, for trying things offline."),
}


class _LazyGroup(click.Group):
    """Imports the module of a command only when the command is run, so that help answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of a week's work."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """None for a name that is no command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{name} is no command")
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Names from the table above, importing nothing; else options."""
        found = [(name, summary) for name, (_, summary) in _COMMANDS.items() if name.startswith(incomplete)]
        if found:
            return [CompletionItem(name, help=summary) for name, summary in found]
        return click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table above, importing nothing."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="triage")
def triage() -> None:
    """Read arXiv every week; hand out one ranked shortlist per topic, with a true one-line takeaway per paper.

    \b
    Example:
      triage import week.jsonl.gz
      triage run --week 2026-W31
      triage shortlist --week 2026-W31 --topic agent-evaluation
    """


def main() -> None:
    """Run a command and end with its exit code: 0 done, 1 failed, 2 bad input."""
    if "_TRIAGE_COMPLETE" in os.environ:  # a shell asks what may follow
        from triage.cli.completion import offer_values

        offer_values()
    try:
        sys.exit(triage.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What was finished is kept; the same command goes on from there.", err=True)
        sys.exit(130)
    except TriageError as error:
        click.echo(f"triage: {error}", err=True)
        sys.exit(error.exit_code)
