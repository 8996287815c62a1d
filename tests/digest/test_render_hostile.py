"""Whatever papers, models and rubrics hold, a digest is text and our own links, and nothing that runs or loads."""

import re
from urllib.parse import urlsplit

import pytest
from fakes.digest_case import (
    HOST,
    LINKS,
    list_html_papers,
    list_shape,
    list_text_papers,
    make_digest,
    make_paper,
    make_topic,
    read_html,
    read_words,
)
from fakes.payloads import PAYLOADS
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from triage.core.paper import clean_text
from triage.digest.records import PLACEHOLDER, Digest, Overview, Sentence, Theme
from triage.digest.render import MOST_BYTES, render_digest, render_markdown

OTHERS = (
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe\N{ZERO WIDTH SPACE}\x00\x1b[31m",
    "نظام توصية توليدي",
    r"$\mathcal{O}(n^2)$ \textbf{bold} % comment",
    "line\none\u2028two\x0bthree\x85four",
    "%(count)s %s %d 100%",
    "</style></title></textarea><b>",
    "<![endif]--><script>alert(1)</script><!--[if mso]>",
    "url(//evil.example/x) @import 'x'; expression(alert(1))",
)
HOSTILE = (*PAYLOADS, *OTHERS)
_FORBIDDEN = frozenset({"script", "img", "iframe", "object", "embed", "form", "input", "button", "link", "base", "svg"})
ANYTHING = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=80), st.text(alphabet="<>&\"'{}%()[]*_#-=/ ab\n", max_size=60)
)


def make_hostile(text: str) -> Digest:
    """The text in every field that is not ours."""
    paper = make_paper(title=text, takeaway=text, takeaway_by=text, reasons=(text, f"flagged: {text}"))
    overview = Overview((Theme(text, 3, 1, (1,)),), (Sentence(text, (1,)),), text)
    topic = make_topic(paper, exploration=(paper,), title=text, overview=overview)
    return make_digest(topic, notice=text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_html(text: str) -> None:
    """The page has the elements, attributes and links of a harmless one, and shows the text itself."""
    page = render_digest(make_hostile(text), LINKS).html
    assert list_shape(page) == list_shape(render_digest(make_hostile("harmless"), LINKS).html)
    assert_inert(page)
    assert clean_text(text) in read_words(page)


@given(ANYTHING.filter(lambda text: bool(clean_text(text))))
@settings(max_examples=60, deadline=None)
def test_any_text_stays_text_in_html(text: str) -> None:
    """The same, for texts that nobody thought of."""
    rendered = render_digest(make_hostile(text), LINKS)
    assert_inert(rendered.html)
    assert clean_text(text) in read_words(rendered.html)
    assert list_text_papers(rendered) == list_html_papers(rendered) == ["2607.00001", "2607.00001"]
    assert len(rendered.html.encode()) < MOST_BYTES


def assert_inert(page: str) -> None:
    """Nothing runs, nothing is loaded, and every link leads to arXiv or to us."""
    for element in read_html(page).iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag not in _FORBIDDEN
        assert not [name for name in element.attrib if str(name).startswith("on") or name in {"src", "background"}]
        assert not re.search(r"url\(|@import|expression\(", element.get("style", ""))
        if element.tag == "style":
            assert not re.search(r"url\(|@import", element.text or "")
        if "href" in element.attrib:
            address = urlsplit(element.get("href", ""))
            assert (address.scheme, address.netloc) in {("https", "arxiv.org"), ("https", urlsplit(HOST).netloc)}


@given(ANYTHING)
@settings(max_examples=60, deadline=None)
def test_any_text_stays_one_line_in_text(text: str) -> None:
    """A text adds no line of its own making: each is a wrapped piece of it, and our links stay whole."""
    rendered = render_digest(make_hostile(text), LINKS)
    flat = " ".join(rendered.text.split())
    assert flat.count(clean_text(text)) >= 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", rendered.text)
    assert list_text_papers(rendered) == ["2607.00001", "2607.00001"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_markdown(text: str) -> None:
    """A CommonMark reader finds our links and headings, and nothing that the text brought."""
    links = {token.attrs["href"] for token in read_markdown(render_markdown(make_hostile(text), LINKS)) if token.attrs}
    wanted = {token.attrs["href"] for token in read_markdown(render_markdown(make_hostile("x"), LINKS)) if token.attrs}
    assert links == wanted
    kinds = [token.type for token in read_markdown(render_markdown(make_hostile(text), LINKS))]
    assert not {"html_block", "html_inline", "image", "code_block", "fence", "code_inline"} & set(kinds)
    assert "/mail/" not in render_markdown(make_hostile(text), LINKS)


def read_markdown(markdown: str) -> list[Token]:
    """Every token below the front matter, as a CommonMark reader with tables finds them."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    body = markdown.split("\n---\n", 1)[1]
    return [child for token in reader.parse(body) for child in [token, *(token.children or [])]]


def test_no_paper_gets_a_readers_key() -> None:
    """A text that writes the placeholder where a key goes later does not take part in that."""
    lure = f"https://evil.example/{PLACEHOLDER}?{PLACEHOLDER * 3}"
    rendered, harmless = (render_digest(make_hostile(text), LINKS) for text in (lure, "harmless"))
    assert rendered.text.count(PLACEHOLDER) == harmless.text.count(PLACEHOLDER)
    assert rendered.html.count(PLACEHOLDER) == harmless.html.count(PLACEHOLDER)


def test_addresses_of_papers_are_quoted() -> None:
    """An old identifier has a slash, and a topic's name may hold anything: both parts agree on where they lead."""
    paper = make_paper(arxiv_id="cs/0112017")
    topic = replace(make_topic(paper), name="a&b c")
    rendered = render_digest(make_digest(topic), LINKS)
    assert list_text_papers(rendered) == list_html_papers(rendered) == ["cs/0112017"]
    assert "topic=a%26b+c&paper=cs%2F0112017&value=1" in rendered.text
