"""Sessions, tokens and links: found by the public part of a key, proven by the digest of its secret part."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.account import Key, KeyKind, Role, Scope, TokenView
from triage.store.ownership import of_reader
from triage.store.reader_models import CredentialRow, ReaderRow

_KEPT = timedelta(days=1)
"""How long ended sessions and links are kept, so that the links of the last hour can be counted."""


class Credential(msgspec.Struct, frozen=True):
    """A key that is in force as far as the database knows; whether it is proven and in time is still to be seen."""

    kind: KeyKind
    digest: str
    reader: str
    role: Role
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


async def insert_credential(session: AsyncSession, kind: KeyKind, reader: str, key: Key, view: TokenView) -> None:
    """Keep a new key: its digest, not its secret."""
    session.add(
        CredentialRow(
            kind=kind,
            public=key.public,
            digest=key.digest,
            reader=reader,
            label=view.label,
            scopes=[scope.value for scope in view.scopes],
            created_at=view.created_at,
            expires_at=view.expires_at,
        )
    )
    await session.flush()


async def find_credential(session: AsyncSession, public: str) -> Credential | None:
    """The one of that public part, by index; None for a revoked one and for those of disabled readers too."""
    query = (
        select(CredentialRow, ReaderRow.role)
        .join(ReaderRow, ReaderRow.name == CredentialRow.reader)
        .where(CredentialRow.public == public, CredentialRow.revoked_at.is_(None), ReaderRow.disabled_at.is_(None))
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    row, role = found
    return Credential(
        kind=row.kind,
        digest=row.digest,
        reader=row.reader,
        role=Role(role),
        scopes=frozenset(map(Scope, row.scopes)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )


async def mark_used(session: AsyncSession, public: str, now: datetime) -> None:
    """Note when it was last used."""
    await session.execute(update(CredentialRow).where(CredentialRow.public == public).values(last_used_at=now))


async def revoke_one(session: AsyncSession, reader: str, kind: KeyKind, public: str, now: datetime) -> bool:
    """End one of the reader's own; whether it was there and in force: of two at the same time, one is told yes."""
    return bool(
        await _revoke(session, now, of_reader(CredentialRow, reader), _is(kind), CredentialRow.public == public)
    )


async def revoke_all(session: AsyncSession, reader: str, kinds: Collection[KeyKind], now: datetime) -> int:
    """End all of the reader's own of these kinds, and say how many there were."""
    return await _revoke(session, now, of_reader(CredentialRow, reader), CredentialRow.kind.in_(kinds))


async def select_tokens(session: AsyncSession, reader: str) -> tuple[TokenView, ...]:
    """The reader's own that were not revoked, expired ones included, the newest first."""
    query = (
        select(CredentialRow)
        .where(of_reader(CredentialRow, reader), _is("token"), CredentialRow.revoked_at.is_(None))
        .order_by(CredentialRow.created_at.desc(), CredentialRow.id.desc())
    )
    return tuple(map(_to_view, await session.scalars(query)))


async def count_credentials(session: AsyncSession, reader: str, kind: KeyKind, since: datetime) -> int:
    """How many of the reader's own were made since then and are in force."""
    query = select(func.count()).where(
        of_reader(CredentialRow, reader),
        _is(kind),
        CredentialRow.created_at > since,
        CredentialRow.revoked_at.is_(None),
    )
    return await session.scalar(query) or 0


async def forget_ended(session: AsyncSession, reader: str, now: datetime) -> None:
    """Drop the reader's sessions and links that ended a day ago or earlier; tokens are kept for their owner to see."""
    await session.execute(
        delete(CredentialRow).where(
            of_reader(CredentialRow, reader),
            CredentialRow.kind.in_(("session", "link")),
            CredentialRow.expires_at < now - _KEPT,
        )
    )


async def _revoke(session: AsyncSession, now: datetime, *wanted: ColumnElement[bool]) -> int:
    statement = update(CredentialRow).where(CredentialRow.revoked_at.is_(None), *wanted).values(revoked_at=now)
    return len((await session.scalars(statement.returning(CredentialRow.id))).all())


def _is(kind: KeyKind) -> ColumnElement[bool]:
    return CredentialRow.kind == kind


def _to_view(row: CredentialRow) -> TokenView:
    return TokenView(
        public=row.public,
        label=row.label,
        scopes=_order(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )


def _order(scopes: Iterable[str]) -> tuple[Scope, ...]:
    return tuple(scope for scope in Scope if scope in set(scopes))
