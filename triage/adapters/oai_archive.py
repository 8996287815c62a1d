"""arXiv's OAI-PMH server as an `Archive`: every change since a day, each list read to a proven end."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import structlog

from triage.adapters.arxiv_http import Wire, check_base_url
from triage.adapters.oai_client import OaiClient
from triage.adapters.oai_list import OaiLimits, follow
from triage.adapters.oai_page import OaiRequest, UnknownIdError
from triage.adapters.oai_record import SOURCE
from triage.core.paper import parse_arxiv_id
from triage.errors import InputError
from triage.ports import Header, Record, RecordPage, SetAside

BASE_URL = "https://oaipmh.arxiv.org/oai"
# arXiv's archives that still take papers (https://arxiv.org/category_taxonomy); the latter are sets of `physics`.
_GROUPS = ("cs", "econ", "eess", "math", "q-bio", "q-fin", "stat")
_OF_PHYSICS = (
    *("astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin", "nucl-ex"),
    *("nucl-th", "physics", "quant-ph"),
)
_SETS = {name: name for name in _GROUPS} | {name: f"physics:{name}" for name in _OF_PHYSICS}

_log = structlog.get_logger(__name__)


class OaiArchive:
    """Changes by archive and day, believed only after checks; for one thread.

    `set_aside` keeps what `headers_since` and `by_id` could not use; `records_since` hands that out with its pages.
    `on_page(read)` tells how many records were read so far, those of a list begun again counted again.
    """

    def __init__(
        self,
        base_url: str,
        wire: Wire,
        *,
        limits: OaiLimits = OaiLimits(),  # noqa: B008 -- frozen
        on_page: Callable[[int], None] | None = None,
    ) -> None:
        """Raises `InputError` for a base URL that cannot be."""
        check_base_url(base_url, BASE_URL)
        self._limits = limits
        self._on_page = on_page or _ignore
        self._client = OaiClient(base_url, wire)
        self.set_aside: list[SetAside] = []

    @property
    def name(self) -> str:
        """Also the `source` of its papers."""
        return SOURCE

    def records_since(self, archive: str, start: date) -> Iterator[RecordPage]:
        """Pages by datestamp; raises `InputError` for an unknown archive before any request.

        `start` should be a day gone by: an empty list of today is an error, which arXiv keeps until midnight UTC.
        """
        return self._read_records(OaiRequest("ListRecords", _name_set(archive), start))

    def headers_since(self, archive: str, start: date) -> Iterator[Header]:
        """The list's lines, up to 20,000 per request; raises as `records_since` does."""
        return self._read_headers(OaiRequest("ListIdentifiers", _name_set(archive), start))

    def by_id(self, arxiv_ids: Iterable[str]) -> Iterator[Record]:
        """The records the server has, one request each; raises `InputError` before any request.

        An id is believed to be unknown after two answers that say so.
        """
        try:
            wanted = dict.fromkeys(parse_arxiv_id(text).id for text in arxiv_ids)
        except ValueError as error:
            raise InputError(f"{error}.") from error
        return (record for arxiv_id in wanted for record in self._read_one(arxiv_id))

    def _read_records(self, request: OaiRequest) -> Iterator[RecordPage]:
        read = 0
        for step in follow(request, self._client.fetch_records, self._client.fetch_headers, self._limits):
            read += step.page.size
            self._on_page(read)
            yield RecordPage(step.page.items, step.page.set_aside, step.responded_at, step.is_last)

    def _read_headers(self, request: OaiRequest) -> Iterator[Header]:
        read = 0
        for step in follow(request, self._client.fetch_headers, self._client.fetch_headers, self._limits):
            read += step.page.size
            self._on_page(read)
            self.set_aside.extend(step.page.set_aside)
            yield from step.page.items

    def _read_one(self, arxiv_id: str) -> tuple[Record, ...]:
        for _ in range(2):
            try:
                page = self._client.fetch_records(OaiRequest("GetRecord", arxiv_id=arxiv_id))
            except UnknownIdError as error:
                _log.warning("oai_id_unknown", arxiv_id=arxiv_id, reason=str(error))
            else:
                self.set_aside.extend(page.set_aside)
                return page.items
        return ()


def _name_set(archive: str) -> str:
    if archive not in _SETS:
        raise InputError(f"{archive!r} is no archive of arXiv: expected one of {', '.join(_SETS)}.")
    return _SETS[archive]


def _ignore(_read: int) -> None:
    """Nobody listens."""
