"""What can go wrong before a model has its say: the wire, and what the endpoint thinks of us."""

import gzip
import re
from functools import partial

from triage.adapters.fake_arxiv.answer import (
    change,
    drip,
    put,
    reset,
    say_nothing,
    send_cut,
    send_without_end,
)
from triage.adapters.fake_arxiv.answer import edit as edit_body
from triage.adapters.fake_judge.alteration import Fault, edit, edit_message, refuse

_MEGABYTE = 2**20
_PROMPT_TOKENS = re.compile(rb'"prompt_tokens":')
_BOMB = gzip.compress(b" " * 8 * _MEGABYTE)
_ZIPPED = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
_HTML = {"Content-Type": "text/html"}
_DATED = {"Retry_After": "Wed, 15 Apr 2026 10:00:02 GMT", "Date": "Wed, 15 Apr 2026 10:00:00 GMT"}

WIRE: dict[str, Fault] = {
    "silence": Fault(change(send=say_nothing)),
    "drip_head": Fault(change(send=partial(drip, in_head=True))),
    "drip_body": Fault(change(send=drip)),
    "drip_without_length": Fault(change(send=partial(drip, framing="none"))),
    "reset": Fault(change(send=reset)),
    "reset_in_body": Fault(change(send=partial(reset, after_half=True))),
    "cut_length": Fault(change(send=send_cut)),
    "cut_chunk": Fault(change(send=partial(send_cut, framing="chunked"))),
    "cut_quietly": Fault(change(send=partial(send_cut, framing="none"))),
    "endless": Fault(change(send=send_without_end)),
    "endless_error": Fault(change(send=send_without_end, status=500)),
}
SLOW = frozenset(("silence", "drip_head", "drip_body", "drip_without_length"))
"""They take real time, as much as the reader allows."""
ENDPOINT: dict[str, Fault] = {
    "status_400": Fault(refuse(400, "This model's maximum context length is 4096 tokens.", "context_length_exceeded")),
    "status_408": Fault(refuse(408)),
    "status_409": Fault(refuse(409)),
    "status_429": Fault(refuse(429, code="rate_limit_exceeded")),
    "status_429_seconds": Fault(refuse(429, Retry_After="2")),
    "status_429_date": Fault(refuse(429, **_DATED)),
    "status_429_milliseconds": Fault(refuse(429, retry_after_ms="2000")),
    "status_429_reset": Fault(refuse(429, x_ratelimit_reset_requests="2s")),
    "status_500": Fault(refuse(500)),
    "status_503": Fault(refuse(503)),
    "status_502_html": Fault(change(status=502, body=b"<html>Bad gateway</html>", headers=_HTML)),
    "no_quota": Fault(refuse(429, "You exceeded your current quota.", "insufficient_quota"), heals=False),
    "status_401": Fault(refuse(401, "Incorrect API key provided: sk-no***key.", "invalid_api_key"), heals=False),
    "status_402": Fault(refuse(402, "Insufficient Balance"), heals=False),
    "status_403": Fault(refuse(403, "Country, region, or territory not supported"), heals=False),
    "status_404": Fault(refuse(404, "The model does not exist", "model_not_found"), heals=False),
    "wrong_key_400": Fault(refuse(400, "API key not valid. Please pass a valid API key."), heals=False),
    "redirect": Fault(refuse(307, Location="http://127.0.0.1:9/v1/chat/completions?key=1"), heals=False),
    "text": Fault(put(b"Rate exceeded.", "text/plain")),
    "html": Fault(put(b"<html><body>Welcome to the conference network</body></html>", "text/html")),
    "bad_gzip": Fault(change(headers=_ZIPPED)),
    "bomb": Fault(change(body=_BOMB, headers=_ZIPPED)),
    "bomb_error": Fault(change(body=_BOMB, headers=_ZIPPED, status=500)),
    "empty_body": Fault(put(b"")),
    "not_utf8": Fault(put(b'{"choices": [{"message": {"content": "\xe9"}}]}')),
    "error_in_200": Fault(put(b'{"error": {"code": 502, "message": "Provider returned error"}}')),
    "no_choices": Fault(edit(lambda completion: completion.update(choices=[]))),
    "no_message": Fault(edit(lambda completion: completion.update(choices=[{"index": 0}]))),
    "no_usage": Fault(edit(lambda completion: completion.pop("usage"))),
    "absurd_usage": Fault(edit_body(lambda body: _PROMPT_TOKENS.sub(rb"\g<0>%d" % 10**30, body))),
    "huge": Fault(edit_message(content="A" * _MEGABYTE)),
}
