"""One exchange with an OpenAI-compatible endpoint: bounded in time and size, and nothing sent but the question.

The openai client does the talking. Left alone it would follow redirects, read error pages of any size, wait for a slow
drip for ever, and send what `OPENAI_ORG_ID`, `OPENAI_CUSTOM_HEADERS` and this machine's platform tell. Importing this
module takes about a second.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import openai

from triage import __version__
from triage.adapters.judge_presets import is_loopback
from triage.adapters.judge_refusal import Refusal
from triage.errors import JudgeError

_SENT = frozenset(("host", "accept", "connection", "content-length", "content-type"))


class RefusedError(Exception):
    """The endpoint answered with a status that is no success."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal


class JudgeWire:
    """Posts chat completions. `where` names the endpoint in messages; `timeout` is seconds for a whole exchange."""

    def __init__(self, base_url: str, key: str | None, where: str, timeout: float, max_bytes: int) -> None:
        self._where = where
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=key or "none",  # empty, it would be taken from the environment; what is sent is decided below
            max_retries=0,
            timeout=None,
            http_client=_BoundedClient(
                key=key, where=where, max_bytes=max_bytes, trust_env=not is_loopback(base_url), follow_redirects=False
            ),
        )

    async def exchange(self, body: Mapping[str, Any]) -> bytes:
        """The body of a successful answer; raises `RefusedError` for another one and `JudgeError` where none came."""
        create: Any = self._client.chat.completions.with_streaming_response.create
        try:
            async with asyncio.timeout(self._timeout), create(**body) as response:
                answer = bytearray()
                async for chunk in response.iter_bytes():
                    answer += chunk
                    check_size(len(answer), self._max_bytes, self._where)
                return bytes(answer)
        except TimeoutError as error:
            raise JudgeError(
                f"{self._where} gave no whole answer in {self._timeout:g} s (TRIAGE_JUDGE_TIMEOUT)."
            ) from error
        except openai.APIStatusError as error:
            answered = error.response
            raise RefusedError(
                Refusal(self._where, answered.status_code, answered.headers, answered.content)
            ) from None  # its message may hold a part of the key
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise JudgeError(f"The connection to {self._where} failed ({_name_cause(error)}).") from error

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()


def check_size(size: int, max_bytes: int, where: str) -> None:
    """Raise `JudgeError` for an answer that is too large."""
    if size > max_bytes:
        raise JudgeError(f"{where} gave an answer of more than {max_bytes} bytes.")


class _BoundedClient(httpx2.AsyncClient):
    """Sends only the headers that are needed, and lets nobody read more than `max_bytes` of any answer."""

    def __init__(self, *, key: str | None, where: str, max_bytes: int, **options: Any) -> None:
        super().__init__(timeout=None, **options)
        self._authorization = {"Authorization": f"Bearer {key}"} if key else {}
        self._where = where
        self._max_bytes = max_bytes

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        response = await super().send(self._strip(request), **{**options, "stream": True})
        response.request = request  # the openai client looks into it for notes to itself
        if not response.is_success:
            response.headers.pop("Content-Encoding", None)  # else the openai client would unpack it, whatever its size
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _BoundedStream(response.stream, self._max_bytes, self._where)
        return response

    def _strip(self, request: httpx2.Request) -> httpx2.Request:
        kept = {name: text for name, text in request.headers.items() if name in _SENT}
        own = {"User-Agent": f"triage/{__version__}", "Accept-Encoding": "identity", **self._authorization}
        return httpx2.Request(
            request.method,
            request.url,
            headers={**kept, **own},
            content=request.content,
            extensions=request.extensions,
        )


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int, where: str) -> None:
        self._stream = stream
        self._max_bytes = max_bytes
        self._where = where

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            check_size(size, self._max_bytes, self._where)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def _name_cause(error: Exception) -> str:
    """The innermost reason; the openai client says "Connection error." for all of them."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return f"{type(error).__name__}: {error}".rstrip(" :.")
