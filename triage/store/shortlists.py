"""Shortlists in the store: rebuilt freely until published, then frozen."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from triage.errors import ConflictError
from triage.store.models import EntryRow, PaperRow, ShortlistRow
from triage.store.turns import take_turn


class Entry(msgspec.Struct, frozen=True):
    """One place; `rank` counts from 1 within its kind, `ranked` or `exploration`.

    `version` is the one that was ranked (None where unknown), `newest` the paper's newest now. `takeaway_by` is the
    judge that wrote the takeaway, None for an extract; `takeaways` are those in other languages, by language;
    `judgement` is `judged`, `not judged`, or None in lists that were made before there were judges.
    """

    kind: str
    rank: int
    arxiv_id: str
    title: str
    score: float
    reasons: tuple[str, ...]
    takeaway: str | None
    takeaway_source: str | None
    is_withdrawn: bool = False
    version: int | None = None
    newest: int | None = None
    takeaway_by: str | None = None
    takeaways: dict[str, str] = {}
    judgement: str | None = None

    @property
    def takeaway_model(self) -> str | None:
        """The model that wrote the takeaway, without where it is served."""
        return self.takeaway_by and self.takeaway_by.rpartition("/")[2]

    @property
    def is_revised(self) -> bool:
        """Whether the paper has a newer version than the one that was ranked."""
        return self.version is not None and self.newest is not None and self.newest > self.version


class Shortlist(msgspec.Struct, frozen=True):
    """One topic and week. `considered` is how many papers it was chosen from."""

    topic: str
    week: str
    size: int
    fingerprint: str
    scorer: str
    considered: int
    built_at: datetime
    published_at: datetime | None
    entries: tuple[Entry, ...]

    @property
    def ranked(self) -> tuple[Entry, ...]:
        """The list itself."""
        return tuple(entry for entry in self.entries if entry.kind == "ranked")

    @property
    def is_judged(self) -> bool:
        """Whether a judge spoke on any of its papers; only then is it worth saying that it did not on others."""
        return any(entry.judgement == "judged" for entry in self.entries)

    @property
    def explored(self) -> tuple[Entry, ...]:
        """The places beside it."""
        return tuple(entry for entry in self.entries if entry.kind == "exploration")


async def load_shortlist(session: AsyncSession, topic: str, week: str) -> Shortlist | None:
    """The shortlist as it was built; titles, newest versions and withdrawals as they are now."""
    row = await session.scalar(select(ShortlistRow).where(ShortlistRow.topic == topic, ShortlistRow.week == week))
    if row is None:
        return None
    query = (
        select(EntryRow, PaperRow.arxiv_id, PaperRow.title, PaperRow.is_withdrawn, PaperRow.version)
        .join(PaperRow, PaperRow.id == EntryRow.paper_id)
        .where(EntryRow.shortlist_id == row.id)
        .order_by(EntryRow.kind.desc(), EntryRow.rank)
    )
    entries = tuple(
        Entry(
            entry.kind,
            entry.rank,
            arxiv_id,
            title,
            entry.score,
            tuple(entry.reasons),
            entry.takeaway,
            entry.takeaway_source,
            is_withdrawn,
            entry.version,
            newest,
            entry.takeaway_by,
            entry.takeaways,
            entry.judgement,
        )
        for entry, arxiv_id, title, is_withdrawn, newest in await session.execute(query)
    )
    return Shortlist(
        row.topic,
        row.week,
        row.size,
        row.fingerprint,
        row.scorer,
        row.considered,
        row.built_at,
        row.published_at,
        entries,
    )


async def replace_shortlist(session: AsyncSession, shortlist: Shortlist, paper_keys: Sequence[int]) -> None:
    """Put a shortlist in place of its draft; `ConflictError` when it is frozen; keys in the order of the entries."""
    await _take_turn(session, shortlist.topic, shortlist.week)
    query = select(ShortlistRow).where(ShortlistRow.topic == shortlist.topic, ShortlistRow.week == shortlist.week)
    old = await session.scalar(query)
    if old is not None and old.published_at is not None:
        raise ConflictError(f"The shortlist of {shortlist.topic} for {shortlist.week} is published and stays as it is.")
    if old is not None:
        await session.execute(delete(EntryRow).where(EntryRow.shortlist_id == old.id))
        await session.delete(old)
        await session.flush()
    row = ShortlistRow(
        topic=shortlist.topic,
        week=shortlist.week,
        size=shortlist.size,
        fingerprint=shortlist.fingerprint,
        scorer=shortlist.scorer,
        considered=shortlist.considered,
        built_at=shortlist.built_at,
        published_at=shortlist.published_at,
    )
    session.add(row)
    await session.flush()
    session.add_all(
        EntryRow(
            shortlist_id=row.id,
            paper_id=key,
            kind=entry.kind,
            rank=entry.rank,
            version=entry.version,
            score=entry.score,
            reasons=list(entry.reasons),
            takeaway=entry.takeaway,
            takeaway_source=entry.takeaway_source,
            takeaway_by=entry.takeaway_by,
            takeaways=entry.takeaways,
            judgement=entry.judgement,
        )
        for entry, key in zip(shortlist.entries, paper_keys, strict=True)
    )


async def confirm_shortlist(session: AsyncSession, topic: str, week: str, now: datetime) -> None:
    """Keep that a draft, built anew, came out the same; a frozen one stays as it is."""
    await _take_turn(session, topic, week)
    is_draft = ShortlistRow.topic == topic, ShortlistRow.week == week, ShortlistRow.published_at.is_(None)
    await session.execute(update(ShortlistRow).where(*is_draft, ShortlistRow.built_at < now).values(built_at=now))


async def publish_shortlist(session: AsyncSession, topic: str, week: str, now: datetime) -> None:
    """Freeze a shortlist for good; idempotent."""
    await _take_turn(session, topic, week)
    query = select(ShortlistRow).where(ShortlistRow.topic == topic, ShortlistRow.week == week)
    row = await session.scalar(query)
    if row is not None and row.published_at is None:
        row.published_at = now


async def list_published_papers(session: AsyncSession, topic: str, *, other_than: str) -> set[int]:
    """Keys of papers that stand in a frozen shortlist of the topic in another week: each is shown once."""
    query = (
        select(EntryRow.paper_id)
        .join(ShortlistRow, ShortlistRow.id == EntryRow.shortlist_id)
        .where(ShortlistRow.topic == topic, ShortlistRow.week != other_than, ShortlistRow.published_at.is_not(None))
    )
    return set(await session.scalars(query))


async def _take_turn(session: AsyncSession, topic: str, week: str) -> None:
    """So that nobody replaces what another freezes meanwhile, and no two make the first draft."""
    await take_turn(session, f"shortlist {topic} {week}")
