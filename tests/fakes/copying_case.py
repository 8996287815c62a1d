"""A database with rows in every table that there is, tables of the future included, and what a file holds."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Table, insert
from sqlalchemy.types import TypeDecorator, TypeEngine

from triage.store.engine import Database
from triage.store.tables import list_tables

ROWS = 3
_NAMES = ["Zoë Ünal", "\u2028 & \\u0041"]
_NESTED = [{"b": [1e-9, None], "a": "語"}]  # the order of fields is to be kept
_ALLOWED = re.compile(r"(\w+) IN \((?:'([^']+)'|(-?\d+))")


async def fill_tables(database: Database) -> None:
    """Three rows each, made from the columns: every type, text beyond ASCII, and nothing at all where that may be."""
    async with database.write() as session:
        for table in list_tables():
            rules = " ".join(str(each.sqltext) for each in table.constraints if isinstance(each, CheckConstraint))
            for number in range(1, 2 if "id = 1" in rules else ROWS + 1):
                await session.execute(insert(table).values(_make_row(table, rules, number)))


def dump(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table as SQLite keeps it, the search index included."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'paper_words_%' ORDER BY name"
        names = [name for (name,) in connection.execute(query)]
        return {name: connection.execute(f"SELECT rowid, * FROM {name} ORDER BY 1").fetchall() for name in names}  # noqa: S608 - names


def execute(path: Path, statement: str) -> None:
    """Change a database file as another process would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def _make_row(table: Table, rules: str, number: int) -> dict[str, Any]:
    allowed = {column: text or int(figure) for column, text, figure in _ALLOWED.findall(rules)}
    return {
        column.name: allowed.get(column.name)
        or (None if number == ROWS and column.nullable and column.name not in rules else _make_value(column, number))
        for column in table.columns
    }


def _make_value(column: Column[Any], number: int) -> Any:
    kind: TypeEngine[Any] = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if isinstance(kind, JSON):
        return [str(number), *_NAMES] if column.table.name == "papers" else [number, *_NESTED]
    made: dict[type, Any] = {
        datetime: datetime(2026, 4, number, 23, 59, 59, 999_999, UTC),
        date: date(2026, 4, number),
        bytes: bytes(range(256)) * number,
        str: f"{number}ß—語",
        float: number / 3,
        bool: number == 1,
        int: number,
    }
    return made[kind.python_type]
