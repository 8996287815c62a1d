"""Answers that many ask for: kept for a second, and sent once to whoever has them already (RFC 9110, section 13)."""

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeVar

import msgspec
from litestar import Request, Response
from litestar.datastructures import State

from triage.core.account import Principal
from triage.reading.aside import end_soon

PUBLISHED: Final = "private, max-age=60"
DRAFT: Final = "private, no-cache"
OWN_MARKS: Final = "no-store"
"""What may be kept by whom: a frozen list for a minute, a draft if asked about first, own marks by nobody."""

Kept = TypeVar("Kept")
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class Answer(msgspec.Struct, frozen=True):
    """A finished body and what is said of it; `etag` is a hash of the body, quoted."""

    body: bytes
    media_type: str
    cache_control: str
    etag: str
    filename: str | None = None


def make_answer(body: bytes, media_type: str, cache_control: str, filename: str | None = None) -> Answer:
    """An answer with the strong entity tag of its body."""
    return Answer(body, media_type, cache_control, f'"{hashlib.sha256(body).hexdigest()[:32]}"', filename)


def send_answer(request: Request[Principal | None, Any, State], answer: Answer) -> Response[bytes]:
    """The body, or 304 without it where the request names the tag that it has; the same headers either way."""
    headers = {"ETag": answer.etag, "Cache-Control": answer.cache_control}
    if is_known(request.headers.get("if-none-match"), answer.etag):
        return Response(b"", status_code=304, headers=headers, media_type=answer.media_type)
    if answer.filename is not None:
        headers["Content-Disposition"] = f'attachment; filename="{answer.filename}"'
    return Response(answer.body, headers=headers, media_type=answer.media_type)


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names the tag: by `*` or in its list, strong and weak alike."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in _TAG.findall(if_none_match)


class BriefCache(Generic[Kept]):
    """What takes long to make, by a key: made once however many ask at the same time, and kept for a moment.

    It lives `seconds` and no longer than the next `drop`; at most `size` are kept.
    """

    def __init__(self, seconds: float = 1.0, size: int = 256, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._size, self._clock = seconds, size, clock
        self._kept: dict[str, tuple[float, asyncio.Future[Kept]]] = {}
        self._making: set[asyncio.Future[Kept]] = set()

    async def fetch(self, key: str, make: Callable[[], Awaitable[Kept]]) -> Kept:
        """What is kept, or is made now; what `make` raises is raised to all that wait, and not kept."""
        now = self._clock()
        until, answer = self._kept.get(key, (now, None))
        if answer is None or until <= now:
            answer = asyncio.ensure_future(make())
            self._making.add(answer)
            answer.add_done_callback(lambda made: self._settle(key, made))
            self._keep(key, now + self._seconds, answer)
        if answer.done():
            return answer.result()
        return await asyncio.shield(answer)  # whoever hangs up does not take it from the others

    def drop(self) -> None:
        """Forget everything: something changed."""
        self._kept.clear()

    async def close(self) -> None:
        """Wait a moment for what is being made, and leave off: what it reads from is closed next."""
        await end_soon(set(self._making))

    def _keep(self, key: str, until: float, answer: asyncio.Future[Kept]) -> None:
        self._kept.pop(key, None)
        while len(self._kept) >= self._size:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (until, answer)

    def _settle(self, key: str, made: asyncio.Future[Kept]) -> None:
        """Keep no failure."""
        self._making.discard(made)
        if (made.cancelled() or made.exception() is not None) and self._kept.get(key, (0.0, None))[1] is made:
            del self._kept[key]


class AnswerCache(BriefCache[Answer]):
    """Answers of this process, by path and format."""
