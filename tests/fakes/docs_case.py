"""What the tests of the documentation need: headings, links, command lines, and the names that must have a heading."""

import re
import shlex
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import click
import msgspec
from click.exceptions import Exit
from markdown_it import MarkdownIt
from markdown_it.token import Token

from docs.generate.markdown import slug
from triage.cli import triage

_FILES = {"path", "file", "filename"}
_ASSIGNED = re.compile(r"[A-Z_]+=.*")


@cache
def list_headings(text: str) -> list[str]:
    """The words of all headings, without marks."""
    tokens = MarkdownIt("commonmark").parse(text)
    return [_read_text(inline) for opening, inline in pairwise(tokens) if opening.type == "heading_open"]


def list_anchors(text: str) -> list[str]:
    """The anchors of all headings; GitHub counts those that come again."""
    seen: dict[str, int] = {}
    anchors = []
    for name in map(slug, list_headings(text)):
        count = seen[name] = seen.get(name, -1) + 1
        anchors.append(f"{name}-{count}" if count else name)
    return anchors


def find_missing(names: Iterable[str], text: str) -> set[str]:
    """The names that no heading says."""
    return set(names) - set(list_headings(text))


def find_dead_links(path: Path) -> list[str]:
    """Relative links of a page that lead to no file, or to no heading of a page."""
    text = path.read_text(encoding="utf-8")
    dead = []
    for link in _list_links(text):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = path.parent / place if place else path
        is_page = target.suffix == ".md" and target.is_file()
        has_anchor = not anchor or (is_page and anchor in list_anchors(target.read_text(encoding="utf-8")))
        if not target.exists() or not has_anchor:
            dead.append(link)
    return dead


def list_fences(text: str, *languages: str) -> list[str]:
    """The blocks of code in these languages."""
    tokens = MarkdownIt("commonmark").parse(text)
    return [token.content for token in tokens if token.type == "fence" and token.info.strip() in languages]


def list_command_lines(text: str) -> list[list[str]]:
    """Each call of `triage` in blocks of shell: its words, the first of them `triage`."""
    lines = "\n".join(list_fences(text, "sh", "bash", "console")).replace("\\\n", " ")
    calls = []
    for line in lines.splitlines():
        words = shlex.split(re.sub(r"\$\([^)]*\)", "2026-W31", line), comments=True)
        for part in _split_words(words):
            bare = [
                word for number, word in enumerate(part) if any(not _ASSIGNED.fullmatch(w) for w in part[: number + 1])
            ]
            if bare and bare[0].rpartition("/")[2] == "triage":
                calls.append(bare)
    return calls


def check_command_line(words: list[str]) -> None:
    """Find the command and read its options, running nothing and opening no file; raises `click.UsageError`."""
    command: click.Command = triage
    context: click.Context | None = None
    name, rest = "triage", words[1:]
    while isinstance(command, click.Group):
        try:
            context = command.make_context(name, rest, context)
        except Exit:  # of --version
            return
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        _, found, rest = command.resolve_command(context, rest)
        if found is None:
            raise click.UsageError(f"no command {rest}")
        name, command = found.name or "", found
    context = click.Context(command, context, name)
    options, _, _ = command.make_parser(context).parse_args(rest)
    for parameter in command.params:
        value, _ = parameter.consume_value(context, options)
        is_missing = parameter.value_is_missing(value)
        if is_missing and parameter.required:
            raise click.MissingParameter(ctx=context, param=parameter)
        if not is_missing and parameter.type.name not in _FILES:
            parameter.type_cast_value(context, value)


def list_fields(record: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """The paths of all fields of a record and of the records in it, as messages about a rubric say them."""
    hints = get_type_hints(record)
    for field in msgspec.structs.fields(record):
        inner, is_list = _find_record(hints[field.name])
        path = f"{prefix}{field.name}{'[]' if inner and is_list else ''}"
        yield path
        if inner:
            yield from list_fields(inner, f"{path}.")


def _find_record(hint: Any) -> tuple[type[msgspec.Struct] | None, bool]:
    is_list = get_origin(hint) is tuple
    kind = get_args(hint)[0] if is_list else hint
    is_record = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    return (kind if is_record else None), is_list


def _split_words(words: list[str]) -> Iterator[list[str]]:
    """The commands of a line: what stands between pipes, `&&`, `||` and `;`."""
    part: list[str] = []
    for word in words:
        if word in {"|", "&&", "||", ";", "&"}:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _list_links(text: str) -> list[str]:
    links = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        for child in token.children or ():
            found = child.attrs.get("href") or child.attrs.get("src")
            links += [str(found)] if found else []
    return links


def _read_text(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())
