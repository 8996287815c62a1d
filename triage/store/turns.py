"""Turns that transactions take on PostgreSQL, where writers do not wait for each other as they do on SQLite."""

import hashlib

from sqlalchemy import BigInteger, Connection, Select, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def take_turn(session: AsyncSession, name: str) -> None:
    """Wait until no other transaction has the turn `name`, and keep it until this one ends.

    For those who read, think and write: what they read before they wait is old, so this comes first.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(_lock(name))


def take_turn_on(connection: Connection, name: str) -> None:
    """The same on a connection without asyncio."""
    if connection.dialect.name == "postgresql":
        connection.execute(_lock(name))


def _lock(name: str) -> Select[tuple[None]]:
    digest = hashlib.sha256(f"triage {name}".encode()).digest()
    return select(func.pg_advisory_xact_lock(cast(int.from_bytes(digest[:8], signed=True), BigInteger)))
