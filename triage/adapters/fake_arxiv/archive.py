"""arXiv's metadata in memory: each paper as it is now, when it last changed, and what was announced on which day.

Papers that the clock has not reached yet are not shown, so a whole season can be loaded at once and then lived through.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from triage.adapters.fake_arxiv.sets import sets_of
from triage.core.announcements import ANNOUNCED, harvestable_at, has_listing, listing_day
from triage.core.paper import Paper, PaperVersion
from triage.core.week import EASTERN

WITHDRAWN = "This paper has been withdrawn by the authors"
_LAST_ID = "\uffff"  # sorts behind every id
_Key = tuple[datetime, str]


@dataclass(frozen=True, eq=False, slots=True)
class Deposit:
    """A paper, when its metadata last changed (aware, UTC), and which of its versions are withdrawals."""

    paper: Paper
    modtime: datetime
    withdrawn: frozenset[int] = frozenset()

    @property
    def datestamp(self) -> date:
        """The UTC day of the last change."""
        return self.modtime.date()

    @property
    def key(self) -> _Key:
        """What the lists are sorted by."""
        return self.modtime, self.paper.arxiv_id


class Announced(NamedTuple):
    """A line of a day's listing of a category; `kind` is `new`, `cross`, `replace` or `replace-cross`."""

    day: date
    category: str
    arxiv_id: str
    version: int
    kind: str


class FakeArchive:
    """Everything the fake servers tell. `clock` is arXiv's (aware); `at` is when a change shows, by default now."""

    def __init__(self, clock: Callable[[], datetime], papers: Iterable[Paper] = ()) -> None:
        self.clock = clock
        self.log: dict[date, list[Announced]] = {}
        self._deposits: dict[str, Deposit] = {}
        self._lists: dict[str, list[_Key]] = {}  # by set, made when first asked for
        self.load(papers)

    def __getitem__(self, arxiv_id: str) -> Deposit:
        return self._deposits[arxiv_id]

    def __contains__(self, arxiv_id: object) -> bool:
        return arxiv_id in self._deposits

    def __len__(self) -> int:
        return len(self._deposits)

    @property
    def now(self) -> datetime:
        """The time at arXiv, UTC, to the second, as its servers write it."""
        return self.clock().astimezone(UTC).replace(microsecond=0)

    @property
    def papers(self) -> list[Paper]:
        """Everything that can be seen now, by last change."""
        return [deposit.paper for deposit in self.list_changes("", datetime.min.replace(tzinfo=UTC), None)]

    def find(self, arxiv_id: str) -> Paper | None:
        """The paper, if it can be seen now."""
        deposit = self._deposits.get(arxiv_id)
        return deposit.paper if deposit and deposit.modtime <= self.now else None

    def list_changes(
        self, set_spec: str, start: datetime, end: datetime | None, skip: int = 0, limit: int | None = None
    ) -> list[Deposit]:
        """Members of a set ("" for all) changed in `[start, end]`, by (modtime, id), from row `skip` on; O(page)."""
        keys = self._list(set_spec)
        first = bisect_left(keys, (start, "")) + skip
        last = bisect_right(keys, (min(end or self.now, self.now), _LAST_ID))
        if limit is not None:
            last = min(last, first + limit)
        return [self._deposits[arxiv_id] for _, arxiv_id in keys[first:last]]

    def load(self, papers: Iterable[Paper]) -> None:
        """Papers with a past; last changed when they were announced, or else when they were updated or submitted."""
        for paper in map(_complete_history, papers):
            number, day = paper.versions[-1].version, paper.announced
            modtime = harvestable_at(day) if day else paper.versions[-1].submitted or self.now
            withdrawn = frozenset({number} if paper.is_withdrawn else ())
            self._deposits[paper.arxiv_id] = Deposit(paper, modtime.astimezone(UTC), withdrawn)
            self._announce(paper, day or listing_day(paper.published or modtime), 1)
        self._lists.clear()

    def announce(self, papers: Iterable[Paper], day: date) -> None:
        """New papers on a listing day: they show at 22:30 Eastern of the evening before."""
        self.load(replace(paper, announced=day) for paper in papers)

    def revise(
        self, arxiv_id: str, *, title: str | None = None, abstract: str | None = None, at: datetime | None = None
    ) -> None:
        """A new version."""
        paper = self[arxiv_id].paper
        self._add_version(replace(paper, title=title or paper.title, abstract=abstract or paper.abstract), at)

    def withdraw(self, arxiv_id: str, at: datetime | None = None) -> None:
        """A new version without a full text; the earlier ones stay."""
        self._add_version(replace(self[arxiv_id].paper, comment=WITHDRAWN, is_withdrawn=True), at)

    def restore(self, arxiv_id: str, at: datetime | None = None) -> None:
        """A new version with a full text, after a withdrawal."""
        self._add_version(replace(self[arxiv_id].paper, comment=None, is_withdrawn=False), at)

    def add_category(self, arxiv_id: str, category: str, at: datetime | None = None) -> None:
        """A cross-list that comes later: announced in its category, no new version."""
        paper = self[arxiv_id].paper
        self._change(replace(paper, categories=(*paper.categories, category)), at)
        self._log(Announced(listed_on(self[arxiv_id].modtime), category, arxiv_id, _number(paper), "cross"))

    def move_primary(self, arxiv_id: str, category: str, at: datetime | None = None) -> None:
        """Moderators move the paper: another category comes first, the rest stay."""
        paper = self[arxiv_id].paper
        categories = tuple(dict.fromkeys((category, *paper.categories)))
        self._change(replace(paper, categories=categories, primary_category=category), at)

    def drop_category(self, arxiv_id: str, category: str, at: datetime | None = None) -> None:
        """The paper leaves a category, and with it perhaps a set, which is told nowhere."""
        paper = self[arxiv_id].paper
        rest = tuple(name for name in paper.categories if name != category)
        self._change(replace(paper, categories=rest, primary_category=rest[0]), at)

    def set_journal_ref(self, arxiv_id: str, text: str, at: datetime | None = None) -> None:
        """The authors add where it was published: no new version."""
        self._change(replace(self[arxiv_id].paper, journal_ref=text), at)

    def touch(self, arxiv_id: str, at: datetime | None = None) -> None:
        """A change that shows nowhere but in the datestamp: the record moves to the end of the list."""
        self._change(self[arxiv_id].paper, at)

    def remove(self, arxiv_id: str) -> None:
        """The paper is gone, without a trace."""
        old = self._deposits.pop(arxiv_id)
        self._unlist(old)

    def _add_version(self, paper: Paper, at: datetime | None) -> None:
        at = (at or self.now).astimezone(UTC).replace(microsecond=0)
        number = _number(paper) + 1
        versions = (*paper.versions, PaperVersion(number, at))
        self._change(replace(paper, version=number, versions=versions, updated=at), at)
        for category in paper.categories:
            kind = "replace" if category == paper.primary_category else "replace-cross"
            self._log(Announced(listed_on(at), category, paper.arxiv_id, number, kind))

    def _change(self, paper: Paper, at: datetime | None) -> None:
        old = self[paper.arxiv_id]
        is_new_withdrawal = paper.is_withdrawn and paper.version != old.paper.version
        withdrawn = old.withdrawn | {_number(paper)} if is_new_withdrawal else old.withdrawn
        new = Deposit(paper, (at or self.now).astimezone(UTC).replace(microsecond=0), withdrawn)
        self._unlist(old)
        self._deposits[paper.arxiv_id] = new
        for set_spec in sets_of(paper.categories) & self._lists.keys():
            insort(self._lists[set_spec], new.key)

    def _unlist(self, old: Deposit) -> None:
        for set_spec in sets_of(old.paper.categories) & self._lists.keys():
            keys = self._lists[set_spec]
            del keys[bisect_left(keys, old.key)]

    def _list(self, set_spec: str) -> list[_Key]:
        if set_spec not in self._lists:
            members = (one for one in self._deposits.values() if set_spec in sets_of(one.paper.categories))
            self._lists[set_spec] = sorted(one.key for one in members)
        return self._lists[set_spec]

    def _announce(self, paper: Paper, day: date, version: int) -> None:
        for category in paper.categories:
            kind = "new" if category == paper.primary_category else "cross"
            self._log(Announced(day, category, paper.arxiv_id, version, kind))

    def _log(self, line: Announced) -> None:
        self.log.setdefault(line.day, []).append(line)


def listed_on(shown: datetime) -> date:
    """The listing day of a change that shows at that time: after 20:00 Eastern it is the next one."""
    day = (shown.astimezone(EASTERN) + timedelta(hours=24 - ANNOUNCED.hour)).date()
    while not has_listing(day):
        day += timedelta(days=1)
    return day


def _number(paper: Paper) -> int:
    return paper.version or 1


def _complete_history(paper: Paper) -> Paper:
    """Fill in what a file may not know: all versions, their times, the primary category."""
    primary = paper.primary_category or next(iter(paper.categories), None)
    if paper.versions:
        return replace(paper, primary_category=primary)
    first = paper.published or datetime.combine(_month_of(paper.arxiv_id), time(), UTC)
    number = _number(paper)
    versions = (
        PaperVersion(1, first),
        *(PaperVersion(n, paper.updated or first) for n in range(2, number + 1)),
    )
    return replace(
        paper,
        version=number,
        versions=versions,
        published=first,
        updated=versions[-1].submitted,
        primary_category=primary,
    )


def _month_of(arxiv_id: str) -> date:
    digits = arxiv_id.rpartition("/")[2][:4]
    year, month = int(digits[:2]), int(digits[2:])
    return date(year + (1900 if year > 90 else 2000), month, 1)  # noqa: PLR2004 -- the first ids are of 1991
