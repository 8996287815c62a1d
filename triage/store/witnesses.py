"""What witnesses said of each category and listing day, and the papers they named that the store lacks."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, delete, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.conflict import insert_or_update
from triage.store.harvest_models import CheckRow, MissingRow
from triage.store.models import PaperRow


class Check(msgspec.Struct, frozen=True):
    """How many papers a witness counts in a category and listing day; a stale one showed an older batch."""

    category: str
    day: date
    witness: str
    expected: int
    is_stale: bool
    checked_at: datetime


class Missing(msgspec.Struct, frozen=True):
    """A paper that a witness named and the store lacks; `reason` says why it did not come when it was asked for."""

    arxiv_id: str
    categories: tuple[str, ...]
    day: date
    witness: str
    found_at: datetime
    asked_at: datetime | None = None
    reason: str = ""


async def save_checks(session: AsyncSession, checks: Iterable[Check], *, is_replay: bool = False) -> None:
    """Put what a witness says now in place of what it said before, but nothing stale in place of what was not.

    Each witness, category and day may come once. A replay changes nothing that was said at its time or later.
    """
    rows = [msgspec.structs.asdict(check) for check in checks]
    await insert_or_update(
        session,
        CheckRow,
        rows,
        on=("category", "day", "witness"),
        set_=("expected", "is_stale", "checked_at"),
        when=_is_later_word if is_replay else _is_good_word,
    )


async def load_checks(session: AsyncSession, days: Collection[date]) -> list[Check]:
    """Everything that was said of those listing days."""
    rows = await session.scalars(select(CheckRow).where(CheckRow.day.in_(days)).order_by(CheckRow.id))
    return [Check(row.category, row.day, row.witness, row.expected, row.is_stale, row.checked_at) for row in rows]


async def note_missing(session: AsyncSession, missing: Sequence[Missing]) -> None:
    """Keep them, each once, from the first time it was missed, with the reason of the last time it was asked for."""
    rows = [msgspec.structs.asdict(one) | {"categories": list(one.categories)} for one in missing]
    await insert_or_update(session, MissingRow, rows, on=("arxiv_id",), set_=("asked_at", "reason"))


async def settle_missing(session: AsyncSession, answered: Collection[str] = ()) -> None:
    """Forget those that have come in, and the ids that arXiv answered for, whatever became of them."""
    is_settled = or_(MissingRow.arxiv_id.in_(select(PaperRow.arxiv_id)), MissingRow.arxiv_id.in_(answered))
    await session.execute(delete(MissingRow).where(is_settled))


async def list_missing(session: AsyncSession) -> list[Missing]:
    """Everything that is still missing, by listing day; what came in by another way is not."""
    query = select(MissingRow).where(MissingRow.arxiv_id.not_in(select(PaperRow.arxiv_id)))
    rows = await session.scalars(query.order_by(MissingRow.day, MissingRow.arxiv_id))
    return [
        Missing(row.arxiv_id, tuple(row.categories), row.day, row.witness, row.found_at, row.asked_at, row.reason)
        for row in rows
    ]


def _is_good_word(new: Any, old: Any) -> ColumnElement[bool]:
    return or_(old.is_stale, not_(new.is_stale))


def _is_later_word(new: Any, old: Any) -> ColumnElement[bool]:
    return and_(_is_good_word(new, old), new.checked_at > old.checked_at)
