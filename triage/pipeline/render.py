"""A shortlist as a file: Markdown that a static blog takes as it is, or one HTML page that needs nothing else."""

import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from triage.core.latex import read_latex
from triage.core.paper import clean_text
from triage.core.week import parse_week
from triage.errors import InputError
from triage.store.shortlists import Entry, Shortlist

# The acknowledgement that https://info.arxiv.org/help/api/tou.html asks for.
ARXIV_THANKS: Final = (
    "Thank you to arXiv for use of its open access interoperability. This product was not reviewed or approved by, "
    "nor does it necessarily express or reflect the policies or opinions of, arXiv."
)

# What Markdown, GitHub's additions to it, Liquid and kramdown read as markup wherever it stands: CommonMark 2.4 takes
# a backslash before any of them. Colon and @ are escaped where a link, an emoji or a mention could follow.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>&~$|^!]|:(?=\S)|@(?=[a-z])|(?<=\bwww)\.|(?<=\{)[%#:])", re.IGNORECASE)
_AT_LINE_START = re.compile(r"([#+\-=:>]|\d+(?=[.)]))")


def render_markdown(shortlist: Shortlist, title: str, notice: str = "") -> str:
    """Markdown with YAML front matter; `notice`, if any, stands above the papers. Text of papers stays text."""
    front = {
        "title": f"{title}, week {shortlist.week}",
        "date": (shortlist.published_at or shortlist.built_at).date(),
        "slug": name_file(shortlist.topic, shortlist.week),
        "summary": _summarise(shortlist, title),
        "tags": [shortlist.topic, "arxiv", "shortlist"],
        "category": "Shortlists",
    }
    text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1_000)
    return _render("shortlist.md.j2", shortlist, title, {"front_matter": text, "notice": notice})


def render_html(shortlist: Shortlist, title: str, notice: str = "") -> str:
    """One self-contained page without script or remote parts; each place has the paper's arXiv id as its anchor."""
    return _render("shortlist.html.j2", shortlist, title, {"notice": notice})


RENDERERS: Final[Mapping[str, Callable[[Shortlist, str, str], str]]] = {".md": render_markdown, ".html": render_html}
"""By the suffix of the file it is for."""


def write_shortlist(shortlist: Shortlist, title: str, path: Path, notice: str = "") -> None:
    """Write `.md` or `.html` as the name of the file says, whole or not at all; an older file is replaced.

    Raises `InputError` for another suffix and for a place that cannot be written.
    """
    render = RENDERERS.get(path.suffix.lower())
    if render is None:
        raise InputError(f"{path}: expected a name that ends in {' or '.join(RENDERERS)}.")
    text = render(shortlist, title, notice)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(f"{path} cannot be written: {error.strerror}. Name a file in a folder that can.") from error


def name_file(topic: str, week: str) -> str:
    """Topic and week, such as `agent-evaluation-2026-W17`, for file names and addresses."""
    return f"{topic}-{week}"


def escape_markdown(text: str) -> str:
    """One line of text such that no Markdown reader finds markup, link, HTML or template code in it."""
    escaped = _MARKUP.sub(r"\\\1", clean_text(text))
    start = _AT_LINE_START.match(escaped)
    if start is None:
        return escaped
    return f"{start[1]}\\{escaped[start.end() :]}" if start[1].isdecimal() else f"\\{escaped}"


def _render(template: str, shortlist: Shortlist, title: str, extra: Mapping[str, Any]) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            title=title,
            shortlist=shortlist,
            days=_name_days(shortlist.week),
            summary=_summarise(shortlist, title),
            ranked=[_to_place(entry, shortlist) for entry in shortlist.ranked],
            explored=[_to_place(entry, shortlist) for entry in shortlist.explored],
            thanks=ARXIV_THANKS,
            **extra,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("triage"),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["markdown"] = escape_markdown
    return environment


def _to_place(entry: Entry, shortlist: Shortlist) -> dict[str, Any]:
    return {
        "rank": entry.rank,
        "arxiv_id": entry.arxiv_id,
        "url": f"https://arxiv.org/abs/{entry.arxiv_id}",
        "title": clean_text(read_latex(entry.title)),
        "takeaway": entry.takeaway,
        "takeaway_by": entry.takeaway_model,
        "takeaways": entry.takeaways,
        "is_unjudged": shortlist.is_judged and entry.judgement != "judged",
        "reasons": entry.reasons,
        "score": f"{entry.score:.2f}",
        "percent": round(entry.score * 100),
        "is_withdrawn": entry.is_withdrawn,
        "is_revised": entry.is_revised,
        "newest": entry.newest,
    }


def _summarise(shortlist: Shortlist, title: str) -> str:
    chosen, considered = len(shortlist.ranked), shortlist.considered
    return f"{title}: {chosen} of the {considered:,} papers first listed on arXiv in week {shortlist.week}."


def _name_days(week: str) -> str:
    """The listing days, such as "Monday 11 May to Friday 15 May 2026"."""
    days = parse_week(week).listing_days
    first, last = days[0], days[-1]
    year = f" {first.year}" if first.year != last.year else ""
    return f"Monday {first.day} {first:%B}{year} to Friday {last.day} {last:%B} {last.year}"
