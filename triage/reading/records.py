"""The records that readers get, as programs read them; pages show the same ones."""

from datetime import date, datetime
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

LONGEST_NOTE = 10_000
MOST_TAGS = 50
"""Characters of a note, and tags of one reader on one paper."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Part of a list in a total order that does not change between requests; `total` counts all of it."""

    items: tuple[T, ...]
    total: int
    offset: int
    limit: int


class TagView(msgspec.Struct, frozen=True):
    """A label on a paper; `is_mine` tells it from one that another reader shared (`reader`)."""

    name: str
    reader: str
    is_shared: bool
    is_mine: bool


class TagSummary(msgspec.Struct, frozen=True):
    """A label over all papers that carry it, as one reader sees it."""

    name: str
    papers: int
    is_shared: bool
    is_mine: bool


class TopicView(msgspec.Struct, frozen=True):
    """A topic of the rubric in force; `weeks` have a shortlist, the newest first."""

    name: str
    title: str
    definition: str
    weeks: tuple[str, ...]


class WeekView(msgspec.Struct, frozen=True):
    """A week of the store; `shortlists` names the topics that have one, `published` those whose list is frozen."""

    week: str
    papers: int
    shortlists: tuple[str, ...]
    published: tuple[str, ...]


class PaperCard(msgspec.Struct, frozen=True):
    """A paper in a list. `score` is the probability of relevance for the topic asked for, else of its best topic."""

    arxiv_id: str
    title: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    announced: date | None
    week: str | None
    is_withdrawn: bool
    topic: str | None
    score: float | None
    tags: tuple[TagView, ...] = ()


class Hit(msgspec.Struct, frozen=True):
    """A paper that a search found. `by` says how: `id`, `words`, `meaning`; `closeness` orders the hits."""

    paper: PaperCard
    by: tuple[str, ...]
    closeness: float


class VersionView(msgspec.Struct, frozen=True):
    """One version in a paper's history."""

    version: int
    submitted: datetime | None
    is_withdrawn: bool


class TopicScore(msgspec.Struct, frozen=True):
    """The newest score of a paper for a topic. `parts` add up to its logit.

    `is_current` tells whether rubric and text are still those that it was made with.
    """

    topic: str
    score: float
    parts: dict[str, float]
    why: tuple[str, ...]
    fingerprint: str
    scorer: str
    scored_at: datetime
    is_current: bool


class PlaceView(msgspec.Struct, frozen=True):
    """Where a paper stands on a shortlist; `kind` is `ranked` or `exploration`."""

    topic: str
    week: str
    kind: str
    rank: int
    score: float
    takeaway: str | None
    reasons: tuple[str, ...]
    is_published: bool


class Settled(msgspec.Struct, frozen=True):
    """What an editor settled about a paper: 1 relevant for the topic, -1 not, 0 left open; and why."""

    topic: str
    value: int
    reason: str
    settled_at: datetime


class Change(msgspec.Struct, frozen=True):
    """What arXiv changed of a paper that was known: `{field: [before, after]}`."""

    seen_at: datetime
    fields: dict[str, list[object]]


class PaperView(msgspec.Struct, frozen=True):
    """All there is to say of a paper, and what the asking reader did with it.

    `takeaway` is the one of its newest shortlist, else the sentence of the abstract that would be taken. What editors
    settled is, like tags, for readers who are known by name.
    """

    arxiv_id: str
    version: int | None
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    primary_category: str | None
    announced: date | None
    week: str | None
    published: datetime | None
    updated: datetime | None
    comment: str | None
    doi: str | None
    journal_ref: str | None
    is_withdrawn: bool
    url: str
    takeaway: str | None
    takeaway_source: str | None
    takeaway_by: str | None
    scores: tuple[TopicScore, ...]
    places: tuple[PlaceView, ...]
    versions: tuple[VersionView, ...]
    changes: tuple[Change, ...]
    votes: dict[str, int]
    tags: tuple[TagView, ...]
    note: str | None
    settled: tuple[Settled, ...]
