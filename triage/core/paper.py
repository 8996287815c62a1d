"""A paper as arXiv describes it, its identifiers, and the hash that says whether its text changed."""

import hashlib
import re
import unicodedata
from datetime import date, datetime

import msgspec

# arXiv identifiers: YYMM.NNNN (0704 to 1412), YYMM.NNNNN (from 1501), archive[.CLASS]/YYMMNNN before.
_ARXIV_ID = re.compile(
    r"(?:arxiv:|oai:arxiv\.org:|https?://(?:export\.)?arxiv\.org/(?:abs|pdf)/)?"
    r"(?P<id>(?P<yymm>\d{2}(?:0[1-9]|1[0-2]))\.(?P<seq>\d{4,5})"
    r"|(?P<archive>[a-z]{1,8}(?:-[a-z]{2,4})?)(?:\.[A-Za-z-]{2,})?/(?P<old>\d{2}(?:0[1-9]|1[0-2])\d{3}))"
    r"(?:v(?P<version>[1-9]\d{0,3}))?(?:\.pdf)?",
    re.IGNORECASE | re.ASCII,
)
_NEW_SCHEME_SINCE = "0704"
_FIVE_DIGITS_SINCE = "1501"
# Surrogates, and control and format characters that are no white space (zero width, bidi marks and isolates, tags):
# abnormal in arXiv metadata, invisible to readers but not to a model, and partly refused by databases.
_UNWANTED = re.compile(
    r"[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


class ArxivId(msgspec.Struct, frozen=True, order=True):
    """An identifier in canonical form (no prefix, no class, no version) and the version it named, if any."""

    id: str
    version: int | None = None

    def __str__(self) -> str:
        return self.id if self.version is None else f"{self.id}v{self.version}"


class PaperVersion(msgspec.Struct, frozen=True):
    """One version of a paper; `submitted` is aware, UTC; a withdrawal is a version of its own."""

    version: int
    submitted: datetime | None = None
    is_withdrawn: bool = False


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """One arXiv paper, newest version known; text is NFC, whitespace collapsed, LaTeX kept; times are aware, UTC."""

    arxiv_id: str
    version: int | None = None
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    primary_category: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    announced: date | None = None
    comment: str | None = None
    doi: str | None = None
    journal_ref: str | None = None
    is_withdrawn: bool = False
    source: str = ""
    partial: tuple[str, ...] = ()
    versions: tuple[PaperVersion, ...] = ()


def parse_arxiv_id(text: str) -> ArxivId:
    """Read any accepted spelling of an identifier; raise `ValueError` that says what was expected."""
    match = _ARXIV_ID.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no arXiv id: expected YYMM.NNNNN or archive/YYMMNNN, such as 2604.02684")
    version = int(match["version"]) if match["version"] else None
    if match["old"]:
        return ArxivId(f"{match['archive'].lower()}/{match['old']}", version)
    if match["yymm"] < _NEW_SCHEME_SINCE:
        raise ValueError(f"{text!r} is no arXiv id: before April 2007 ids are written archive/YYMMNNN")
    wanted = 5 if match["yymm"] >= _FIVE_DIGITS_SINCE else 4
    if len(match["seq"]) != wanted:
        raise ValueError(f"{text!r} is no arXiv id: {match['yymm']} takes {wanted} digits after the point")
    return ArxivId(f"{match['yymm']}.{match['seq']}", version)


def clean_text(text: str) -> str:
    """Normalise to NFC, drop control, zero-width and surrogate characters, collapse white space; idempotent."""
    if not (text.isascii() and text.isprintable()):  # the common case has nothing to mend
        text = unicodedata.normalize("NFC", _UNWANTED.sub("", text))
    return " ".join(text.split())


def hash_content(title: str, abstract: str) -> str:
    """SHA-256 over what scores depend on: title and abstract, nothing about people or venues."""
    return hashlib.sha256(f"{title}\n{abstract}".encode()).hexdigest()
