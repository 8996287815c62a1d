"""Readers: who has an account, and the hash of what they type to sign in."""

from datetime import datetime

import msgspec
from sqlalchemy import Select, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.account import Reader, Role
from triage.errors import ConflictError
from triage.store.reader_models import ReaderRow


class Candidate(msgspec.Struct, frozen=True):
    """A reader who may sign in, and the hash that a password must fit; None where there is no password."""

    reader: Reader
    password_hash: str | None


async def insert_reader(session: AsyncSession, name: str, email: str, role: Role, now: datetime) -> Reader:
    """Add a reader; raises `ConflictError`, which ends the transaction, where the name or the address is taken."""
    row = ReaderRow(name=name, email=email, role=role.value, created_at=now)
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise ConflictError("There is a reader of that name or with that address already.") from error
    return _to_reader(row)


async def select_reader(session: AsyncSession, name: str) -> Reader | None:
    """The reader of that name, disabled ones included."""
    row = await session.scalar(select(ReaderRow).where(ReaderRow.name == name))
    return None if row is None else _to_reader(row)


async def select_readers(session: AsyncSession) -> tuple[Reader, ...]:
    """All of them, by name, disabled ones included."""
    return tuple(_to_reader(row) for row in await session.scalars(select(ReaderRow).order_by(ReaderRow.name)))


async def find_candidate(session: AsyncSession, email: str) -> Candidate | None:
    """The reader of that address (in lower case); None for a disabled one too."""
    row = await session.scalar(_enabled().where(ReaderRow.email == email))
    return None if row is None else Candidate(_to_reader(row), row.password_hash)


async def lock_reader(session: AsyncSession, name: str) -> Candidate | None:
    """The enabled reader of that name, whom no other transaction changes before this one ends."""
    row = await session.scalar(_enabled().where(ReaderRow.name == name).with_for_update())
    return None if row is None else Candidate(_to_reader(row), row.password_hash)


async def save_password_hash(session: AsyncSession, name: str, password_hash: str) -> None:
    """Put it in the place of the former one."""
    await session.execute(update(ReaderRow).where(ReaderRow.name == name).values(password_hash=password_hash))


async def mark_disabled(session: AsyncSession, name: str, now: datetime) -> None:
    """From now on nothing that the reader has proves anything; the first time stands."""
    await session.execute(
        update(ReaderRow).where(ReaderRow.name == name, ReaderRow.disabled_at.is_(None)).values(disabled_at=now)
    )


def _enabled() -> Select[ReaderRow]:
    return select(ReaderRow).where(ReaderRow.disabled_at.is_(None))


def _to_reader(row: ReaderRow) -> Reader:
    return Reader(
        name=row.name,
        email=row.email,
        role=Role(row.role),
        created_at=row.created_at,
        has_password=row.password_hash is not None,
        disabled_at=row.disabled_at,
    )
