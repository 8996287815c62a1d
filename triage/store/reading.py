"""What the store holds of one paper, and which shortlists there are, as readers ask for them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.paper import PaperVersion
from triage.store.chunks import cut
from triage.store.models import ChangeRow, EntryRow, PaperRow, ShortlistRow, TagRow, VersionRow, VoteRow
from triage.store.ownership import of_reader, visible_tags
from triage.store.papers import StoredPaper, to_stored
from triage.store.reader_models import NoteRow


class ShortlistState(msgspec.Struct, frozen=True):
    """A shortlist by its natural key, and whether it is frozen."""

    topic: str
    week: str
    is_published: bool


class PlacedPaper(msgspec.Struct, frozen=True):
    """A paper's place in one shortlist."""

    shortlist: ShortlistState
    kind: str
    rank: int
    score: float
    reasons: tuple[str, ...]
    takeaway: str | None
    takeaway_source: str | None
    takeaway_by: str | None


class History(msgspec.Struct, frozen=True):
    """A paper's versions, from the first, and what arXiv changed of it, from the oldest: `{field: [before, after]}`."""

    versions: tuple[PaperVersion, ...]
    changes: tuple[tuple[datetime, dict[str, Any]], ...]


class VisibleTag(msgspec.Struct, frozen=True):
    """A label on a paper that a reader may see, and whose it is."""

    arxiv_id: str
    name: str
    reader: str
    is_shared: bool


class OwnMarks(msgspec.Struct, frozen=True):
    """What a reader did with a paper: votes by topic, and the note."""

    votes: dict[str, int]
    note: str | None


async def list_shortlists(session: AsyncSession) -> tuple[ShortlistState, ...]:
    """All there are, the newest week first, then by topic."""
    query = select(ShortlistRow.topic, ShortlistRow.week, ShortlistRow.published_at)
    rows = await session.execute(query.order_by(ShortlistRow.week.desc(), ShortlistRow.topic))
    return tuple(ShortlistState(topic, week, published is not None) for topic, week, published in rows)


async def find_paper(session: AsyncSession, arxiv_id: str) -> tuple[StoredPaper, str | None] | None:
    """The paper and the week that it was put in."""
    row = await session.scalar(select(PaperRow).where(PaperRow.arxiv_id == arxiv_id))
    return None if row is None else (to_stored(row), row.week)


async def load_history(session: AsyncSession, paper_key: int) -> History:
    """The versions and changes of a paper."""
    versions = select(VersionRow).where(VersionRow.paper_id == paper_key).order_by(VersionRow.version)
    changes = select(ChangeRow).where(ChangeRow.paper_id == paper_key).order_by(ChangeRow.number)
    return History(
        tuple(PaperVersion(row.version, row.submitted, row.is_withdrawn) for row in await session.scalars(versions)),
        tuple((row.seen_at, row.fields) for row in await session.scalars(changes)),
    )


async def list_places(session: AsyncSession, paper_key: int) -> tuple[PlacedPaper, ...]:
    """Where the paper stands, the newest week first, then by topic."""
    query = (
        select(EntryRow, ShortlistRow)
        .join(ShortlistRow, ShortlistRow.id == EntryRow.shortlist_id)
        .where(EntryRow.paper_id == paper_key)
        .order_by(ShortlistRow.week.desc(), ShortlistRow.topic)
    )
    return tuple(
        PlacedPaper(
            ShortlistState(shortlist.topic, shortlist.week, shortlist.published_at is not None),
            entry.kind,
            entry.rank,
            entry.score,
            tuple(entry.reasons),
            entry.takeaway,
            entry.takeaway_source,
            entry.takeaway_by,
        )
        for entry, shortlist in await session.execute(query)
    )


async def list_visible_tags(session: AsyncSession, arxiv_ids: Collection[str], reader: str) -> tuple[VisibleTag, ...]:
    """The labels on papers that the reader may see, by name, the own ones first."""
    found: list[VisibleTag] = []
    for chunk in cut(sorted(arxiv_ids)):
        query = select(TagRow).where(TagRow.arxiv_id.in_(chunk), visible_tags(reader))
        rows = await session.scalars(query)
        found += [VisibleTag(row.arxiv_id, row.name, row.reader, row.is_shared) for row in rows]
    return tuple(sorted(found, key=lambda tag: (tag.name, tag.reader != reader, tag.reader, tag.arxiv_id)))


async def load_own_marks(session: AsyncSession, arxiv_id: str, reader: str) -> OwnMarks:
    """The reader's own votes, in order of topics, and note."""
    votes = select(VoteRow.topic, VoteRow.value).where(of_reader(VoteRow, reader), VoteRow.arxiv_id == arxiv_id)
    note = select(NoteRow.text).where(of_reader(NoteRow, reader), NoteRow.arxiv_id == arxiv_id)
    values: dict[str, int] = dict((await session.execute(votes.order_by(VoteRow.topic))).all())
    return OwnMarks(values, await session.scalar(note))
