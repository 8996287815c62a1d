"""One OAI-PMH answer at a time over a `requests` session with our adapter: asked again until it can be believed."""

from collections.abc import Callable

import requests

from triage.adapters.arxiv_http import Wire
from triage.adapters.oai_page import (
    HeadersPage,
    Item,
    OaiError,
    OaiPage,
    OaiRequest,
    RecordsPage,
    read_headers,
    read_records,
)


class OaiClient:
    """For one thread, while the wire's pace may be shared."""

    def __init__(self, base_url: str, wire: Wire) -> None:
        self._base_url = base_url
        self._judge: Callable[[bytes], None] | None = None
        self._session = requests.Session()
        adapter = wire.adapter(self._check, expected="an OAI-PMH answer")
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def fetch_records(self, request: OaiRequest) -> RecordsPage:
        """A page of ListRecords, or GetRecord's one; raises `OaiError` for what the server names, `SourceError`."""
        return self._fetch(request, read_records)

    def fetch_headers(self, request: OaiRequest) -> HeadersPage:
        """A page of ListIdentifiers; raises as `fetch_records` does."""
        return self._fetch(request, read_headers)

    def _fetch(self, request: OaiRequest, read: Callable[[bytes, OaiRequest], OaiPage[Item]]) -> OaiPage[Item]:
        answers: list[OaiPage[Item] | OaiError] = []

        def judge(body: bytes) -> None:
            try:
                answers.append(read(body, request))
            except OaiError as error:  # a true answer: to ask again would bring the same one from arXiv's cache
                answers.append(error)

        self._judge = judge
        self._session.get(self._base_url, params=request.params)
        answer = answers[-1]
        if isinstance(answer, OaiError):
            raise answer
        return answer

    def _check(self, body: bytes) -> bytes:
        if self._judge is not None:
            self._judge(body)
        return body
