"""Votes and tags of readers, by arXiv id: a vote may come before its paper, and counts once the paper is there."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import case, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.account import SOLE_READER
from triage.store.audit_models import AdjudicationRow
from triage.store.chunks import cut
from triage.store.conflict import insert_missing, insert_or_update
from triage.store.models import PaperRow, TagRow, VoteRow
from triage.store.ownership import of_reader, visible_tags


class VoteCount(msgspec.Struct, frozen=True):
    """What recording votes did."""

    new: int
    changed: int
    unchanged: int


class Vote(msgspec.Struct, frozen=True):
    """A vote as it stands; `created_at` is when it became what it is (aware, UTC)."""

    arxiv_id: str
    topic: str
    value: int
    created_at: datetime


class TagUse(msgspec.Struct, frozen=True):
    """A tag over all papers on which a reader sees it; `is_mine` where one of them is the reader's own."""

    name: str
    papers: int
    is_shared: bool
    is_mine: bool


async def record_votes(
    session: AsyncSession,
    topic: str,
    votes: Mapping[str, int],
    origin: str,
    now: datetime,
    *,
    reader: str = SOLE_READER,
) -> VoteCount:
    """Set a reader's votes, 1, -1 or 0 (uncertain) by arXiv id; each replaces the old one; idempotent."""
    known: dict[str, VoteRow] = {}
    for chunk in cut(sorted(votes)):
        wanted = of_reader(VoteRow, reader), VoteRow.topic == topic, VoteRow.arxiv_id.in_(chunk)
        known |= {row.arxiv_id: row for row in await session.scalars(select(VoteRow).where(*wanted))}
    changed = [row for row in known.values() if row.value != votes[row.arxiv_id]]
    for row in changed:
        row.value, row.origin, row.created_at = votes[row.arxiv_id], origin, now
    fresh = [
        {"reader": reader, "topic": topic, "arxiv_id": arxiv_id, "value": value, "origin": origin, "created_at": now}
        for arxiv_id, value in votes.items()
        if arxiv_id not in known
    ]
    # An update where the same vote came in meanwhile: the last one stands.
    await insert_or_update(
        session, VoteRow, fresh, on=("reader", "topic", "arxiv_id"), set_=("value", "origin", "created_at")
    )
    return VoteCount(len(fresh), len(changed), len(known) - len(changed))


async def withdraw_votes(
    session: AsyncSession, topic: str, arxiv_ids: Iterable[str], *, reader: str = SOLE_READER
) -> int:
    """Forget a reader's votes on these papers, and say how many there were; idempotent."""
    wanted = of_reader(VoteRow, reader), VoteRow.topic == topic, VoteRow.arxiv_id.in_(list(arxiv_ids))
    return len((await session.scalars(delete(VoteRow).where(*wanted).returning(VoteRow.id))).all())


async def count_votes(session: AsyncSession, *, reader: str) -> dict[str, tuple[int, int]]:
    """By topic, how many papers the reader voted on, and how many of them relevant."""
    relevant = func.sum(case((VoteRow.value > 0, 1), else_=0))
    query = select(VoteRow.topic, func.count(), relevant).where(of_reader(VoteRow, reader)).group_by(VoteRow.topic)
    return {topic: (total, int(liked)) for topic, total, liked in sorted((await session.execute(query)).all())}


async def list_votes(session: AsyncSession, topic: str | None = None, *, reader: str = SOLE_READER) -> list[Vote]:
    """A reader's votes on a topic, or on all, by topic and arXiv id."""
    query = select(VoteRow).where(of_reader(VoteRow, reader)).order_by(VoteRow.topic, VoteRow.arxiv_id)
    if topic is not None:
        query = query.where(VoteRow.topic == topic)
    return [Vote(row.arxiv_id, row.topic, row.value, row.created_at) for row in await session.scalars(query)]


async def load_votes(session: AsyncSession, topic: str, tags: Iterable[str] = ()) -> dict[str, int]:
    """1 or -1 by arXiv id, over all readers; a paper with as many of each is absent; a tag of `tags` is a vote of 1.

    An uncertain vote counts for neither. What an editor settled stands in the place of all votes on the paper.
    """
    votes = select(VoteRow.arxiv_id, func.sum(VoteRow.value)).where(VoteRow.topic == topic).group_by(VoteRow.arxiv_id)
    sums: dict[str, int] = dict((await session.execute(votes)).all())
    tagged = select(TagRow.arxiv_id).where(TagRow.name.in_(list(tags))).distinct()
    for arxiv_id in await session.scalars(tagged):
        sums[arxiv_id] = sums.get(arxiv_id, 0) + 1
    settled = await session.execute(
        select(AdjudicationRow.arxiv_id, AdjudicationRow.value).where(AdjudicationRow.topic == topic)
    )
    sums |= dict(settled.all())
    return {arxiv_id: 1 if total > 0 else -1 for arxiv_id, total in sorted(sums.items()) if total}


async def list_voted(session: AsyncSession, tags: Iterable[str] = ()) -> set[str]:
    """The ids of all papers that somebody voted on, for any topic and however, or that an editor settled.

    Also those with a tag of `tags`. What `load_votes` leaves out, since readers are uncertain or at odds, is here.
    """
    tagged = select(TagRow.arxiv_id).where(TagRow.name.in_(list(tags)))
    queries = select(VoteRow.arxiv_id), select(AdjudicationRow.arxiv_id), tagged
    return {arxiv_id for query in queries for arxiv_id in await session.scalars(query.distinct())}


async def count_relevant(session: AsyncSession, topic: str, tags: Iterable[str] = ()) -> int:
    """How many papers of the store are relevant by the votes and `tags` of all readers."""
    votes = await load_votes(session, topic, tags)
    relevant = [arxiv_id for arxiv_id, value in votes.items() if value > 0]
    counts = [
        await session.scalar(select(func.count()).select_from(PaperRow).where(PaperRow.arxiv_id.in_(chunk)))
        for chunk in cut(relevant)
    ]
    return sum(count or 0 for count in counts)


async def hold_paper(session: AsyncSession, arxiv_id: str) -> None:
    """Let others who hold the paper wait until this transaction ends; on SQLite, writers take turns anyway."""
    await session.execute(select(PaperRow.id).where(PaperRow.arxiv_id == arxiv_id).with_for_update())


async def add_tags(
    session: AsyncSession,
    arxiv_ids: Iterable[str],
    name: str,
    now: datetime,
    *,
    reader: str = SOLE_READER,
    is_shared: bool | None = None,
) -> None:
    """Put a reader's tag on papers, for all to see or not; None: a new one is personal, one that is there stays.

    Idempotent.
    """
    rows = [
        {"reader": reader, "name": name, "arxiv_id": each, "created_at": now, "is_shared": bool(is_shared)}
        for each in arxiv_ids
    ]
    if is_shared is None:
        await insert_missing(session, TagRow, rows)
    else:
        await insert_or_update(session, TagRow, rows, on=("reader", "name", "arxiv_id"), set_=("is_shared",))


async def remove_tags(session: AsyncSession, arxiv_ids: Iterable[str], name: str, *, reader: str = SOLE_READER) -> int:
    """Take a reader's tag off papers, and say from how many; idempotent."""
    wanted = of_reader(TagRow, reader), TagRow.name == name, TagRow.arxiv_id.in_(list(arxiv_ids))
    return len((await session.scalars(delete(TagRow).where(*wanted).returning(TagRow.id))).all())


async def remove_shared_tag(session: AsyncSession, arxiv_id: str, name: str, *, owner: str) -> None:
    """Take a reader's tag off a paper if it is shared; a personal one stays; idempotent."""
    wanted = of_reader(TagRow, owner), TagRow.is_shared, TagRow.name == name, TagRow.arxiv_id == arxiv_id
    await session.execute(delete(TagRow).where(*wanted))


async def remove_tag_everywhere(session: AsyncSession, name: str, *, reader: str) -> None:
    """Take a reader's tag off all papers; idempotent."""
    await session.execute(delete(TagRow).where(of_reader(TagRow, reader), TagRow.name == name))


async def list_tags(session: AsyncSession, *, reader: str = SOLE_READER) -> dict[str, list[str]]:
    """A reader's own tags and the ids of the papers that carry them."""
    query = select(TagRow.name, TagRow.arxiv_id).where(of_reader(TagRow, reader)).order_by(TagRow.name, TagRow.arxiv_id)
    tags: dict[str, list[str]] = {}
    for name, arxiv_id in await session.execute(query):
        tags.setdefault(name, []).append(arxiv_id)
    return tags


async def count_tags(session: AsyncSession, *, reader: str) -> list[TagUse]:
    """The tags that a reader may see, by name."""
    query = (
        select(
            TagRow.name,
            func.count(TagRow.arxiv_id.distinct()),
            func.max(case((TagRow.is_shared, 1), else_=0)),
            func.max(case((of_reader(TagRow, reader), 1), else_=0)),
        )
        .where(visible_tags(reader))
        .group_by(TagRow.name)
    )
    rows = (await session.execute(query)).all()
    return [TagUse(name, papers, bool(is_shared), bool(is_mine)) for name, papers, is_shared, is_mine in sorted(rows)]


async def list_tagged(session: AsyncSession, name: str, *, reader: str) -> list[str]:
    """The ids of the papers on which a reader sees the tag, sorted."""
    query = select(TagRow.arxiv_id).where(visible_tags(reader), TagRow.name == name).distinct()
    return sorted(await session.scalars(query))
