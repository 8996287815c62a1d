"""Votes and tags of readers, by arXiv id: a vote may come before its paper, and counts once the paper is there."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.account import SOLE_READER
from triage.store.conflict import insert_missing
from triage.store.models import TagRow, VoteRow


class VoteCount(msgspec.Struct, frozen=True):
    """What recording votes did."""

    new: int
    changed: int
    unchanged: int


async def record_votes(
    session: AsyncSession,
    topic: str,
    votes: Mapping[str, int],
    origin: str,
    now: datetime,
    *,
    reader: str = SOLE_READER,
) -> VoteCount:
    """Set a reader's votes, 1 or -1 by arXiv id; a new vote on the same paper replaces the old one; idempotent."""
    query = select(VoteRow).where(VoteRow.reader == reader, VoteRow.topic == topic)
    known = {row.arxiv_id: row for row in await session.scalars(query) if row.arxiv_id in votes}
    changed = [row for row in known.values() if row.value != votes[row.arxiv_id]]
    for row in changed:
        row.value, row.origin, row.created_at = votes[row.arxiv_id], origin, now
    fresh = [
        {"reader": reader, "topic": topic, "arxiv_id": arxiv_id, "value": value, "origin": origin, "created_at": now}
        for arxiv_id, value in votes.items()
        if arxiv_id not in known
    ]
    await insert_missing(session, VoteRow, fresh)
    return VoteCount(len(fresh), len(changed), len(known) - len(changed))


async def withdraw_votes(
    session: AsyncSession, topic: str, arxiv_ids: Iterable[str], *, reader: str = SOLE_READER
) -> int:
    """Forget a reader's votes on these papers, and say how many there were; idempotent."""
    wanted = VoteRow.reader == reader, VoteRow.topic == topic, VoteRow.arxiv_id.in_(list(arxiv_ids))
    return len((await session.scalars(delete(VoteRow).where(*wanted).returning(VoteRow.id))).all())


async def load_votes(session: AsyncSession, topic: str, tags: Iterable[str] = ()) -> dict[str, int]:
    """1 or -1 by arXiv id, over all readers; a paper with as many of each is absent; a tag of `tags` is a vote of 1."""
    votes = select(VoteRow.arxiv_id, func.sum(VoteRow.value)).where(VoteRow.topic == topic).group_by(VoteRow.arxiv_id)
    sums: dict[str, int] = dict((await session.execute(votes)).all())
    tagged = select(TagRow.arxiv_id).where(TagRow.name.in_(list(tags))).distinct()
    for arxiv_id in await session.scalars(tagged):
        sums[arxiv_id] = sums.get(arxiv_id, 0) + 1
    return {arxiv_id: 1 if total > 0 else -1 for arxiv_id, total in sorted(sums.items()) if total}


async def add_tags(
    session: AsyncSession, arxiv_ids: Iterable[str], name: str, now: datetime, *, reader: str = SOLE_READER
) -> None:
    """Put a tag on papers; idempotent."""
    rows = [{"reader": reader, "name": name, "arxiv_id": arxiv_id, "created_at": now} for arxiv_id in arxiv_ids]
    await insert_missing(session, TagRow, rows)


async def remove_tags(session: AsyncSession, arxiv_ids: Iterable[str], name: str, *, reader: str = SOLE_READER) -> None:
    """Take a tag off papers; idempotent."""
    wanted = TagRow.reader == reader, TagRow.name == name, TagRow.arxiv_id.in_(list(arxiv_ids))
    await session.execute(delete(TagRow).where(*wanted))


async def list_tags(session: AsyncSession, *, reader: str = SOLE_READER) -> dict[str, list[str]]:
    """A reader's tags and the ids of the papers that carry them."""
    query = select(TagRow.name, TagRow.arxiv_id).where(TagRow.reader == reader).order_by(TagRow.name, TagRow.arxiv_id)
    tags: dict[str, list[str]] = {}
    for name, arxiv_id in await session.execute(query):
        tags.setdefault(name, []).append(arxiv_id)
    return tags
