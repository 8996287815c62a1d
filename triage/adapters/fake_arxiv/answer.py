"""An answer before it is sent, the ways to send it, and the ways to alter it that faults are made of."""

import re
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler

_DRIP = 0.02  # seconds between two bytes
_LONG_HEAD = 100_000


def _send_head(handler: BaseHTTPRequestHandler, answer: "Answer", **more: str) -> None:
    if "Date" in answer.headers:
        handler.send_response_only(answer.status)
    else:
        handler.send_response(answer.status)
    for name, value in {**answer.headers, **{key.replace("_", "-"): value for key, value in more.items()}}.items():
        handler.send_header(name, value)
    handler.end_headers()


def send_whole(handler: BaseHTTPRequestHandler, answer: "Answer") -> None:
    """As it should be."""
    _send_head(handler, answer, Content_Length=str(len(answer.body)))
    handler.wfile.write(answer.body)


@dataclass
class Answer:
    """What a server says. `render(shift)` is the same list from another place (of a feed: of another listing day).

    `token` leads to this very answer again, where the answer is a page of an OAI-PMH list.
    """

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/atom+xml; charset=utf-8"})
    render: Callable[[int], bytes] = lambda _shift: b""
    token: str = ""
    send: "Callable[[BaseHTTPRequestHandler, Answer], None]" = send_whole


Alteration = Callable[[Answer], None]


def send_cut(handler: BaseHTTPRequestHandler, answer: Answer, framing: str = "length") -> None:
    """Half of it, then the end of the connection."""
    handler.close_connection = True
    length = len(answer.body)
    head = {"length": {"Content_Length": str(length)}, "chunked": {"Transfer_Encoding": "chunked"}, "none": {}}[framing]
    _send_head(handler, answer, **head)
    if framing == "chunked":
        handler.wfile.write(f"{length:x}\r\n".encode())
    handler.wfile.write(answer.body[: length // 2])


def reset(handler: BaseHTTPRequestHandler, answer: Answer, *, after_half: bool = False) -> None:
    """Break the connection the hard way (RST)."""
    if after_half:
        send_cut(handler, answer)
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def say_nothing(handler: BaseHTTPRequestHandler, _answer: Answer) -> None:
    """Wait until the client hangs up."""
    handler.close_connection = True
    handler.connection.recv(1)


def drip(handler: BaseHTTPRequestHandler, answer: Answer, *, in_head: bool = False, framing: str = "length") -> None:
    """Fifty bytes a second."""
    handler.close_connection = True
    if in_head:
        text = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * _LONG_HEAD
    else:
        _send_head(handler, answer, **({"Content_Length": str(len(answer.body))} if framing == "length" else {}))
        text = answer.body
    for place in range(len(text)):
        handler.wfile.write(text[place : place + 1])
        time.sleep(_DRIP)


def send_without_end(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Blanks, for as long as the client takes them."""
    handler.close_connection = True
    _send_head(handler, answer)
    while True:
        handler.wfile.write(b" " * 65536)


def change(**values: object) -> Alteration:
    """Set fields of the answer."""

    def alter(answer: Answer) -> None:
        for name, value in values.items():
            setattr(answer, name, value)

    return alter


def edit(change_body: Callable[[bytes], bytes]) -> Alteration:
    """Change the body."""

    def alter(answer: Answer) -> None:
        answer.body = change_body(answer.body)

    return alter


def swap(pattern: str, replacement: str, count: int = 1) -> Alteration:
    """Change the first matches in the body; 0 for all."""
    compiled = re.compile(pattern.encode(), re.DOTALL)
    return edit(partial(compiled.sub, replacement.encode(), count=count))


def replay(shift: int) -> Alteration:
    """Answer with another place of the list."""

    def alter(answer: Answer) -> None:
        answer.body = answer.render(shift)

    return alter


def put(body: bytes, content_type: str | None = None) -> Alteration:
    """Another body, by default under the content type that was due."""

    def alter(answer: Answer) -> None:
        answer.body = body
        answer.headers = {"Content-Type": content_type} if content_type else answer.headers

    return alter


def fail(status: int, **headers: str) -> Alteration:
    """Another status, with a body that says little."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return change(status=status, headers={"Content-Type": "text/plain", **named}, body=b"Rate exceeded.")
