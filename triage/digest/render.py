"""A digest as a mail's subject, text and HTML, and as Markdown; whatever papers hold stays text."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, TypeAlias

import yaml
from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from msgspec.structs import replace
from rich.cells import cell_len

from triage.core.week import parse_week
from triage.digest.records import Digest, DigestTopic, Links, Overview, RenderedDigest
from triage.digest.view import view_digest
from triage.digest.words import open_words
from triage.errors import InputError
from triage.pipeline.render import escape_markdown

MOST_BYTES: Final = 90_000
"""Of the HTML: Gmail cuts a mail at about 102 KB."""
_COLUMNS: Final = 76
# A piece that stays together: a wide character with what may not begin a line after it, or anything up to a space.
_WIDE: Final = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_CLOSING: Final = "\u3001\u3002\u300b\u300d\u300f\u3011\u2019\u201d\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f"
_PIECE: Final = re.compile(rf"[{_WIDE}][{_CLOSING}]*|[^\s{_WIDE}]+")

_Drawn: TypeAlias = tuple[dict[str, Any], str]  # what is shown, and its HTML


def name_subject(digest: Digest) -> str:
    """Our own words, the week and its days; nothing from papers."""
    return open_words(digest.language).name_subject(digest.week)


def render_digest(digest: Digest, links: Links) -> RenderedDigest:
    """The same papers as text and HTML, in the same order: those that fit into `MOST_BYTES` of HTML.

    Text in lines of 76 columns, every link whole at the end of its line; HTML without script, form, picture or anything
    remote, styles inlined.
    Papers go from the end of the longest list, with a link to the rest. Raises `InputError` for a language without
    words and for more topics than fit at all.
    """
    view, html = _fit(digest, links)
    return RenderedDigest(view["subject"], _fill("digest.txt.j2", view), html)


def render_markdown(digest: Digest, links: Links) -> str:
    """Markdown with YAML front matter, as a static blog takes it; all of it, without personal links."""
    view = view_digest(digest, replace(links, key=None))
    front = {
        "title": view["subject"],
        "date": parse_week(digest.week).listing_days[-1],
        "slug": f"digest-{digest.week}",
        "summary": view["preheader"],
        "tags": [*(topic.name for topic in digest.topics), "arxiv", "digest"],
        "category": "Digests",
    }
    view["front_matter"] = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1_000)
    return _fill("digest.md.j2", view)


def _fit(digest: Digest, links: Links) -> _Drawn:
    """What is shown of the digest, with as many papers as fit, and its HTML."""
    for draft in (digest, _strip(digest)):
        drawn = _draw(draft, links)
        if _is_small(drawn):
            return drawn
        drawn = _fill_up(draft, links)
        if _is_small(drawn):
            return drawn
    raise InputError(f"{len(digest.topics)} topics are too many for one mail: subscribe to fewer.")


def _fill_up(digest: Digest, links: Links) -> _Drawn:
    """With the most papers that fit; without any where even that is too much."""
    best = _draw(_keep(digest, 0), links)
    fitting, too_many = 0, sum(len(topic.papers) for topic in digest.topics)
    while too_many - fitting > 1:
        count = (fitting + too_many) // 2
        drawn = _draw(_keep(digest, count), links)
        if _is_small(drawn):
            best, fitting = drawn, count
        else:
            too_many = count
    return best


def _is_small(drawn: _Drawn) -> bool:
    return len(drawn[1].encode()) < MOST_BYTES


def _keep(digest: Digest, count: int) -> Digest:
    """So many papers: those at the end of the longest list go first, of equal lists that of the last topic."""
    sizes = [len(topic.papers) for topic in digest.topics]
    for _ in range(sum(sizes) - count):
        longest = max(sizes)
        sizes[len(sizes) - 1 - sizes[::-1].index(longest)] -= 1
    return replace(digest, topics=tuple(map(_cut, digest.topics, sizes)))


def _cut(topic: DigestTopic, size: int) -> DigestTopic:
    shown = replace(topic, papers=topic.papers[:size], left_out=topic.left_out + len(topic.papers[size:]))
    return replace(shown, unjudged=_count_unjudged(shown))


def _strip(digest: Digest) -> Digest:
    """Without overviews and exploration: what is left when those alone are too much."""
    bare = [replace(topic, overview=Overview(), exploration=()) for topic in digest.topics]
    return replace(digest, topics=tuple(replace(topic, unjudged=_count_unjudged(topic)) for topic in bare))


def _count_unjudged(topic: DigestTopic) -> int:
    return sum(paper.is_unjudged for paper in (*topic.papers, *topic.exploration))


def _draw(digest: Digest, links: Links) -> _Drawn:
    view = view_digest(digest, links)
    return view, _inliner().inline(_fill("digest.html.j2", view))


def _fill(template: str, view: dict[str, Any]) -> str:
    return _environment(view["words"].language).get_template(template).render(view)


@cache
def _inliner() -> CSSInliner:
    """Puts styles onto elements; the one sheet that is left, marked so, holds what depends on screen and scheme."""
    return CSSInliner(load_remote_stylesheets=False, minify_css=True)


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("triage"),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    install: Any = environment
    install.install_gettext_translations(open_words(language).catalog, newstyle=True)
    environment.filters["markdown"] = escape_markdown
    environment.filters["wrap"] = wrap_columns
    return environment


def wrap_columns(text: str, indent: int = 0, first: str | None = None) -> str:
    """Lines of at most 76 columns, indented; the first by `first` instead. A wide character takes two columns."""
    return "\n".join(_wrap(text, " " * indent if first is None else first, " " * indent))


def _wrap(text: str, start: str, indent: str) -> Iterator[str]:
    line, used = start, len(start)
    is_empty = True
    end = 0
    for match in _PIECE.finditer(text):
        gap = " " if match.start() > end and not is_empty else ""
        end = match.end()
        width = len(match[0]) if match[0].isascii() else cell_len(match[0])
        if not is_empty and used + len(gap) + width > _COLUMNS:
            yield line
            line, used, gap = indent, len(indent), ""
        line += gap + match[0]
        used += len(gap) + width
        is_empty = False
    yield line
