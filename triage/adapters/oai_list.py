"""Following an OAI-PMH list of arXiv to a proven end.

Facts behind the choices (public server source, github.com/arXiv/oaipmh, `fetch_list.py`): the server names no total; a
token is a day and a row offset and dies at midnight UTC; every page but the last is equally full; pages follow one
another by datestamp; the last of several pages has an empty token element, a single page has none.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Generic

import msgspec
import structlog
from msgspec.structs import replace

from triage.adapters.oai_page import HeadersPage, Item, Line, NoRecordsError, OaiPage, OaiRequest, TokenError
from triage.errors import SourceError
from triage.ports import EARLIEST

_ONE_DAY = timedelta(days=1)
_KEPT = timedelta(hours=1)  # arXiv's edge keeps the pages of an open list for so long, each by itself
_EARLIER = timedelta(days=7)  # there are changes in every week

_log = structlog.get_logger(__name__)


class OaiLimits(msgspec.Struct, frozen=True):
    """How often a list may fail to be whole before the harvest does."""

    restarts: int = 3  # of a list that contradicts itself
    rounds: int = 4  # of reading it, or the part of it where something was missing, and the headers


class Step(msgspec.Struct, Generic[Item], frozen=True):
    """A page of a list that was begun at `responded_at`, by the server's clock."""

    page: OaiPage[Item]
    responded_at: datetime
    is_last: bool


class _ContradictionError(Exception):
    """The pages do not make one list."""


class _Sequence(Generic[Item]):
    """The pages from one that was asked for by day to the one without a token."""

    def __init__(self) -> None:
        self._before: OaiPage[Item] | None = None
        self._lines: set[Line] = set()
        self._tokens: set[str] = set()

    def add(self, page: OaiPage[Item]) -> None:
        """Take a page over; raise `_ContradictionError` where it does not follow the one before."""
        if self._before is not None:
            self._check(page, self._before)
        if page.token:
            self._tokens.add(page.token)
        self._lines.update(page.lines)
        self._before = page

    def _check(self, page: OaiPage[Item], before: OaiPage[Item]) -> None:
        is_too_small = page.token and page.size < before.size
        for flaw, is_so in {
            "a list of several pages ended without the empty token": page.token is None,
            "a token came again": page.token in self._tokens,
            "a page was not as full as the one before": is_too_small or page.size > before.size,
            "a page began before the end of the one before": page.lines[0].datestamp < before.lines[-1].datestamp,
            "a page came again": self._lines.issuperset(page.lines),
            "a page was older than the one before": page.responded_at < before.responded_at - _KEPT,
        }.items():
            if is_so:
                raise _ContradictionError(flaw)


class _Seen:
    """What all pages so far have brought: each paper's newest datestamp, and how many had no readable header."""

    def __init__(self) -> None:
        self._days: dict[str, date] = {}
        self._unconfirmed: set[str] = set()
        self._unreadable = 0
        self.yesterday = date.max  # by the earliest answer: arXiv keeps an error about today until midnight UTC

    def lacks(self, line: Line) -> bool:
        """Whether that change has not been read; a later change of the paper does for an earlier one."""
        return self._days.get(line.arxiv_id, date.min) < line.datestamp

    def add(self, page: OaiPage[Item]) -> bool:
        """Note a page and say whether it brought anything new."""
        self._note_time(page.responded_at)
        new = [line for line in page.lines if self.lacks(line)]
        self._unconfirmed.update(line.arxiv_id for line in new if line.arxiv_id not in self._days)
        self._days.update((line.arxiv_id, line.datestamp) for line in new)
        self._unreadable += page.size - len(page.lines)
        return bool(new)

    def check(self, page: HeadersPage, first: date) -> list[Line]:
        """Note which papers the headers name, and return the lines from `first` on among them that were not read."""
        self._note_time(page.responded_at)
        self._unconfirmed.difference_update(line.arxiv_id for line in page.lines)
        return [line for line in page.lines if line.datestamp >= first and self.lacks(line)]

    @property
    def last_start(self) -> date:
        """The day of the latest change that was read, or yesterday: no list should begin later."""
        return min(max(self._days.values(), default=date.max), self.yesterday)

    @property
    def unconfirmed(self) -> int:
        """How many papers were read that no list of headers has named so far."""
        return len(self._unconfirmed)

    def explains(self, missing: list[Line]) -> bool:
        """Whether as many records were set aside without a readable header as there are lines missing."""
        return len(missing) <= self._unreadable

    def _note_time(self, responded_at: datetime) -> None:
        self.yesterday = min(self.yesterday, responded_at.date() - _ONE_DAY)


def follow(
    request: OaiRequest,
    fetch: Callable[[OaiRequest], OaiPage[Item]],
    fetch_headers: Callable[[OaiRequest], HeadersPage],
    limits: OaiLimits,
) -> Iterator[Step[Item]]:
    """The list's pages as they come; one that contradicts itself is begun again, its pages coming again.

    An end is believed when two lists of headers hold nothing since that day that did not come: a lost token looks like
    an end, and a list that moves while it is paged loses records without a word. One begins a week earlier, so that a
    server which skips the first row of every list is found out, the other with the last day read, in case each list
    ends with its first page. Costs two requests per 20,000 records. Raises `SourceError` when the limits are reached,
    and for an empty list.
    """
    reason = ""
    for attempt in range(limits.restarts + 1):
        try:
            yield from _mark_last(_read_whole(request, fetch, fetch_headers, limits.rounds))
        except _ContradictionError as error:
            reason = str(error)
            _log.warning("oai_list_begun_again", attempt=attempt + 1, reason=reason, set=request.set_name)
        else:
            return
    raise SourceError(
        f"arXiv's list of {request.set_name} from {request.start} contradicted itself {limits.restarts + 1} times; the "
        f"last time {reason}. It was not read to its end; run the command again later, best not around midnight UTC."
    )


def _mark_last(pages: Iterator[OaiPage[Item]]) -> Iterator[Step[Item]]:
    """Hold each page back until the next one came, so that only the very last is told to be it."""
    held = next(pages)
    responded_at = held.responded_at
    for page in pages:
        yield Step(held, responded_at, is_last=False)
        held = page
    yield Step(held, responded_at, is_last=True)


def _read_whole(
    request: OaiRequest,
    fetch: Callable[[OaiRequest], OaiPage[Item]],
    fetch_headers: Callable[[OaiRequest], HeadersPage],
    rounds: int,
) -> Iterator[OaiPage[Item]]:
    """The pages that bring something new, until the headers name nothing else.

    Headers that lack papers just read are no proof, so they are read again; papers they lack every time have left the
    set in the meantime. Changes of the day itself may go on coming: the next harvest begins before them.
    """
    seen = _Seen()
    first = request.start
    headers = replace(request, verb="ListIdentifiers", start=max(first - _EARLIER, min(first, EARLIEST)))
    missing: list[Line] = []
    for number in range(rounds):
        if number == 0 or missing:
            for page in _read_sequence(request, fetch):
                if seen.add(page):
                    yield page
        missing = _find_missing(headers, first, seen, fetch_headers)
        if seen.explains(missing):
            missing = []
            if not seen.unconfirmed:
                return
        else:
            day = min(line.datestamp for line in missing)
            request = replace(request, start=max(request.start, min(day, seen.yesterday)))
        _log.warning("oai_lists_differ", missing=len(missing), unconfirmed=seen.unconfirmed, set=request.set_name)
    if lasting := [line for line in missing if line.datestamp <= seen.yesterday]:
        raise SourceError(
            f"arXiv's lists of {request.set_name} disagree about {len(lasting)} papers, the first of "
            f"{lasting[0].datestamp}, after {rounds} readings. It was not read to its end; run it again in an hour."
        )


def _find_missing(
    headers: OaiRequest, first: date, seen: _Seen, fetch_headers: Callable[[OaiRequest], HeadersPage]
) -> list[Line]:
    """What the headers name since `first` and nobody read: by the whole list, and by one of its last days.

    What only one of the two names for those last days counts as well: a list that is cut shows in the other, or, where
    both are cut, in that they are cut at different places.
    """
    tail = replace(headers, start=max(first, seen.last_start))
    missing: dict[Line, None] = {}
    recent: list[set[Line]] = []
    for request in (headers, tail):
        named: set[Line] = set()
        for page in _read_sequence(request, fetch_headers):
            missing |= dict.fromkeys(seen.check(page, first))
            named.update(line for line in page.lines if line.datestamp >= tail.start)
        recent.append(named)
    apart = (line for line in recent[0] ^ recent[1] if line.datestamp <= seen.yesterday)
    return sorted((missing | dict.fromkeys(apart)), key=lambda line: (line.datestamp, line.arxiv_id))


def _read_sequence(request: OaiRequest, fetch: Callable[[OaiRequest], OaiPage[Item]]) -> Iterator[OaiPage[Item]]:
    """Page after page by token."""
    sequence = _Sequence[Item]()
    page = _fetch_first(request, fetch)
    sequence.add(page)
    yield page
    while page.token:
        try:
            page = fetch(replace(request, token=page.token))
        except (TokenError, NoRecordsError) as error:
            raise _ContradictionError(str(error)) from error
        sequence.add(page)
        yield page


def _fetch_first(request: OaiRequest, fetch: Callable[[OaiRequest], OaiPage[Item]]) -> OaiPage[Item]:
    try:
        return fetch(request)
    except NoRecordsError as error:
        raise SourceError(
            f"arXiv says that nothing of {request.set_name} changed since {request.start}, which is not believed. "
            "It was not read to its end; run the command again tomorrow: arXiv keeps that answer until midnight UTC."
        ) from error
