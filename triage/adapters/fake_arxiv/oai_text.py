"""The XML of arXiv's OAI-PMH answers: https://www.openarchives.org/OAI/2.0/ around http://arxiv.org/OAI/arXivRaw/."""

import functools
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from triage.adapters.fake_arxiv.archive import Deposit
from triage.adapters.fake_arxiv.sets import spec_of
from triage.core.paper import Paper

_SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
_ROOT = f"""<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="{_SCHEMA}" \
xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">
"""
_RAW = f"""<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/" xmlns:xsi="{_SCHEMA}" \
xsi:schemaLocation="http://arxiv.org/OAI/arXivRaw/ http://arxiv.org/OAI/arXivRaw.xsd">"""
_LICENSE = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
IDENTIFY = """<Identify><repositoryName>arXiv</repositoryName><baseURL>{url}</baseURL>\
<protocolVersion>2.0</protocolVersion><adminEmail>nobody@example.org</adminEmail>\
<earliestDatestamp>{earliest}</earliestDatestamp><deletedRecord>persistent</deletedRecord>\
<granularity>YYYY-MM-DD</granularity></Identify>"""


def wrap(response_date: str, attributes: str, url: str, text: str) -> bytes:
    """A whole answer around its list or error."""
    head = f"<responseDate>{response_date}</responseDate>\n<request{attributes}>{escape(url)}</request>\n"
    return f"{_ROOT}{head}{text}\n</OAI-PMH>\n".encode(errors="surrogatepass")


@functools.lru_cache(maxsize=16_384)
def render_header(deposit: Deposit) -> str:
    """What ListIdentifiers shows of a record."""
    paper = deposit.paper
    specs = "".join(f"<setSpec>{spec}</setSpec>" for name in paper.categories if (spec := spec_of(name)))
    return (
        f"<header><identifier>oai:arXiv.org:{paper.arxiv_id}</identifier>"
        f"<datestamp>{deposit.datestamp}</datestamp>{specs}</header>\n"
    )


@functools.lru_cache(maxsize=16_384)
def render_record(deposit: Deposit) -> str:
    """A record as ListRecords shows it: the newest text, all versions."""
    paper = deposit.paper
    versions = "".join(
        f'<version version="v{one.version}"><date>{_write_time(one.submitted)}</date><size>{one.version * 12}kb</size>'
        f"<source_type>{'I' if one.version in deposit.withdrawn else 'D'}</source_type></version>"
        for one in paper.versions
    )
    return (
        f"<record>{render_header(deposit).rstrip()}<metadata>{_RAW}<id>{paper.arxiv_id}</id>"
        f"<submitter>{escape(paper.authors[0] if paper.authors else 'Nobody')}</submitter>{versions}"
        f"{_write_fields(paper)}</arXivRaw></metadata></record>\n"
    )


def _write_fields(paper: Paper) -> str:
    """In the server's order; the primary category comes first."""
    listed = [name for name in paper.categories if spec_of(name)]
    fields = {
        "title": paper.title,
        "authors": ", ".join(paper.authors),
        "categories": " ".join(sorted(listed, key=lambda name: name != paper.primary_category)),
        "comments": paper.comment,
        "journal-ref": paper.journal_ref,
        "doi": paper.doi,
        "license": _LICENSE,
        "abstract": f"  {paper.abstract}\n" if paper.abstract else None,
    }
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items() if text is not None)


def _write_time(moment: datetime | None) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True) if moment else ""
