"""`triage rubric`: check and show the rubric in force."""

from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage.cli.output import print_json
from triage.cli.session import json_option, read_settings
from triage.config import Settings
from triage.core.rubric import Rubric, fingerprint
from triage.home import find_rubric, load_rubric


@click.group()
def rubric() -> None:
    """The file that says what each topic is.

    \b
    Example:
      triage rubric check my-rubric.yaml
    """


@rubric.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@json_option
def check(file: Path | None, *, as_json: bool) -> None:
    """Read a rubric (the one in force, when no file is named) and tell every mistake with its line.

    \b
    Example:
      triage rubric check my-rubric.yaml
    """
    path, read = _read(file)
    prints = {topic.name: fingerprint(read, topic.name) for topic in read.topics}
    if as_json:
        print_json({"file": str(path), "topics": prints})
        return
    click.echo(f"{path} is a good rubric.")
    for name, print_ in prints.items():
        click.echo(f"  {name}  fingerprint {print_}")


@rubric.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@json_option
def show(file: Path | None, *, as_json: bool) -> None:
    """Print what was read of a rubric, the one in force when no file is named.

    \b
    Example:
      triage rubric show --json
    """
    path, read = _read(file)
    if as_json:
        print_json({"file": str(path), "rubric": read})
        return
    console = Console()
    console.print(f"{escape(str(path))} · {', '.join(read.categories)} · {read.shortlist.size} places", style="dim")
    for topic in read.topics:
        table = Table("", "", title=f"{escape(topic.title)} ({topic.name})", title_justify="left", show_header=False)
        table.add_row("definition", escape(topic.definition))
        table.add_row("in scope", "\n".join(f"+ {escape(text)}" for text in topic.in_scope))
        table.add_row("out of scope", "\n".join(f"- {escape(text)}" for text in topic.out_of_scope))
        table.add_row("cues", escape(", ".join(f"{cue.phrase} ({cue.weight:g})" for cue in topic.cues)))
        for near in topic.near:
            table.add_row("near", escape(f"{' | '.join(near.left)} within {near.within} of {' | '.join(near.right)}"))
        table.add_row("exemplars", "\n".join(escape(f"{each.arxiv_id} {each.title}") for each in topic.exemplars))
        table.add_row(
            "criteria", "\n".join(escape(f"{each.name} ({each.weight:g}): {each.question}") for each in topic.criteria)
        )
        table.add_row("fingerprint", fingerprint(read, topic.name))
        console.print(table)


def _read(file: Path | None) -> tuple[Path, Rubric]:
    settings = read_settings()
    if file is not None:
        settings = Settings(rubric=file)
    return find_rubric(settings), load_rubric(settings)
