"""What can go wrong with a page of an OAI-PMH list: its token, its place, its count, its envelope, a record of it."""

import re
from collections.abc import Callable

from triage.adapters.fake_arxiv.answer import Alteration, Answer, edit, replay, swap

_UNIT = re.compile(rb"<record>.*?</record>\n|<header>.*?</header>\n", re.DOTALL)
_NEXT = r"<resumptionToken[^/>]*>[^<]+</resumptionToken>"
_LIST = re.compile(rb"<(ListRecords|ListIdentifiers|GetRecord)>.*</\1>", re.DOTALL)
_SKIP = re.compile(rb"(<resumptionToken[^/>]*>[^<]*skip%3D)(\d+)")
_AGAIN = 2500  # rows back: the page before, on arXiv; on shorter pages the first one
_FURTHER = 3


def _keep(choose: Callable[[list[bytes]], list[bytes]]) -> Alteration:
    """Show other records in the place of the true ones."""

    def alter(body: bytes) -> bytes:
        units = _UNIT.findall(body)
        first, last = (body.find(units[0]), body.rfind(units[-1]) + len(units[-1])) if units else (0, 0)
        return body[:first] + b"".join(choose(units)) + body[last:]

    return edit(alter)


def _say_error(code: str) -> Alteration:
    """An error document in place of the list."""
    error = f"<error code='{code}'>{code}</error>".encode()
    return edit(lambda body: re.sub(rb"<request[^>]*>", b"<request>", _LIST.sub(error, body), count=1))


def _repeat_token(answer: Answer) -> None:
    answer.body = re.sub(rb"(<resumptionToken[^/>]*>)[^<]+", rb"\g<1>" + answer.token.encode(), answer.body)


OAI_RECORD: dict[str, Alteration] = {  # a record that is no usable paper: the others must still come
    "record_without_metadata": swap("<metadata>.*?</metadata>", ""),
    "record_deleted": swap("<header>(.*?</header>)<metadata>.*?</metadata>", r'<header status="deleted">\1'),
    "record_without_header": swap("(<record>)<header>.*?</header>", r"\1"),
    "record_bad_id": swap("(<arXivRaw[^>]*><id>)[^<]*", r"\g<1>2604"),
    "record_of_another_id": swap("(<arXivRaw[^>]*><id>)[^<]*", r"\g<1>2604.99999"),
    "record_bad_date": swap("<date>[^<]*", "<date>last Tuesday"),
    "record_year_one": swap("<date>[^<]*", "<date>Mon, 01 Jan 0001 00:00:00 +1400"),
    "record_without_title": swap("<title>[^<]*</title>", ""),
    "record_blank_title": swap("<title>[^<]*", "<title> "),
    "record_without_abstract": swap("<abstract>[^<]*</abstract>", ""),
    "record_without_categories": swap("<categories>[^<]*</categories>", ""),
    "record_without_version": swap("(?:<version .*?</version>)+", ""),
    "record_version_zero": swap('<version version="v[0-9]+', '<version version="v0'),
    "record_of_another_format": swap('http://arxiv.org/OAI/arXivRaw/"', 'http://arxiv.org/OAI/arXiv/"'),
}
OAI_HEADER: dict[str, Alteration] = {  # the same for a header, with or without its record
    "header_bad_id": swap("<identifier>[^<]*", "<identifier>oai:arXiv.org:2604"),
    "header_without_id": swap("<identifier>[^<]*</identifier>", ""),
    "header_bad_datestamp": swap("<datestamp>[^<]*", "<datestamp>2026-02-30"),
    "header_without_datestamp": swap("<datestamp>[^<]*</datestamp>", ""),
    "header_deleted": swap("<header>", '<header status="deleted">'),
}
OAI_LIST: dict[str, Alteration] = {  # a page that is not the next part of its list
    # the token
    "token_dropped": swap(_NEXT, ""),
    "token_emptied": swap(_NEXT, "<resumptionToken/>"),
    "token_repeated": _repeat_token,
    "token_garbled": swap(r"(<resumptionToken[^/>]*>)[^<]+", r"\1no%20token"),
    "token_further": edit(
        lambda body: _SKIP.sub(lambda match: b"%b%d" % (match[1], int(match[2]) + _FURTHER), body, count=1)
    ),
    # another page
    "page_shifted": replay(1),
    "page_shifted_back": replay(-1),
    "page_first_again": replay(-_AGAIN),
    # fewer or other records
    "records_missing": _keep(lambda units: units[: len(units) // 3] + units[len(units) // 3 + 1 :]),
    "records_halved": _keep(lambda units: units[: len(units) // 2]),
    "page_blank": _keep(lambda _units: []),
    "record_twice": _keep(lambda units: [*units, *units[:1]]),
    "records_reversed": _keep(lambda units: units[::-1]),
    "datestamp_before_from": swap("<datestamp>[^<]*", "<datestamp>2005-09-16"),
    "datestamp_in_future": swap("<datestamp>[^<]*", "<datestamp>2999-01-01"),
}
OAI_ENVELOPE: dict[str, Alteration] = {  # what stands around records
    "no_records_match": _say_error("noRecordsMatch"),
    "bad_resumption_token": _say_error("badResumptionToken"),
    "bad_argument": _say_error("badArgument"),
    "unknown_error": _say_error("serverTired"),
    "error_beside_list": swap("(</request>)", r'\1<error code="badArgument">and yet</error>'),
    "date_missing": swap("<responseDate>[^<]*</responseDate>", ""),
    "date_garbled": swap("<responseDate>[^<]*", "<responseDate>yesterday"),
    "date_in_future": swap("<responseDate>[^<]*", "<responseDate>2999-01-01T00:00:00Z"),
    "date_long_ago": swap("<responseDate>[^<]*", "<responseDate>1999-01-01T00:00:00Z"),
    "verb_wrong": swap("(</?)(?:ListRecords|ListIdentifiers|GetRecord)>", r"\1ListSets>", count=0),
    "list_missing": edit(lambda body: _LIST.sub(b"", body)),
    "list_twice": edit(lambda body: _LIST.sub(lambda match: match[0] * 2, body)),
    "namespace_foreign": swap('http://www.openarchives.org/OAI/2.0/"', 'http://www.openarchives.org/OAI/1.1/"'),
    "xml_cut": edit(lambda body: body[: len(body) * 2 // 3]),
}
OAI: dict[str, Alteration] = {**OAI_LIST, **OAI_ENVELOPE, **OAI_HEADER, **OAI_RECORD}
