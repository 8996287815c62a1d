"""Tables as notebooks show them: HTML on a page, aligned text elsewhere; every cell is escaped."""

from collections.abc import Sequence
from html import escape

import msgspec

_NUMBER = 'style="text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; vertical-align: top"'
_TEXT = 'style="text-align: left; white-space: normal; vertical-align: top"'


class Table(msgspec.Struct, frozen=True):
    """Rows of text, one cell for each column; columns of `numbers` (their places, from 0) stand to the right.

    A cell that is a link is `Link`. Show it as the last expression of a cell, or print it.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple["str | Link", ...], ...]
    caption: str = ""
    numbers: tuple[int, ...] = ()

    def _repr_html_(self) -> str:
        """For Jupyter: the header names columns to screen readers, too; without rows the caption says all."""
        if not self.rows:
            return f"<p>{escape(self.caption)}</p>"
        styles = [_NUMBER if place in self.numbers else _TEXT for place in range(len(self.columns))]
        caption = f'<caption style="text-align: left; caption-side: top">{escape(self.caption)}</caption>'
        head = "".join(
            f'<th scope="col" {style}>{escape(column)}</th>' for style, column in zip(styles, self.columns, strict=True)
        )
        rows = "".join(
            "<tr>"
            + "".join(f"<td {style}>{_to_html(cell)}</td>" for style, cell in zip(styles, row, strict=True))
            + "</tr>"
            for row in self.rows
        )
        return f"<table>{caption if self.caption else ''}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def __str__(self) -> str:
        cells = [self.columns, *(tuple(map(str, row)) for row in self.rows)]
        widths = [max(len(row[place]) for row in cells) for place in range(len(self.columns))]
        lines = [self._align(row, widths) for row in cells]
        return "\n".join([*([self.caption] if self.caption else []), *lines])

    def __repr__(self) -> str:
        return str(self)

    def _align(self, row: Sequence[str], widths: Sequence[int]) -> str:
        cells = [
            cell.rjust(width) if place in self.numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()


class Link(msgspec.Struct, frozen=True):
    """Words that lead somewhere."""

    text: str
    url: str

    def __str__(self) -> str:
        return self.text


def link_paper(arxiv_id: str) -> Link:
    """A paper's page at arXiv."""
    return Link(arxiv_id, f"https://arxiv.org/abs/{arxiv_id}")


def _to_html(cell: str | Link) -> str:
    if isinstance(cell, Link):
        return f'<a href="{escape(cell.url)}">{escape(cell.text)}</a>'
    return escape(cell)


class Note(msgspec.Struct, frozen=True):
    """A paragraph whose numbers come from code."""

    text: str

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.text)}</p>"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def shorten(text: str, most: int) -> str:
    """At most that many characters, an ellipsis for what is cut after a word."""
    return text if len(text) <= most else f"{text[: most - 1].rpartition(' ')[0] or text[: most - 1]}…"
