"""What a database holds, looked at without making or upgrading it."""

from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from triage.errors import InputError
from triage.store.copying_address import find_file
from triage.store.engine import Database
from triage.store.models import PaperRow
from triage.store.schema import read_revision
from triage.store.tables import list_tables


class Contents(msgspec.Struct, frozen=True):
    """`revision` is None for a database without a schema; `rows` are those of the tables it has; `size` in bytes.

    `others` are tables of other programs, such as a queue's; `server` is the version of PostgreSQL, None for SQLite.
    """

    revision: str | None
    size: int
    rows: dict[str, int]
    others: list[str]
    newest: str | None
    server: str | None


async def read_contents(database: Database) -> Contents:
    """Raises `InputError` for a file that is not there, `StoreError` for a database that cannot be read."""
    require_file(database)
    async with database.connection(writes=False) as connection:
        tables = set(await connection.run_sync(_list_names))
        present = [table for table in list_tables() if table.name in tables]
        rows = {
            str(table.name): await connection.scalar(select(func.count()).select_from(table)) or 0 for table in present
        }
        newest = select(PaperRow.arxiv_id).order_by(PaperRow.announced.desc().nulls_last(), PaperRow.arxiv_id.desc())
        return Contents(
            revision=await connection.run_sync(read_revision),
            size=await _measure(connection),
            rows=rows,
            others=sorted(each for each in tables - rows.keys() if not _is_bookkeeping(each)),
            newest=await connection.scalar(newest.limit(1)) if PaperRow.__tablename__ in rows else None,
            server=await _read_version(connection),
        )


def require_file(database: Database) -> None:
    """Raise `InputError` where SQLite would make a new file for one that is missing."""
    path = find_file(database.url)
    if path is not None and not path.is_file():
        raise InputError(f"There is no database {path}.")


def _list_names(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


def _is_bookkeeping(table: str) -> bool:
    return table == "alembic_version" or table.startswith("paper_words")


async def _measure(connection: AsyncConnection) -> int:
    path = find_file(connection.engine.url)
    if path is None:
        return await connection.scalar(text("SELECT pg_database_size(current_database())")) or 0
    return _measure_file(path)


def _measure_file(path: Path) -> int:
    log = Path(f"{path}-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)


async def _read_version(connection: AsyncConnection) -> str | None:
    if connection.dialect.name != "postgresql":
        return None
    return str(await connection.scalar(text("SHOW server_version")))
