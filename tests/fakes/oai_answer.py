"""Records and whole OAI-PMH answers as the templates of arXiv's server write them, for tests of the reader alone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from triage.core.paper import Paper, PaperVersion
from triage.ports import Record

NOW = datetime(2026, 8, 21, 2, 31, 7, tzinfo=UTC)
DAY = date(2026, 8, 20)


def make_record(number: int, day: date = DAY) -> Record:
    """A paper of two versions."""
    first = datetime(2026, 8, 18, 9, 0, number % 60, tzinfo=UTC)
    versions = (PaperVersion(1, first), PaperVersion(2, first + timedelta(days=1)))
    paper = Paper(
        arxiv_id=f"2608.{number:05}",
        version=2,
        title=f"Paper {number} on x < y",
        abstract="We rank & judge.",
        authors=("A. Erd\\H{o}s", "B. Other"),
        categories=("cs.IR", "cs.CL", "math-ph"),
        primary_category="cs.IR",
        published=versions[0].submitted,
        updated=versions[1].submitted,
        comment="9 pages",
        doi="10.1000/1",
        journal_ref="J. 1 (2026)",
        source="arxiv-oai",
        versions=versions,
    )
    return Record(paper, day)


def render_header(record: Record) -> str:
    """As the server's template writes it."""
    groups = {"cs": "cs:", "math-ph": "physics:"}
    specs = (f"{groups[name.split('.')[0]]}{name.replace('.', ':')}" for name in record.paper.categories)
    sets = "".join(f"<setSpec>{spec}</setSpec>" for spec in specs)
    return (
        f"<header><identifier>oai:arXiv.org:{record.paper.arxiv_id}</identifier>"
        f"<datestamp>{record.datestamp}</datestamp>{sets}</header>\n"
    )


def render_record(record: Record) -> str:
    """As the server's template writes it."""
    paper = record.paper
    versions = "".join(
        f'<version version="v{one.version}"><date>{format_datetime(one.submitted or NOW, usegmt=True)}</date>'
        f"<size>12kb</size>{'<source_type>AI</source_type>' if one.is_withdrawn else ''}</version>"
        for one in paper.versions
    )
    fields = {
        "title": paper.title,
        "authors": ", ".join(paper.authors),
        "categories": " ".join(paper.categories),
        "comments": paper.comment,
        "msc-class": "68T05",
        "journal-ref": paper.journal_ref,
        "doi": paper.doi,
        "abstract": paper.abstract,
    }
    lines = "".join(f"<{name}>{escape(text)}</{name}>\n" for name, text in fields.items() if text)
    return (
        f"<record>{render_header(record)}<metadata><arXivRaw xmlns='http://arxiv.org/OAI/arXivRaw/'>"
        f"<id>{paper.arxiv_id}</id><submitter>S</submitter>{versions}{lines}</arXivRaw></metadata></record>\n"
    )


def render(
    inner: str, request: str = '<request verb="ListRecords" set="cs">http://arxiv.example/oai</request>'
) -> bytes:
    """A whole answer."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{NOW:%Y-%m-%dT%H:%M:%SZ}</responseDate>{request}{inner}</OAI-PMH>"
    ).encode()


def render_page(records: Sequence[Record], token: str = "") -> bytes:
    """An answer to ListRecords."""
    return render(f"<ListRecords>{''.join(map(render_record, records))}{token}</ListRecords>")
