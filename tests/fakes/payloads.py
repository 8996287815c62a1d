"""Texts that would be active content somewhere if they were not kept text, and what finds active content."""

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

import html5lib

from triage.core.paper import Paper

PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script src=//evil.example/x.js></script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)' x='",
    "<svg/onload=alert(1)>",
    "<style>*{background:url(//evil.example)}</style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    '<a href="javascript:alert(1)">x</a>',
    "javascript:alert(1)",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "]]><script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>",
    "<!--<script>-->alert(1)<!--</script>-->",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{ 7 * 191 }}{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}${7*191}<%= 7*191 %>",
    "'; DROP TABLE papers; --",
    '" OR ""="',
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    "title\r\nSet-Cookie: a=b",
    "} , @article{evil, title={x}} \\input{/etc/passwd} \\write18{id}",
    "TY  - JOUR\nER  - \nTY  - BOOK",
    "../../../etc/passwd",
    "[x](javascript:alert(1)) ![x](//evil.example/x.png)",
    "$\\href{javascript:alert(1)}{x}$ \\url{javascript:alert(1)}",
    "<hx-get hx-get='/tokens' hx-trigger='load'></hx-get>",
    "<div hx-post='/sign-out' hx-trigger='load' data-hx-on='x'>",
)


def make_hostile_papers(monday: date) -> list[Paper]:
    """One paper per payload, first listed that day, with it in every field that arXiv hands on, and fit for a list."""
    return [
        Paper(
            arxiv_id=f"2605.{80_000 + number:05d}",
            version=1,
            title=f"{payload} Semantic IDs for Generative Recommendation {number}",
            abstract=(
                f"{payload} We propose generative recommendation with semantic IDs {number}, and evaluate LLM agents "
                f"on a benchmark. It improves recall by 1{number}.5% {payload} over the baseline. {payload}"
            ),
            authors=(f"{payload}", "Ada Example"),
            categories=("cs.IR",),
            primary_category="cs.IR",
            announced=monday,
            comment=payload,
            doi=payload,
            journal_ref=payload,
            source="tests",
        )
        for number, payload in enumerate(PAYLOADS)
    ]


def find_active(page: str) -> Iterator[str]:
    """Everything in a page, as a browser's parser reads it, that could run or load what is not ours."""
    tree: Element = html5lib.parse(page, namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        name = element.tag.rpartition("}")[2].lower()
        if name == "script" and (not element.get("src", "").startswith("/static/") or (element.text or "").strip()):
            yield f"script {element.attrib} {element.text!r}"
        if name in {"iframe", "object", "embed", "style", "base", "applet", "frame", "foreignobject", "animate"}:
            yield f"element {name}"
        if name == "img" and not element.get("src", "").startswith(("/static/", "data:image/")):
            yield f"img {element.attrib}"
        yield from _find_active_attributes(name, element)


def _find_active_attributes(name: str, element: Element) -> Iterator[str]:
    for key, value in element.attrib.items():
        bare = str(key).rpartition("}")[2].lower()
        address = "".join(value.split()).lower()
        if bare.startswith(("on", "hx-on")) or bare in {"style", "srcdoc", "data-hx-on"}:
            yield f"{name} {bare}={value!r}"
        if bare in {"href", "src", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-delete", "data"}:
            is_local = address.startswith(("/", "#", "?")) and not address.startswith("//")
            is_arxiv = address.startswith(("https://arxiv.org/", "https://doi.org/", "https://info.arxiv.org/"))
            if address and not is_local and not is_arxiv and not (bare == "src" and address.startswith("data:image/")):
                yield f"{name} {bare}={value!r}"
