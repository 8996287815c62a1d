"""From an `arXivRaw` element to a `Paper`: the one OAI-PMH format with versions and their dates.

Its template is public: github.com/arXiv/oaipmh, `templates/record_formats.xml`.
"""

import itertools
from xml.etree import ElementTree as ET

import msgspec

from triage.adapters.arxiv_record import CATEGORY
from triage.core.arxiv_json import read_version
from triage.core.authors import split_authors
from triage.core.paper import Paper, PaperVersion, clean_text, parse_arxiv_id
from triage.core.withdrawal import says_withdrawn

SOURCE = "arxiv-oai"
FORMAT = "arXivRaw"
_RAW = "{http://arxiv.org/OAI/arXivRaw/}"
_WITHDRAWN = "I"  # the source type of a version without files; other letters may stand beside it


def to_paper(metadata: ET.Element) -> Paper:
    """The paper of a record's `<metadata>`; raise `ValueError`, a sentence that says what is missing or wrong."""
    raw = metadata.find(f"{_RAW}{FORMAT}")
    if raw is None:
        raise ValueError(f"expected <{FORMAT}> in <metadata>")
    versions = _read_versions(raw)
    title, abstract, comment = _read(raw, "title"), _read(raw, "abstract"), _read(raw, "comments") or None
    categories = _read_categories(raw)
    if not title or not abstract:
        raise ValueError(f"<{'abstract' if title else 'title'}> is empty or missing")
    return Paper(
        arxiv_id=parse_arxiv_id(_read(raw, "id")).id,
        version=versions[-1].version,
        title=title,
        abstract=abstract,
        authors=split_authors(_read(raw, "authors")),
        categories=categories,
        primary_category=categories[0],
        published=versions[0].submitted,
        updated=versions[-1].submitted,
        comment=comment,
        doi=_read(raw, "doi") or None,
        journal_ref=_read(raw, "journal-ref") or None,
        is_withdrawn=versions[-1].is_withdrawn or says_withdrawn(comment, abstract),
        source=SOURCE,
        versions=versions,
    )


def _read_versions(raw: ET.Element) -> tuple[PaperVersion, ...]:
    versions = tuple(map(_read_version, raw.iterfind(f"{_RAW}version")))
    if not versions or versions[0].version != 1:
        raise ValueError("<version>: expected v1 first")
    if any(early.version >= late.version for early, late in itertools.pairwise(versions)):
        raise ValueError("<version>: expected each version once, in ascending order")
    return versions


def _read_version(element: ET.Element) -> PaperVersion:
    version = read_version(element.get("version", ""), element.findtext(f"{_RAW}date", ""))
    return msgspec.structs.replace(version, is_withdrawn=_WITHDRAWN in element.findtext(f"{_RAW}source_type", ""))


def _read_categories(raw: ET.Element) -> tuple[str, ...]:
    """In arXiv's order, the primary first."""
    categories = tuple(dict.fromkeys(filter(CATEGORY.fullmatch, _read(raw, "categories").split())))
    if not categories:
        raise ValueError("<categories>: expected at least one, such as cs.IR")
    return categories


def _read(raw: ET.Element, name: str) -> str:
    """A field's text; an element within it is markup that lost its escape, and its text is part of the field."""
    element = raw.find(f"{_RAW}{name}")
    return "" if element is None else clean_text("".join(element.itertext()))
