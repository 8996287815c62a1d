"""The one function that opens the database, and the transactions that use it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from sqlite3 import DatabaseError
from typing import Any

from sqlalchemy import URL, Dialect, Engine, ExceptionContext, ExecutionContext, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from triage.core.search_text import fold_search_text
from triage.errors import InputError, StoreError, tell_install
from triage.store.urls import read_url, to_asyncio

BUSY_TIMEOUT_MS = 30_000
_CONNECT_TIMEOUT = 10.0  # seconds
_LOCKED = frozenset({"55P03", "40P01"})  # PostgreSQL: a lock took too long, or two waited for each other
SENT_AT_ONCE = 100_000
"""Bytes; asyncpg waits after four times 32 KiB."""
_ROW_MARGIN = 200  # bytes around a row's values
Session = AsyncSession
"""What `Database.read` and `write` hand out, for those who pass it on."""


class Database:
    """An engine with two kinds of transaction. `read` sees one snapshot; `write` waits its turn (`BEGIN IMMEDIATE`).

    On PostgreSQL writers wait only for the rows and turns (`turns`) that they share, as long as SQLite's for theirs.
    To be used from one event loop. Raises `InputError` for a URL that names no database that Triage can use.
    """

    def __init__(self, url: str) -> None:
        self.url = read_url(url)
        try:
            self.engine: AsyncEngine = create_async_engine(to_asyncio(self.url), **_choose_options(self.url))
        except ModuleNotFoundError as error:
            raise InputError(
                f"{self.url.render_as_string()} needs a package that is not installed ({error.name}). "
                f"Add it with: {tell_install('postgres')}"
            ) from error
        is_server = self.url.get_backend_name() == "postgresql"
        one_snapshot = {"isolation_level": "REPEATABLE READ"} if is_server else {}
        self._engines = {
            True: self.engine.execution_options(triage_writes=True),
            False: self.engine.execution_options(triage_writes=False, **one_snapshot),
        }
        translate_lost(self.engine.sync_engine)
        self._turn: asyncio.Lock | None = None
        if is_server:
            send_in_parts(self.engine.sync_engine)
        else:
            self._turn = asyncio.Lock()
            prepare_sqlite(self.engine.sync_engine)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for queries only; raises `StoreError` when the database fails."""
        async with self._session(writes=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed at the end, or none of them; raises `StoreError` when it fails."""
        async with self._session(writes=True) as session:
            yield session
            await session.commit()

    @asynccontextmanager
    async def connection(self, *, writes: bool) -> AsyncIterator[AsyncConnection]:
        """A bare connection in a transaction, for schema work; raises `StoreError` when the database fails."""
        with translate_errors(self.url):
            async with (
                self._take_turn(writes=writes),
                self._engines[writes].begin() as connection,
            ):
                yield connection

    @asynccontextmanager
    async def _session(self, *, writes: bool) -> AsyncIterator[AsyncSession]:
        with translate_errors(self.url):
            async with (
                self._take_turn(writes=writes),
                AsyncSession(self._engines[writes], expire_on_commit=False) as session,
            ):
                yield session

    @asynccontextmanager
    async def _take_turn(self, *, writes: bool) -> AsyncIterator[None]:
        """SQLite has one writer: the others wait here, where they hold no connection that readers could have."""
        if self._turn is None or not writes:
            yield
            return
        try:
            await asyncio.wait_for(self._turn.acquire(), BUSY_TIMEOUT_MS / 1000)
        except TimeoutError as error:
            raise StoreError(_tell_busy(self.url)) from error
        try:
            yield
        finally:
            self._turn.release()

    async def close(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()


def _choose_options(url: URL) -> dict[str, Any]:
    """A pooled connection is tried before use, since the server may have been restarted meanwhile."""
    if url.get_backend_name() == "sqlite":
        return {}
    settings = {"application_name": "triage", "lock_timeout": str(BUSY_TIMEOUT_MS), "timezone": "UTC"}
    return {"pool_pre_ping": True, "connect_args": {"timeout": _CONNECT_TIMEOUT, "server_settings": settings}}


def _tell_busy(url: URL) -> str:
    return f"The database {url.render_as_string()} is busy: other changes take too long. Try again later."


@contextmanager
def translate_errors(url: URL) -> Iterator[None]:
    """What the driver raises becomes a `StoreError` that names the database, its password left out."""
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _LOCKED:
            raise StoreError(_tell_busy(url)) from error
        raise StoreError(f"The database {url.render_as_string()} failed: {error.orig}") from error
    except NoConnectionError as error:
        raise StoreError(f"The database {url.render_as_string()} is busy: all connections to it are taken.") from error


def translate_lost(engine: Engine) -> None:
    """An `OSError` from the network becomes a `StoreError` too: drivers hand on some as they are.

    Where it happens, since one that comes out of a session may as well be somebody else's.
    """
    name = engine.url.render_as_string()

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Dialect, _record: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        try:
            return dialect.connect(*arguments, **options)
        except OSError as error:
            raise StoreError(f"The database {name} cannot be reached: {error}") from error

    @event.listens_for(engine, "handle_error")
    def _lose(context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, OSError):
            raise StoreError(f"The connection to the database {name} was lost: {error}") from error


def send_in_parts(engine: Engine) -> None:
    """Many parameters for one statement go out in parts that asyncpg sends at once.

    Of more it sends some and waits to send the rest; cancelled there, or its connection lost, it hangs: it waits for
    ever for the answer to what it did not send. Inserts avoid this by RETURNING, which makes them one statement.
    """

    @event.listens_for(engine, "do_executemany")
    def _send(cursor: Any, statement: str, parameters: Sequence[Sequence[Any]], _context: ExecutionContext) -> bool:
        for part in cut_parts(parameters):
            cursor.executemany(statement, part)
        return True


def cut_parts(parameters: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """In their order, each part below `SENT_AT_ONCE` bytes or of one row, which is sent at once however long it is."""
    part, size = list[Sequence[Any]](), 0
    for row in parameters:
        needed = _ROW_MARGIN + sum(_measure(each) for each in row)
        if part and size + needed > SENT_AT_ONCE:
            yield part
            part, size = [], 0
        part.append(row)
        size += needed
    if part:
        yield part


def _measure(value: Any) -> int:
    """No less than it takes on the way, with its length and its format."""
    if not isinstance(value, str | bytes):
        return 64  # numbers and times
    return 8 + len(value) * (1 if value.isascii() else 4)


def prepare_sqlite(engine: Engine) -> None:
    """WAL, foreign keys, and our own BEGIN: the driver's would start a reader and upgrade it, which fails when busy."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        try:
            _set_pragmas(connection)
            connection.create_function("triage_fold", 1, fold_search_text, deterministic=True)  # for migration 0005
        except DatabaseError:
            connection.close()  # its thread would outlive the program
            raise

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("triage_writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_pragmas(connection: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
