"""docs/commands.md: every command, from click: usage, what it does, its options, its example."""

import re
from collections.abc import Iterator
from typing import Final

import click

from docs.generate.markdown import fence, flow, link, page, slug, table
from triage.cli import triage

_EXAMPLE: Final = re.compile(r"\s*\x08?\s*Example:\n(?P<lines>(?: +.*(?:\n|$))+)")
_INTRO: Final = """\
`triage --help` and `triage COMMAND --help` say the same in the terminal. Every table has `--json`; every failure is a
sentence that says what to do; [exit codes](configuration.md#exit-codes) are 0 done, 1 failed, 2 bad input, 130 stopped
by Ctrl-C. Settings are [environment variables](configuration.md). A week is an ISO week such as `2026-W31`.

To begin with: `triage demo`, then `triage harvest`, `triage run`, `triage shortlist` and `triage vote` on real papers;
`triage doctor` where something is wrong."""


def list_commands(command: click.Command = triage, name: str = "triage") -> Iterator[tuple[str, click.Command]]:
    """Every command by its full name, in the order of help; a group before what is in it."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None and not found.hidden:
                yield from list_commands(found, f"{name} {inner}")


def write_page() -> str:
    """The whole page."""
    commands = list(list_commands())
    return page("Commands", _INTRO, _write_contents(commands), *(_write_command(*each) for each in commands))


def _write_contents(commands: list[tuple[str, click.Command]]) -> str:
    inner: dict[str, list[str]] = {}
    for name, _ in commands:
        inner.setdefault(" ".join(name.split()[:2]), []).append(name)
    rows = []
    for name, names in inner.items():
        if name == "triage":
            continue
        told = next(_summarise(command) for each, command in commands if each == name)
        more = ", ".join(f"[`{each.split()[-1]}`](#{slug(each)})" for each in names if each != name)
        rows.append((link(name, f"`{name}`"), told, more))
    return table(("command", "what it does", "with"), rows)


def _summarise(command: click.Command) -> str:
    """The first sentence of its help."""
    return flow((command.help or "").split("\n\n")[0])


def _write_command(name: str, command: click.Command) -> str:
    told, lines = _split_help(command.help or "")
    # As `triage` itself makes it: click keeps a command's option for help, and -h would be gone from then on.
    context = click.Context(command, info_name=name, **triage.context_settings)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"{'#' * max(len(name.split()), 2)} {name}", flow(told), fence(usage, "text")]
    if options := [option for option in command.params if isinstance(option, click.Option)]:
        parts.append(table(("option", "meaning", "default"), [_write_option(each, context) for each in options]))
    if lines:
        parts += ["Example:", fence(lines)]
    return "\n\n".join(part for part in parts if part)


def _split_help(told: str) -> tuple[str, str]:
    """What the help says, and the command lines of its example."""
    match = _EXAMPLE.search(told)
    if match is None:
        return told, ""
    lines = "\n".join(line.strip() for line in match["lines"].splitlines() if line.strip())
    return told[: match.start()] + told[match.end() :], lines


def _write_option(option: click.Option, context: click.Context) -> tuple[str, str, str]:
    extra = option.get_help_extra(context)
    names = ", ".join(f"`{each}`" for each in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" {_name_value(option, context)}"
    told, _, said = flow(option.help or "").partition(" [default: ")
    default = "required" if option.required else said.removesuffix("]") or extra.get("default", "")
    limits = f" ({extra['range']})" if "range" in extra else ""
    return f"{names}{value}{limits}", told.strip(), default


def _name_value(option: click.Option, context: click.Context) -> str:
    """Click shows a date by the codes of `strptime`; limits stand beside the value here."""
    told = "YYYY-MM-DD" if isinstance(option.type, click.DateTime) else option.make_metavar(context)
    return told.removesuffix(" RANGE")
