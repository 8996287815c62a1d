"""arXiv's query API as a `Source`: windows of a week, each read until the list is whole and stood still.

Facts behind the choices (arXiv's user manual, and faults measured on the `arxiv` package 4.0.2): a query gives at most
30,000 results in slices of at most 2,000; its only date filter is `submittedDate`, to the minute, in GMT, both ends
included; the list may move between two pages.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from triage.adapters.arxiv_client import SOURCE, ArxivClient, PaperPage
from triage.adapters.arxiv_http import Wire, check_base_url
from triage.adapters.arxiv_page import BadRecord
from triage.adapters.arxiv_record import CATEGORY
from triage.core.paper import Paper, parse_arxiv_id
from triage.errors import InputError, SourceError
from triage.ports import SetAside

BASE_URL = "https://export.arxiv.org/api/query"
_LARGEST_PAGE = 2000
_LARGEST_RESULT = 30_000
_WINDOW = timedelta(days=7)
_MINUTE = timedelta(minutes=1)
_IDS_PER_REQUEST = 100  # keeps the URL far below 8 KiB

_log = structlog.get_logger(__name__)


class QueryLimits(msgspec.Struct, frozen=True):
    """How much is asked for at once; a window with more than `per_query` results is split."""

    page_size: int = 500  # at least 2: pages overlap by one entry
    per_query: int = 10_000
    restarts: int = 5  # of a window whose list moved while it was read


class _MovedError(Exception):
    """The list is not the one that was begun."""


class _Listing:
    """The entries of one window so far; each page begins with the entry that the former one ended with.

    The overlap shows a list that moved under an unchanged total: one paper gone in front, one come behind.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.entries: dict[str, Paper | BadRecord] = {}
        self._last: str | None = None

    @property
    def next_start(self) -> int:
        """Place of the last entry read."""
        return max(0, len(self.entries) - 1)

    def add(self, page: PaperPage) -> bool:
        """Take a page over and say whether it brought anything new; raise `_MovedError` where it does not fit."""
        if page.total != self.total or (self._last is not None and next(iter(page.entries), None) != self._last):
            raise _MovedError
        new = {key: entry for key, entry in page.entries.items() if key != self._last}
        if not new.keys().isdisjoint(self.entries):
            raise _MovedError
        self.entries |= new
        self._last = next(reversed(self.entries), None)
        return bool(new)


class ArxivApi:
    """The query API, believed only after checks: the papers asked for, each once, or `SourceError`.

    An entry that is no usable paper is `set_aside` and neither stops nor shifts the others. `on_page(read, expected)`
    tells how far the current window is: its papers are handed out together when its list was read to the end and stood
    still. For one thread.
    """

    def __init__(
        self,
        base_url: str,
        wire: Wire,
        *,
        limits: QueryLimits = QueryLimits(),  # noqa: B008 -- frozen
        on_page: Callable[[int, int], None] | None = None,
    ) -> None:
        """Raises `InputError` for a base URL or limits that cannot be."""
        check_base_url(base_url, BASE_URL)
        if not 2 <= limits.page_size <= min(_LARGEST_PAGE, limits.per_query):  # noqa: PLR2004 -- overlap by one
            raise InputError(f"A page of {limits.page_size} papers is not possible: expected 2 to {_LARGEST_PAGE}.")
        if limits.per_query > _LARGEST_RESULT:
            raise InputError(f"arXiv gives at most {_LARGEST_RESULT} papers per query: {limits.per_query} is too many.")
        self._limits = limits
        self.set_aside: list[SetAside] = []
        self._on_page = on_page or _ignore
        self._client = ArxivClient(base_url, wire, limits.page_size)

    @property
    def name(self) -> str:
        """Also the `source` of its papers."""
        return SOURCE

    def submitted_between(self, start: datetime, end: datetime, categories: Sequence[str]) -> Iterator[Paper]:
        """Papers by version 1's submission time, oldest window first; raises `InputError` before any request."""
        if start.tzinfo is None or end.tzinfo is None or end < start:
            raise InputError(f"{start} to {end} is no span of time: expected two aware times, the earlier one first.")
        wanted = list(dict.fromkeys(categories))
        if not wanted or not all(CATEGORY.fullmatch(name) for name in wanted):
            raise InputError(f"{wanted} are no categories of arXiv: expected names such as cs.IR.")
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        windows = _cut(start, end)
        return (paper for first, last in windows for paper in self._read_window(first, last, wanted))

    def by_id(self, arxiv_ids: Iterable[str]) -> Iterator[Paper]:
        """The papers the server knows, in the order asked, each once; raises `InputError` before any request.

        An id with a version gives that version. An id is believed to be unknown after two answers without it.
        """
        try:
            parsed = [parse_arxiv_id(text) for text in arxiv_ids]
        except ValueError as error:
            raise InputError(f"{error}.") from error
        wanted = {identifier.id: str(identifier) for identifier in reversed(parsed)}
        size = min(_IDS_PER_REQUEST, self._limits.page_size)
        keys = list(dict.fromkeys(identifier.id for identifier in parsed))
        batches = (keys[i : i + size] for i in range(0, len(keys), size))
        return (paper for batch in batches for paper in self._read_ids({key: wanted[key] for key in batch}))

    def _read_window(self, start: datetime, end: datetime, categories: Sequence[str]) -> Iterator[Paper]:
        """The papers of `[start, end)`, halved as often as one query cannot hold them."""
        listing = self._list(_write_query(start, end, categories))
        if listing is None:
            middle = _floor(start + (end - start) / 2)
            if middle <= start:
                raise SourceError(
                    f"arXiv counts more than {self._limits.per_query} papers in the minute {start:%Y-%m-%d %H:%M}: "
                    "its date filter does not work now. Nothing was taken over; run the command again later."
                )
            yield from self._read_window(start, middle, categories)
            yield from self._read_window(middle, end, categories)
            return
        for paper in self._accept(listing.entries.values()):
            published = paper.published
            if published is not None and start <= published < end:
                yield paper
            elif published is None or not _floor(start) <= published < _floor(end) + _MINUTE:
                reason = f"{paper.arxiv_id}: submitted {published}, outside the time asked for"
                self.set_aside.append(SetAside(msgspec.json.encode(paper).decode(), reason))

    def _list(self, query: str) -> _Listing | None:
        """The whole list of a query; None where it is longer than one query may be; raises `SourceError`."""
        for attempt in range(self._limits.restarts + 1):
            try:
                return self._list_once(query)
            except _MovedError:
                _log.warning("arxiv_list_moved", attempt=attempt + 1)
        raise SourceError(
            f"arXiv's list moved {self._limits.restarts + 1} times while it was read. Nothing of this window was "
            "taken over; run the command again later, best not around an announcement (20:00 Eastern time)."
        )

    def _list_once(self, query: str) -> _Listing | None:
        """Read until a page brings nothing new: one short total or one blank answer cannot end the list early."""
        page = self._client.fetch(query, 0)
        if page.total > self._limits.per_query:
            return None
        listing = _Listing(page.total)
        listing.add(page)
        while True:
            self._on_page(len(listing.entries), listing.total)
            if not listing.add(self._client.fetch(query, listing.next_start)):
                return listing

    def _read_ids(self, wanted: dict[str, str]) -> Iterator[Paper]:
        """The papers of a batch; the ids that the first answer lacks are asked for once more."""
        found: dict[str, Paper | BadRecord] = {}
        for _ in range(2):
            if missing := [text for key, text in wanted.items() if key not in found]:
                found |= self._client.fetch_ids(missing).entries
        strange = {key: entry for key, entry in found.items() if key not in wanted}
        if papers := [key for key, entry in strange.items() if isinstance(entry, Paper)]:
            raise SourceError(f"arXiv answered with papers that were not asked for: {', '.join(papers)}.")
        return self._accept([*(found[key] for key in wanted if key in found), *strange.values()])

    def _accept(self, entries: Iterable[Paper | BadRecord]) -> Iterator[Paper]:
        """The papers among the entries; the others are set aside."""
        for entry in entries:
            if isinstance(entry, BadRecord):
                self.set_aside.append(SetAside(entry.raw, entry.reason, entry.arxiv_id))
            else:
                yield entry


def _cut(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Windows of at most a week that tile `[start, end)`."""
    edges = itertools.takewhile(lambda edge: edge < end, (start + i * _WINDOW for i in itertools.count()))
    return ((edge, min(edge + _WINDOW, end)) for edge in edges)


def _floor(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def _write_query(start: datetime, end: datetime, categories: Sequence[str]) -> str:
    span = f"submittedDate:[{start:%Y%m%d%H%M} TO {end:%Y%m%d%H%M}]"
    return f"{span} AND ({' OR '.join(f'cat:{name}' for name in categories)})"


def _ignore(_read: int, _expected: int) -> None:
    """Nobody listens."""
