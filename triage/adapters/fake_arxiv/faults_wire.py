"""What can go wrong with any answer, whatever was asked for: no answer, half of one, another one."""

import gzip
import re
from functools import partial

from triage.adapters.fake_arxiv.answer import (
    Alteration,
    change,
    drip,
    edit,
    fail,
    put,
    reset,
    say_nothing,
    send_cut,
    send_without_end,
)

_LAUGHS = b"""<!DOCTYPE feed [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<feed xmlns="http://www.w3.org/2005/Atom"><title>&b;</title></feed>"""
_BOMB = gzip.compress(b" " * 8 * 2**20)
_DATED = {"Retry_After": "Wed, 15 Apr 2026 10:00:40 GMT", "Date": "Wed, 15 Apr 2026 10:00:00 GMT"}

SLOW: dict[str, Alteration] = {  # they take real time, as much as the reader allows
    "silence": change(send=say_nothing),
    "drip_head": change(send=partial(drip, in_head=True)),
    "drip_body": change(send=drip),
    "drip_without_length": change(send=partial(drip, framing="none")),
}
FATAL: dict[str, Alteration] = {  # they end a harvest at once, on purpose
    "status_403": fail(403),
    "redirect": fail(301, Location="http://127.0.0.1:9/moved"),
    "long_pause": fail(503, Retry_After="3600"),
}
WIRE: dict[str, Alteration] = {
    # an answer that is none
    "text": put(b"Rate exceeded.", "text/plain"),
    "text_as_xml": put(b"Rate exceeded."),
    "empty_body": put(b""),
    "html": put(b"<html><body>Welcome to the conference network</body></html>", "text/html"),
    "html_as_xml": put(b"<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>"),
    "entities": put(_LAUGHS),
    "broken_xml": edit(lambda body: body[: body.rfind(b"</")]),
    "not_utf8": edit(lambda body: re.sub(b"<title>|<responseDate>", rb"\g<0>" + b"\xe9", body, count=1)),
    "bad_gzip": lambda answer: answer.headers.update({"Content-Encoding": "gzip"}),
    "bomb": lambda answer: change(body=_BOMB, headers={**answer.headers, "Content-Encoding": "gzip"})(answer),
    # a status
    "status_400": fail(400),
    "status_404": fail(404),
    "status_429": fail(429),
    "status_429_seconds": fail(429, Retry_After="40"),
    "status_429_date": fail(429, **_DATED),
    "status_500": fail(500),
    "status_503": fail(503),
    # the wire
    "refused": change(send=reset),
    "reset_in_body": change(send=partial(reset, after_half=True)),
    "cut_length": change(send=send_cut),
    "cut_chunk": change(send=partial(send_cut, framing="chunked")),
    "cut_quietly": change(send=partial(send_cut, framing="none")),
    "endless": change(send=send_without_end),
    **SLOW,
    **FATAL,
}
