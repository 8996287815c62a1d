"""A wire that ends in kept answers: the clients of a harvest run again, without a network and without a pause."""

import io
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from triage.adapters.arxiv_http import XML_TYPES, BadAnswerError
from triage.adapters.raw_answers import KeptSession
from triage.errors import SourceError


class ReplayWire:
    """Answers from one session, in order, whichever client asks; for one thread."""

    def __init__(self, session: KeptSession) -> None:
        """Reads the session through once, so that `InputError` for a damaged one comes before anything is replayed."""
        self._path = session.path
        self._count = sum(1 for _ in session.answers())
        self._answers = session.answers()
        self._position = 0

    @property
    def is_finished(self) -> bool:
        """Whether every answer was used: a replay that ends before took another way than the harvest."""
        return self._position == self._count

    def adapter(
        self,
        check: Callable[[bytes], bytes],
        *,
        expected: str,
        media_types: frozenset[str] = XML_TYPES,  # noqa: ARG002 -- judged when the answer came
    ) -> HTTPAdapter:
        """An adapter that gives the next kept answer, or `SourceError` where it is not the one asked for."""
        return _ReplayAdapter(self, check, expected)

    def take(self, url: str) -> bytes:
        """The body of the next answer; raises `SourceError` when there is none, or it belongs to another request."""
        answer = next(self._answers, None)
        if answer is None:
            raise SourceError(
                f"The kept harvest ends here: it broke off at this place. Everything before was replayed; harvest "
                f"from arXiv for the rest. (After answer {self._count} of {self._path}: {url})"
            )
        self._position += 1
        if _describe(answer.url) != _describe(url):
            raise SourceError(
                f"Answer {self._position} of {self._path} belongs to {answer.url}, but {url} is asked for now: replay "
                "with the settings, and the version of triage, of the harvest that was kept."
            )
        return answer.body


class _ReplayAdapter(HTTPAdapter):
    def __init__(self, wire: ReplayWire, check: Callable[[bytes], bytes], expected: str) -> None:
        super().__init__()
        self._wire = wire
        self._check = check
        self._expected = expected

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002, ARG002 -- the body is there already
        timeout: object = None,  # noqa: ARG002 -- nothing takes time
        verify: bool | str = True,  # noqa: FBT001, FBT002, ARG002 -- no connection is made
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        """The next answer as `check` returns it."""
        url = str(request.url)
        try:
            body = self._check(self._wire.take(url))
        except BadAnswerError as error:
            raise SourceError(
                f"A kept answer was believed once and is not believed any more as {self._expected}: {error}. The "
                f"checks have become stricter since; harvest that time again from arXiv. ({url})"
            ) from error
        return self.build_response(request, urllib3.HTTPResponse(io.BytesIO(body), status=200, preload_content=False))


def _describe(url: str) -> tuple[str, Counter[tuple[str, str]]]:
    """What is asked for, wherever it is asked: another host, or another order of the parameters, is the same."""
    parts = urlsplit(url)
    return parts.path, Counter(parse_qsl(parts.query, keep_blank_values=True))
