"""Made-up digests, and what a mail program reads in a rendered one."""

import re
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from msgspec.structs import replace

from triage.digest.records import (
    PLACEHOLDER,
    Digest,
    DigestPaper,
    DigestTopic,
    LedgerLine,
    Links,
    Overview,
    RenderedDigest,
    Theme,
)

HOST = "https://triage.example.org"
LINKS = Links(HOST, PLACEHOLDER)
PREVIEW = Links(HOST)
ADDRESS = re.compile(r"https?://\S+")


def make_paper(rank: int = 1, **changes: Any) -> DigestPaper:
    """A place with everything that is common."""
    paper = DigestPaper(
        rank=rank,
        arxiv_id=f"2607.{rank:05d}",
        title=f"Semantic IDs, Part {rank}: Generative Recommendation at the Scale of a Large Shop",
        takeaway="It raises recall by 4.2% over the strongest baseline in an online A/B test of two weeks.",
        takeaway_by=None,
        takeaway_language="en",
        reasons=("says “semantic IDs”, “generative recommendation”", "A/B test in the abstract"),
        score=0.7,
        is_unjudged=False,
        is_withdrawn=False,
        newest=None,
    )
    return replace(paper, **changes)


def make_topic(*papers: DigestPaper, **changes: Any) -> DigestTopic:
    """A published list with one theme, which the first paper is behind."""
    topic = DigestTopic(
        name="generative-recommendation",
        title="Generative recommendation",
        considered=1957,
        papers=papers,
        exploration=(),
        overview=Overview((Theme("sparse attention", 9, 6, (1,)),)) if papers else Overview(),
        is_judged=False,
        unjudged=0,
        left_out=0,
        is_draft=False,
    )
    return replace(topic, **changes)


def make_other(*papers: DigestPaper, **changes: Any) -> DigestTopic:
    """A second topic; its papers get ids of their own."""
    own = tuple(replace(paper, arxiv_id=paper.arxiv_id.replace("2607", "2606")) for paper in papers)
    return make_topic(*own, **{"name": "agent-evaluation", "title": "Agent evaluation"} | changes)


def make_digest(*topics: DigestTopic, **changes: Any) -> Digest:
    """Of the last week of July, with nothing missing."""
    digest = Digest(
        week="2026-W31", language="en", topics=topics, ledger=LedgerLine(2039, 2039, 2039, 0, 0, is_checked=True)
    )
    return replace(digest, **changes)


def make_many(count: int, **changes: Any) -> tuple[DigestPaper, ...]:
    """So many places, ranked from 1."""
    return tuple(make_paper(rank, **changes) for rank in range(1, count + 1))


def list_text_papers(rendered: RenderedDigest) -> list[str]:
    """Ids in the order of the text part."""
    return re.findall(r"^ +https://arxiv\.org/abs/(\S+)$", rendered.text, re.MULTILINE)


def list_html_papers(rendered: RenderedDigest) -> list[str]:
    """Ids in the order of the HTML part."""
    links = (link.get("href", "") for link in read_html(rendered.html).iter("a"))
    return [link.removeprefix("https://arxiv.org/abs/") for link in links if link.startswith("https://arxiv.org/abs/")]


def read_html(html: str) -> Element:
    """The tree that a browser builds."""
    tree: Element = html5lib.parse(html, namespaceHTMLElements=False)
    return tree


def read_words(html: str) -> str:
    """All text that a page shows, on one line, without the hidden first one that lists of mails show."""
    body = read_html(html).find("body")
    assert body is not None
    return " ".join("".join(part for element in body[1:] for part in element.itertext()).split())


def list_shape(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes: what hostile text must not change."""
    return [
        (element.tag, tuple(sorted(map(str, element.attrib))))
        for element in read_html(html).iter()
        if isinstance(element.tag, str)  # type: ignore[redundant-expr] # html5lib: a comment's is a function
    ]


def flatten(text: str) -> str:
    """On one line."""
    return " ".join(text.split())
