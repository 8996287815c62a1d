"""Markdown as GitHub reads it: headings with their anchors, tables, lists, fences."""

import re
from collections.abc import Iterable, Sequence

_BANNER = "<!-- Written by `make docs`: change the program and its docstrings, not this file. -->"
_NO_ANCHOR = re.compile(r"[^\w\- ]")


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading: lower case, blanks as hyphens, all other marks left out."""
    return _NO_ANCHOR.sub("", heading.strip().lower()).replace(" ", "-")


def link(heading: str, text: str | None = None, page: str = "") -> str:
    """A link to a heading of this page, or of another; in code where the heading is."""
    return f"[{text or heading}]({page}#{slug(heading)})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars in cells are escaped, and their line breaks become blanks."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def fence(text: str, language: str = "sh") -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def flow(text: str) -> str:
    """Text whose paragraphs are one line each, whatever the width it was written in."""
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))


def page(title: str, *parts: str) -> str:
    """A whole file: title, a line that says whence it comes, the parts that are not empty."""
    return "\n\n".join([f"# {title}", _BANNER, *filter(None, (part.strip() for part in parts))]) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
