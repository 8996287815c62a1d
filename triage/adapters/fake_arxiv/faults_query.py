"""What can go wrong with a page of the query API: it lies about itself, or holds an entry that is no usable paper."""

import re
from collections.abc import Callable

from triage.adapters.fake_arxiv.answer import Alteration, Answer, edit, put, replay, swap

_ENTRY = re.compile(rb"  <entry>.*?</entry>\n", re.DOTALL)
_TOTAL = re.compile(rb"(<opensearch:totalResults>)(\d+)(</opensearch:totalResults>)")
_START = re.compile(rb"(<opensearch:startIndex>)(\d+)(</opensearch:startIndex>)")
_ERROR_FEED = b"""<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns="http://www.w3.org/2005/Atom">
<opensearch:totalResults>1</opensearch:totalResults><opensearch:startIndex>0</opensearch:startIndex>
<entry><id>https://arxiv.org/api/errors#query</id><title>Error</title><summary>malformed query</summary></entry>
</feed>"""


def _claim(pattern: re.Pattern[bytes], number: Callable[[int, int], int]) -> Alteration:
    """Change a count; `number` gets the true one and the count of entries."""

    def claim(body: bytes) -> bytes:
        entries = len(_ENTRY.findall(body))
        return pattern.sub(lambda match: b"%b%d%b" % (match[1], number(int(match[2]), entries), match[3]), body)

    return edit(claim)


def _claim_end(answer: Answer) -> None:
    """Say that this page is the last one."""
    match = _START.search(answer.body)
    start = int(match[2]) if match else 0
    _claim(_TOTAL, lambda _total, entries: start + entries)(answer)


def _blank(answer: Answer) -> None:
    answer.body = _ENTRY.sub(b"", answer.body)


def _blank_zero(answer: Answer) -> None:
    _blank(answer)
    _claim(_TOTAL, lambda _total, _entries: 0)(answer)


def _repeat_entry(body: bytes) -> bytes:
    entries = _ENTRY.findall(body)
    return body.replace(entries[-1], entries[0]) if len(entries) > 1 else body + b"<"


QUERY_RECORD: dict[str, Alteration] = {  # an entry that is no usable paper: the others must still come
    "bad_date": swap("<published>[^<]*", "<published>last Tuesday"),
    "year_one": swap("<updated>[^<]*(</updated><summary>)", r"<updated>0001-01-01T00:00:00+14:00\1"),
    "no_published": swap("<published>[^<]*</published>", ""),
    "no_title": swap("(<entry><id>[^<]*</id><title>)[^<]*", r"\1 "),
    "no_abstract": swap("<summary>[^<]*</summary>", ""),
    "bad_id": swap("<entry><id>[^<]*", "<entry><id>http://arxiv.org/abs/2604"),
    "no_id": swap("<entry><id>[^<]*</id>", "<entry>"),
}
QUERY: dict[str, Alteration] = {
    "error_entry": put(_ERROR_FEED),
    "foreign_root": swap("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"),
    "blank": _blank,
    "blank_zero": _blank_zero,
    "no_total": swap("<opensearch:totalResults>.*</opensearch:totalResults>", ""),
    "total_no_number": swap("(<opensearch:totalResults>)", r"\1many"),
    "total_ends_here": _claim_end,
    "total_grown": _claim(_TOTAL, lambda total, _entries: total + 7),
    "wrong_start": _claim(_START, lambda start, _entries: start + 1),
    "short_page": edit(lambda body: _ENTRY.sub(b"", body, count=1)),
    "entry_twice": edit(_repeat_entry),
    "shifted_page": replay(1),
    "page_before": replay(-2),
    **QUERY_RECORD,
}
