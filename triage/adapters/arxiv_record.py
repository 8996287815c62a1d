"""From the `arxiv` package's `Result` to a `Paper`."""

import re
from datetime import UTC

import arxiv

from triage.core.paper import Paper, clean_text, parse_arxiv_id
from triage.core.withdrawal import says_withdrawn

# arXiv's own categories start in lower case (cs.IR, hep-th); ACM and MSC classes do not (H.3.3, 68T05).
CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2,}(?:-[a-z]+)?)?")


def to_paper(result: arxiv.Result, source: str) -> Paper:
    """Normalise a result; raise `ValueError` where its id is none."""
    identifier = parse_arxiv_id(result.entry_id)
    abstract = clean_text(result.summary)
    comment = _clean_or_none(result.comment)
    return Paper(
        arxiv_id=identifier.id,
        version=identifier.version,
        title=clean_text(result.title),
        abstract=abstract,
        authors=tuple(name for author in result.authors if (name := clean_text(author.name))),
        categories=tuple(dict.fromkeys(term for term in result.categories if CATEGORY.fullmatch(term))),
        primary_category=result.primary_category or None,
        published=result.published.astimezone(UTC),
        updated=result.updated.astimezone(UTC),
        comment=comment,
        doi=_clean_or_none(result.doi),
        journal_ref=_clean_or_none(result.journal_ref),
        is_withdrawn=says_withdrawn(comment, abstract),
        source=source,
    )


def _clean_or_none(text: str | None) -> str | None:
    return clean_text(text or "") or None
