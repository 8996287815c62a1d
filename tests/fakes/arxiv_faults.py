"""What can go wrong with one answer of arXiv: each fault alters the answer or the way it goes over the wire."""

import gzip
import re
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler

_ENTRY = re.compile(rb"  <entry>.*?</entry>\n", re.DOTALL)
_TOTAL = re.compile(rb"(<opensearch:totalResults>)(\d+)(</opensearch:totalResults>)")
_START = re.compile(rb"(<opensearch:startIndex>)(\d+)(</opensearch:startIndex>)")
_ERROR_FEED = b"""<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns="http://www.w3.org/2005/Atom">
<opensearch:totalResults>1</opensearch:totalResults><opensearch:startIndex>0</opensearch:startIndex>
<entry><id>https://arxiv.org/api/errors#query</id><title>Error</title><summary>malformed query</summary></entry>
</feed>"""
_LAUGHS = b"""<!DOCTYPE feed [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<feed xmlns="http://www.w3.org/2005/Atom"><title>&b;</title></feed>"""
_BOMB = gzip.compress(b" " * 8 * 2**20)
_DRIP = 0.02  # seconds between two bytes


def _send_head(handler: BaseHTTPRequestHandler, answer: "Answer", **more: str) -> None:
    if "Date" in answer.headers:
        handler.send_response_only(answer.status)
    else:
        handler.send_response(answer.status)
    for name, value in {**answer.headers, **{key.replace("_", "-"): value for key, value in more.items()}}.items():
        handler.send_header(name, value)
    handler.end_headers()


def _send_whole(handler: BaseHTTPRequestHandler, answer: "Answer") -> None:
    _send_head(handler, answer, Content_Length=str(len(answer.body)))
    handler.wfile.write(answer.body)


@dataclass
class Answer:
    """An answer before it is sent; `render(shift)` is the feed with entries from another place."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/atom+xml; charset=utf-8"})
    render: Callable[[int], bytes] = lambda _shift: b""
    send: "Callable[[BaseHTTPRequestHandler, Answer], None]" = _send_whole


def _send_cut(handler: BaseHTTPRequestHandler, answer: Answer, framing: str = "length") -> None:
    handler.close_connection = True
    length = len(answer.body)
    head = {"length": {"Content_Length": str(length)}, "chunked": {"Transfer_Encoding": "chunked"}, "none": {}}[framing]
    _send_head(handler, answer, **head)
    if framing == "chunked":
        handler.wfile.write(f"{length:x}\r\n".encode())
    handler.wfile.write(answer.body[: length // 2])


def _reset(handler: BaseHTTPRequestHandler, answer: Answer, *, after_half: bool = False) -> None:
    if after_half:
        _send_cut(handler, answer)
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def _say_nothing(handler: BaseHTTPRequestHandler, _answer: Answer) -> None:
    handler.close_connection = True
    handler.connection.recv(1)  # returns when the client hangs up


def _drip(handler: BaseHTTPRequestHandler, answer: Answer, *, in_head: bool = False, framing: str = "length") -> None:
    handler.close_connection = True
    if in_head:
        text = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 100_000
    else:
        _send_head(handler, answer, **({"Content_Length": str(len(answer.body))} if framing == "length" else {}))
        text = answer.body
    for place in range(len(text)):
        handler.wfile.write(text[place : place + 1])
        time.sleep(_DRIP)


def _send_without_end(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.close_connection = True
    _send_head(handler, answer)
    while True:
        handler.wfile.write(b" " * 65536)


def _set(answer: Answer, **values: object) -> None:
    for name, value in values.items():
        setattr(answer, name, value)


def _edit(answer: Answer, edit: Callable[[bytes], bytes]) -> None:
    answer.body = edit(answer.body)


def _swap(pattern: str, replacement: str) -> Callable[[Answer], None]:
    """Change the first match in the feed."""
    return partial(
        _edit, edit=lambda body: re.sub(pattern.encode(), replacement.encode(), body, count=1, flags=re.DOTALL)
    )


def _claim(pattern: re.Pattern[bytes], number: Callable[[int, int], int]) -> Callable[[Answer], None]:
    """Change a count; `number` gets the true one and the count of entries."""

    def edit(body: bytes) -> bytes:
        entries = len(_ENTRY.findall(body))
        return pattern.sub(lambda match: b"%b%d%b" % (match[1], number(int(match[2]), entries), match[3]), body)

    return partial(_edit, edit=edit)


def _claim_end(answer: Answer) -> None:
    """Say that this page is the last one."""
    start = int(_START.search(answer.body)[2])  # type: ignore[index]  # every feed has one
    _claim(_TOTAL, lambda _total, entries: start + entries)(answer)


def _blank(answer: Answer, *, with_total: bool) -> None:
    answer.body = _ENTRY.sub(b"", answer.body)
    if not with_total:
        _claim(_TOTAL, lambda _total, _entries: 0)(answer)


def _repeat_entry(answer: Answer) -> None:
    entries = _ENTRY.findall(answer.body)
    answer.body = answer.body.replace(entries[-1], entries[0]) if len(entries) > 1 else answer.body + b"<"


def _fail(status: int, **headers: str) -> Callable[[Answer], None]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return partial(_set, status=status, headers={"Content-Type": "text/plain", **named}, body=b"Rate exceeded.")


def _as_is(body: bytes, content_type: str = "application/atom+xml") -> Callable[[Answer], None]:
    return partial(_set, body=body, headers={"Content-Type": content_type})


_DATED = {"Retry_After": "Wed, 15 Apr 2026 10:00:40 GMT", "Date": "Wed, 15 Apr 2026 10:00:00 GMT"}

FAULTS: dict[str, Callable[[Answer], None]] = {
    # an answer that is none
    "text": _as_is(b"Rate exceeded.", "text/plain"),
    "text_as_atom": _as_is(b"Rate exceeded."),
    "empty_body": _as_is(b""),
    "html": _as_is(b"<html><body>Welcome to the conference network</body></html>", "text/html"),
    "html_as_atom": _as_is(b"<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>"),
    "error_entry": _as_is(_ERROR_FEED),
    "entities": _as_is(_LAUGHS),
    "foreign_root": _swap("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"),
    "broken_xml": _swap("</author>", ""),
    "not_utf8": lambda answer: _edit(answer, lambda body: body.replace(b"<title>", b"<title>\xe9", 1)),
    "bad_gzip": lambda answer: answer.headers.update({"Content-Encoding": "gzip"}),
    # a status
    "status_400": _fail(400),
    "status_429": _fail(429),
    "status_429_seconds": _fail(429, Retry_After="40"),
    "status_429_date": _fail(429, **_DATED),
    "status_500": _fail(500),
    "status_503": _fail(503),
    # a feed that lies about itself
    "blank": partial(_blank, with_total=True),
    "blank_zero": partial(_blank, with_total=False),
    "no_total": _swap("<opensearch:totalResults>.*</opensearch:totalResults>", ""),
    "total_no_number": _swap("(<opensearch:totalResults>)", r"\1many"),
    "total_ends_here": _claim_end,
    "total_grown": _claim(_TOTAL, lambda total, _entries: total + 7),
    "wrong_start": _claim(_START, lambda start, _entries: start + 1),
    "short_page": lambda answer: _edit(answer, lambda body: _ENTRY.sub(b"", body, count=1)),
    "entry_twice": _repeat_entry,
    "shifted_page": lambda answer: _set(answer, body=answer.render(1)),
    "page_before": lambda answer: _set(answer, body=answer.render(-2)),
    # the wire
    "refused": partial(_set, send=_reset),
    "reset_in_body": partial(_set, send=partial(_reset, after_half=True)),
    "cut_length": partial(_set, send=_send_cut),
    "cut_chunk": partial(_set, send=partial(_send_cut, framing="chunked")),
    "cut_quietly": partial(_set, send=partial(_send_cut, framing="none")),
    "silence": partial(_set, send=_say_nothing),
    "drip_head": partial(_set, send=partial(_drip, in_head=True)),
    "drip_body": partial(_set, send=_drip),
    "drip_without_length": partial(_set, send=partial(_drip, framing="none")),
    "endless": partial(_set, send=_send_without_end),
    "bomb": lambda answer: _set(answer, body=_BOMB, headers={**answer.headers, "Content-Encoding": "gzip"}),
}
# An entry that is no usable paper: the others must still come.
RECORD_FAULTS: dict[str, Callable[[Answer], None]] = {
    "bad_date": _swap("<published>[^<]*", "<published>last Tuesday"),
    "year_one": _swap("<updated>[^<]*(</updated><summary>)", r"<updated>0001-01-01T00:00:00+14:00\1"),
    "no_published": _swap("<published>[^<]*</published>", ""),
    "no_title": _swap("(<entry><id>[^<]*</id><title>)[^<]*", r"\1 "),
    "no_abstract": _swap("<summary>[^<]*</summary>", ""),
    "bad_id": _swap("<entry><id>[^<]*", "<entry><id>http://arxiv.org/abs/2604"),
    "no_id": _swap("<entry><id>[^<]*</id>", "<entry>"),
}
FAULTS |= RECORD_FAULTS
# These end the harvest at once, on purpose.
FAULTS |= {
    "status_403": _fail(403),
    "redirect": _fail(301, Location="http://127.0.0.1:9/api/query"),
    "long_pause": _fail(503, Retry_After="3600"),
}
