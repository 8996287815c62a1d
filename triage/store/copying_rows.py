"""Rows as they are copied and compared: the same Python values from either kind of database."""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    BindParameter,
    Cast,
    Column,
    Dialect,
    Executable,
    Table,
    Text,
    bindparam,
    cast,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from triage.errors import StoreError
from triage.store.engine import translate_errors

Rows = Sequence[tuple[Any, ...]]
BATCH = 500
"""Rows in memory at a time: 1 MB of vectors, and no more than some tens of MB of the largest mails."""
_MODULUS = 1 << 256
_NUL = "\0"


class Fingerprint:
    """Rows of a table, counted and hashed in whatever order they come.

    A row is hashed (SHA-256) in MessagePack: times in UTC to the microsecond, floats by their 8 bytes, JSON as it is
    written. The hashes are added up (mod 2^256), so that a row lost, changed or doubled shows, and order does not: two
    kinds of database sort text differently.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0
        self._encoder = msgspec.msgpack.Encoder()

    def add(self, rows: Rows) -> None:
        """Take more rows in."""
        encode, sha256 = self._encoder.encode, hashlib.sha256
        self._sum += sum(int.from_bytes(sha256(encode(row)).digest(), "big") for row in rows)
        self._sum %= _MODULUS
        self.rows += len(rows)

    @property
    def digest(self) -> str:
        """64 hexadecimal digits; 0 throughout without any row."""
        return f"{self._sum:064x}"


async def read_rows(connection: AsyncConnection, table: Table) -> AsyncGenerator[Rows]:
    """All rows by key, `BATCH` at a time, columns in the order of the model; raises `StoreError`."""
    columns = [cast(each, Text) if isinstance(each.type, JSON) else each for each in table.columns]
    query = select(*columns).order_by(*table.primary_key.columns)
    with translate_errors(connection.engine.url):
        try:
            async with connection.stream(query, execution_options={"yield_per": BATCH}) as result:
                async for part in result.partitions(BATCH):
                    yield [tuple(row) for row in part]
        except ValueError as error:  # a time that is none, which SQLite keeps
            where = connection.engine.url.render_as_string()
            raise StoreError(f"Table {table.name} of {where} holds a value that cannot be read: {error}.") from error


class Writer:
    """Puts rows into a table as `read_rows` gave them, keys included."""

    def __init__(self, connection: AsyncConnection, table: Table) -> None:
        self._connection, self._table = connection, table
        self._names = [f"value_{each.name}" for each in table.columns]
        self._statement = _make_insert(table, connection.dialect)

    async def write(self, rows: Rows) -> None:
        """Raises `StoreError` that names table and key of a row the database does not take."""
        try:
            await self._insert(rows)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            key, reason = await self._find_refused(rows, error)
            raise StoreError(f"Table {self._table.name}, key {key} cannot be copied: {reason}") from error

    async def _insert(self, rows: Rows) -> None:
        values = [dict(zip(self._names, row, strict=True)) for row in rows]
        async with self._connection.begin_nested():  # PostgreSQL would refuse everything after an error
            await self._connection.execute(self._statement, values)

    async def _find_refused(self, rows: Rows, error: DBAPIError) -> tuple[str, str]:
        """The key of the first row that is refused by itself, and why."""
        for row in rows:
            try:
                await self._insert([row])
            except DBAPIError as refusal:
                return self._name_key(row), self._explain(row, refusal)
        return f"{self._name_key(rows[0])} to {self._name_key(rows[-1])}", str(error.orig)

    def _name_key(self, row: tuple[Any, ...]) -> str:
        named = zip(self._table.columns, row, strict=True)
        return ", ".join(str(value) for column, value in named if column.primary_key)

    def _explain(self, row: tuple[Any, ...], refusal: DBAPIError) -> str:
        for column, value in zip(self._table.columns, row, strict=True):
            if isinstance(value, str) and _NUL in value:
                return f"{column.name} holds a NUL character, which PostgreSQL does not take. Remove it and copy again."
        return f"{refusal.orig}."


def _make_insert(table: Table, dialect: Dialect) -> Executable:
    statement = insert(table).values({each.name: _bind(each, dialect) for each in table.columns})
    # RETURNING makes SQLAlchemy send a batch as one statement: see `send_in_parts`.
    return statement if dialect.name == "sqlite" else statement.returning(*table.primary_key.columns)


def _bind(column: Column[Any], dialect: Dialect) -> BindParameter[Any] | Cast[Any]:
    """JSON goes in as text, so that what was written stays as it is, the order of its fields included."""
    name = f"value_{column.name}"
    if not isinstance(column.type, JSON):
        return bindparam(name, type_=column.type)
    text = bindparam(name, type_=Text())
    return text if dialect.name == "sqlite" else cast(text, column.type)
