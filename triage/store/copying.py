"""Moves everything from one database to another, whichever kinds they are, and proves it before it counts."""

from collections.abc import Callable, Mapping
from contextlib import aclosing

import msgspec
from sqlalchemy import Connection, Table, func, inspect, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from triage.errors import InputError, StoreError
from triage.store.copying_rows import Fingerprint, Writer, read_rows
from triage.store.engine import Database
from triage.store.schema import HEAD, ensure_schema, read_revision
from triage.store.tables import list_tables

Advance = Callable[[str, int, int], None]
"""Called with what is being done, how many rows are done, and how many there are."""
_NOWHERE: Mapping[Table, Writer] = {}


class TableCopy(msgspec.Struct, frozen=True):
    """A table as the source has it and as the target gave it back: rows, and the digest of a `Fingerprint`."""

    table: str
    source_rows: int
    source_digest: str
    target_rows: int
    target_digest: str

    @property
    def is_equal(self) -> bool:
        """Whether the target holds the very same rows."""
        return (self.source_rows, self.source_digest) == (self.target_rows, self.target_digest)


async def copy_database(source: Database, target: Database, advance: Advance) -> list[TableCopy]:
    """Copy every row of every table of the models, keys included, in one transaction that ends when all is compared.

    The source is read in one snapshot and not changed; the target, which may be new, is brought to the newest schema
    first. Stopped in the middle, by kill -9 too, it holds no row. Raises `InputError` for a source that is not at the
    newest schema and for a target that holds rows, `StoreError` for a row that the target does not take.
    """
    async with source.connection(writes=False) as here:
        await _freeze(here)
        await _check_source(here)
        async with target.connection(writes=False) as there:
            await _check_empty(there)
        await ensure_schema(target)
        async with target.connection(writes=True) as there:
            await _claim(there)
            copies = await _copy_tables(here, there, advance)
            await _finish(there)
    return copies


async def _freeze(source: AsyncConnection) -> None:
    """From here on see one state, whatever others write; with SQLite the first read sees to it."""
    if source.dialect.name == "postgresql":
        await source.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


async def _check_source(source: AsyncConnection) -> None:
    revision = await source.run_sync(read_revision)
    if revision == HEAD:
        return
    where = source.engine.url.render_as_string()
    if revision is None:
        raise InputError(f"{where} holds no database of Triage.")
    raise InputError(
        f"{where} is at schema {revision}, this program's is {HEAD}. Run any command on it first, which upgrades it, "
        f"such as TRIAGE_DATABASE_URL={where} triage ledger. Nothing was changed."
    )


async def _check_empty(target: AsyncConnection) -> None:
    def list_present(connection: Connection) -> list[Table]:
        present = set(inspect(connection).get_table_names())
        return [table for table in list_tables() if table.name in present]

    for table in await target.run_sync(list_present):
        if await target.scalar(select(literal(1)).select_from(table).limit(1)):
            where = target.engine.url.render_as_string()
            raise InputError(
                f"{where} is not empty: its table {table.name} holds rows. Copy to a new database. Nothing was changed."
            )


async def _claim(target: AsyncConnection) -> None:
    """Let nobody else write until the end, and be sure that nobody did meanwhile."""
    if target.dialect.name == "postgresql":
        names = ", ".join(target.dialect.identifier_preparer.format_table(each) for each in list_tables())
        await target.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    await _check_empty(target)


async def _copy_tables(source: AsyncConnection, target: AsyncConnection, advance: Advance) -> list[TableCopy]:
    tables = list_tables()
    total = sum([await source.scalar(select(func.count()).select_from(table)) or 0 for table in tables])
    writers = {table: Writer(target, table) for table in tables}
    given = await _take_fingerprints(source, lambda done: advance("copy", done, total), writers)
    taken = await _take_fingerprints(target, lambda done: advance("compare", done, total))
    copies = [
        TableCopy(str(table.name), given[table].rows, given[table].digest, taken[table].rows, taken[table].digest)
        for table in tables
    ]
    wrong = [each for each in copies if not each.is_equal]
    if wrong:
        told = "; ".join(f"{each.table} ({each.source_rows:,} rows, {each.target_rows:,} there)" for each in wrong)
        raise StoreError(f"The copy is not equal to the source in {told}. It was undone: nothing was copied.")
    return copies


async def _take_fingerprints(
    connection: AsyncConnection, advance: Callable[[int], None], writers: Mapping[Table, Writer] = _NOWHERE
) -> Mapping[Table, Fingerprint]:
    """Read every table to its end, and hand its rows to its writer, if it has one."""
    prints, done = {table: Fingerprint() for table in list_tables()}, 0
    for table, fingerprint in prints.items():  # those that others point at come first
        async with aclosing(read_rows(connection, table)) as batches:
            async for rows in batches:
                fingerprint.add(rows)
                if table in writers:
                    await writers[table].write(rows)
                done += len(rows)
                advance(done)
    return prints


async def _finish(target: AsyncConnection) -> None:
    """PostgreSQL counts keys apart from the rows, and plans queries by what it last saw of them."""
    if target.dialect.name != "postgresql":
        return
    for table in list_tables():
        key = table.autoincrement_column
        if key is None:
            continue
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        await target.execute(
            select(func.setval(sequence, func.max(key))).select_from(table).having(func.max(key).is_not(None))
        )
    await target.execute(text("ANALYZE"))
