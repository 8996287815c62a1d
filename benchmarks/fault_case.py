"""A few days at a small arXiv: what is announced, held, revised, withdrawn and moved, and when it is harvested.

A `Timeline` follows from its number alone; a `World` lives through it, with a clock that moves only when somebody
sleeps, so that a run without a fault and a run with any number of them see the very same archive.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.oai import PageSizes
from triage.core.announcements import CUTOFF, closing_day, harvestable_at, has_listing, listings_between
from triage.core.paper import Paper, PaperVersion
from triage.core.week import EASTERN

FOLLOWED = ("cs.AI", "cs.CL", "cs.IR")
SIZES = (PageSizes(8, 30), PageSizes(12, 1000), PageSizes(20, 40))
_SHOWN_IN = (
    *(("cs.IR",), ("cs.CL",), ("cs.AI",), ("cs.IR", "cs.CL"), ("cs.AI", "cs.IR", "stat.ML"), ("cs.CL", "cs.AI")),
    *(("cs.CV", "cs.IR"), ("math.ST", "cs.AI"), ("cs.CV",), ("cs.CV",), ("cs.CV", "cs.RO"), ("math.ST",)),
)
_OTHER = ("cs.CV",)
_FIRST_DAYS = (date(2026, 2, 2), date(2026, 10, 30))  # both DST switches, and most deferred days, lie between
_HELD = timedelta(days=10)
_HELD_SHARE, _BETWEEN_PAGES_SHARE, _RESTORED_SHARE = 0.1, 0.4, 0.6
_RECENT = timedelta(days=12)  # before the first harvest, which reads two weeks
_DAY = timedelta(days=1)


class Clock:
    """Time that passes only when somebody sleeps; seconds since `epoch` for those who measure, `now` for the rest."""

    def __init__(self) -> None:
        self._epoch = self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._seconds = 0.0

    def start(self, moment: datetime) -> None:
        """A new life, from that time on."""
        self._epoch, self._seconds = moment, 0.0

    def advance(self, moment: datetime) -> None:
        """Let time pass until then, if it has not passed already."""
        self._seconds = max(self._seconds, (moment - self._epoch).total_seconds())

    def now(self) -> datetime:
        """The true time, UTC."""
        return self._epoch + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass at once."""
        self._seconds += seconds


class Change(NamedTuple):
    """What happens to a paper: a method of `FakeArchive`, and a category or a text for it."""

    at: datetime
    act: str
    arxiv_id: str
    value: str = ""


class Timeline(msgspec.Struct, frozen=True):
    """Everything that happens, sorted by time; `final` is the last harvest, which nothing disturbs."""

    papers: tuple[Paper, ...]
    changes: tuple[Change, ...]
    harvests: tuple[datetime, ...]
    final: datetime
    sizes: PageSizes


class World:
    """An archive that lives through a timeline by a clock."""

    def __init__(self, timeline: Timeline, clock: Clock) -> None:
        self.timeline = timeline
        self.clock = clock
        clock.start(timeline.harvests[0] - _DAY)
        self.archive = FakeArchive(clock.now, timeline.papers)
        self._coming = iter(timeline.changes)
        self._next = next(self._coming, None)

    def catch_up(self) -> None:
        """Let happen what is due."""
        while self._next is not None and self._next.at <= self.clock.now():
            _apply(self.archive, self._next)
            self._next = next(self._coming, None)

    def list_recent(self) -> list[str]:
        """The papers that show now and changed since two weeks before the first harvest, oldest change first."""
        self.catch_up()
        start = datetime.combine(self.timeline.harvests[0].date() - timedelta(days=14), datetime.min.time(), UTC)
        return [one.paper.arxiv_id for one in self.archive.list_changes("cs", start, None)]

    def list_followed(self) -> dict[str, Paper]:
        """Those of them in a followed category."""
        recent = (self.archive[arxiv_id].paper for arxiv_id in self.list_recent())
        return {one.arxiv_id: one for one in recent if not set(FOLLOWED).isdisjoint(one.categories)}


def _apply(archive: FakeArchive, change: Change) -> None:
    at, key = change.at, change.arxiv_id
    if change.act == "revise":
        paper = archive[key].paper
        archive.revise(key, title=f"{paper.title}, again", abstract=f"{paper.abstract} {change.value}", at=at)
    elif change.act in {"add_category", "move_primary", "set_journal_ref"}:
        getattr(archive, change.act)(key, change.value, at=at)
    else:
        getattr(archive, change.act)(key, at=at)


def make_timeline(number: str, *, is_daily: bool = False) -> Timeline:
    """A timeline of its own for each number: 1 to 3 harvests and a last one, with outages, over 50 to 110 papers.

    `is_daily`: 8 harvests, one on each day.
    """
    rng = Random(number)
    first, last = _FIRST_DAYS
    day = first + timedelta(days=rng.randrange((last - first).days))
    harvests = _plan_harvests(rng, day, [1] * 8 if is_daily else None)
    final = harvests[-1] + _DAY
    papers = _make_papers(rng, harvests[0], final)
    changes = _make_changes(rng, papers, harvests, final)
    return Timeline(papers, changes, harvests, final, rng.choice(SIZES))


def _plan_harvests(rng: Random, day: date, steps: Sequence[int] | None) -> tuple[datetime, ...]:
    """Mostly once a day at one hour; sometimes a few days, seldom more than a week, nobody harvests."""
    hour = timedelta(hours=rng.choice((3, 4, 5, 9, 14, 21)), minutes=rng.randrange(60))
    count = rng.choice((1, 2, 2, 3))
    steps = steps or [rng.choice((1, 1, 1, 1, 2, 3, rng.choice((1, 9)))) for _ in range(count)]
    return tuple(
        datetime.combine(day + _DAY * sum(steps[:n]), datetime.min.time(), UTC) + hour for n in range(len(steps))
    )


def _make_papers(rng: Random, first: datetime, final: datetime) -> tuple[Paper, ...]:
    """Old ones, those of the days before the first harvest, and a batch for every listing day until the last.

    No listing day of the last weeks is without a paper, as none is at arXiv.
    """
    since, end = first.date() - _RECENT, final.date()
    old = [day for day in (since - rng.randint(15, 60) * _DAY for _ in range(8)) if has_listing(day)]
    coming = listings_between(first.date(), end)
    days = [day for day in listings_between(since, first.date() - _DAY) for _ in range(rng.randint(1, 2))]
    days += [day for day in coming for _ in range(rng.randint(1, max(2, 36 // len(coming))))]
    papers = [
        _make_paper(rng, number, day, count=rng.choice((1, 1, 2, 3))) for number, day in enumerate(sorted(old), 1)
    ]
    papers += [_make_paper(rng, number, day) for number, day in enumerate(days, 10)]
    return (
        *papers,
        *(_make_other(number, day) for number, day in enumerate(listings_between(since - _RECENT, end), 500)),
    )


def _make_other(number: int, day: date) -> Paper:
    """A paper that nobody here follows."""
    return replace(_make_paper(Random(number), number, day), categories=_OTHER, primary_category=_OTHER[0])


def _make_paper(rng: Random, number: int, day: date, count: int = 1) -> Paper:
    """A paper of a listing day, with so many versions, seldom held by moderators."""
    closes = datetime.combine(closing_day(day), CUTOFF, EASTERN).astimezone(UTC)
    published = (
        closes - timedelta(seconds=rng.randint(60, 20 * 3600)) - (_HELD if rng.random() < _HELD_SHARE else timedelta())
    )
    versions = tuple(PaperVersion(n + 1, published + timedelta(minutes=n)) for n in range(count))
    categories = rng.choice(_SHOWN_IN)
    return Paper(
        arxiv_id=f"{day:%y%m}.{number:05d}",
        version=count,
        title=f"On <item> {number} & its $\\alpha$-neighbours",
        abstract=f"We study item {number}. It works in {number % 10} of 10 cases.",
        authors=("Ada Example", f"Bo Sample-{number}"),
        categories=categories,
        primary_category=categories[0],
        published=published,
        updated=versions[-1].submitted,
        announced=day,
        comment=f"{number} pages" if number % 2 else None,
        doi=f"10.1000/{number}" if number % 5 == 0 else None,
        versions=versions,
    )


def _make_changes(
    rng: Random, papers: Iterable[Paper], harvests: tuple[datetime, ...], final: datetime
) -> tuple[Change, ...]:
    """A quarter of the papers change, some again and again, some while a harvest pages through the list."""
    changes: list[Change] = []
    for paper in papers:
        while rng.random() < 1 / 4:
            changes += _change(rng, paper, harvests, final)
    favourite = rng.choice(list(papers))
    changes += [Change(at, "revise", favourite.arxiv_id, f"v{n}") for n, at in enumerate(harvests * 2)]
    shown = {paper.arxiv_id: harvestable_at(paper.announced) for paper in papers if paper.announced}
    kept = (one for one in changes if shown[one.arxiv_id] < one.at < final)
    return _drop_nonsense(sorted(kept), papers)


def _change(rng: Random, paper: Paper, harvests: tuple[datetime, ...], final: datetime) -> list[Change]:
    at = harvests[0] + rng.random() * (final - harvests[0])
    if rng.random() < _BETWEEN_PAGES_SHARE:  # between two pages
        at = rng.choice(harvests) + timedelta(seconds=rng.randint(1, 40))
    at = at.replace(microsecond=0)
    act = rng.choice(("revise", "revise", "withdraw", "add_category", "move_primary", "set_journal_ref", "touch"))
    value = {
        "revise": f"Version of {at:%d %H:%M}.",
        "add_category": rng.choice(FOLLOWED),
        "move_primary": rng.choice((*FOLLOWED, "cs.CV")),
        "set_journal_ref": f"J. Ex. {at:%d}",
    }.get(act, "")
    after = [Change(at + rng.choice((1, 30)) * timedelta(hours=1), "restore", paper.arxiv_id)] * (
        act == "withdraw" and rng.random() < _RESTORED_SHARE
    )
    return [Change(at, act, paper.arxiv_id, value), *after]


def _drop_nonsense(changes: Iterable[Change], papers: Iterable[Paper]) -> tuple[Change, ...]:
    """No cross-list where the paper is listed already, and nothing restored that is not withdrawn."""
    known = {paper.arxiv_id: paper for paper in papers}
    kept = []
    for change in changes:
        paper = known[change.arxiv_id]
        if change.act == "add_category" and change.value in paper.categories:
            continue
        if (change.act == "restore") != paper.is_withdrawn and change.act in {"restore", "withdraw", "revise"}:
            continue
        if change.act in {"add_category", "move_primary"}:
            paper = replace(paper, categories=tuple(dict.fromkeys((*paper.categories, change.value))))
        is_withdrawn = change.act == "withdraw" or (paper.is_withdrawn and change.act != "restore")
        known[change.arxiv_id] = replace(paper, is_withdrawn=is_withdrawn)
        kept.append(change)
    return tuple(kept)
