"""Insert what is missing, the same way on both databases."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.base import Base


async def insert_missing(session: AsyncSession, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, leaving any that a unique key already holds as they are; idempotent."""
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    # The table, not the class: an ORM insert goes row by row where some have None and others not, 5 times as slow.
    table = cast("Table", model.__table__)
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    await session.execute(statement.on_conflict_do_nothing(), list(rows))


async def insert_or_update(
    session: AsyncSession,
    model: type[Base],
    rows: Sequence[dict[str, Any]],
    *,
    on: Sequence[str],
    set_: Sequence[str],
    when: Callable[[Any, Any], ColumnElement[bool]] | None = None,
) -> None:
    """Insert rows; where the unique key `on` holds one, set its columns `set_`. No key may come twice; idempotent.

    `when`, called with the columns of the new row and of the old one, says whether the old one is to be changed.
    """
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    table = cast("Table", model.__table__)
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    values = {name: statement.excluded[name] for name in set_}
    where = None if when is None else when(statement.excluded, table.c)
    await session.execute(
        statement.on_conflict_do_update(index_elements=list(on), set_=values, where=where), list(rows)
    )
