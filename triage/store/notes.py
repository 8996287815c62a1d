"""What readers wrote beside papers; a note is its owner's alone."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.conflict import insert_or_update
from triage.store.ownership import of_reader
from triage.store.reader_models import NoteRow


async def save_note(session: AsyncSession, arxiv_id: str, text: str, now: datetime, *, reader: str) -> None:
    """Put a reader's note in place of the one before; idempotent."""
    row = {"reader": reader, "arxiv_id": arxiv_id, "text": text, "updated_at": now}
    await insert_or_update(session, NoteRow, [row], on=("reader", "arxiv_id"), set_=("text", "updated_at"))


async def load_note(session: AsyncSession, arxiv_id: str, *, reader: str) -> str | None:
    """The reader's note on a paper."""
    return await session.scalar(select(NoteRow.text).where(of_reader(NoteRow, reader), NoteRow.arxiv_id == arxiv_id))


async def delete_note(session: AsyncSession, arxiv_id: str, *, reader: str) -> None:
    """Forget the reader's note on a paper; idempotent."""
    await session.execute(delete(NoteRow).where(of_reader(NoteRow, reader), NoteRow.arxiv_id == arxiv_id))
