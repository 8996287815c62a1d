"""The one function that opens the database, and the transactions that use it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from sqlite3 import DatabaseError
from typing import Any

from sqlalchemy import URL, Dialect, Engine, ExceptionContext, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from triage.core.search_text import fold_search_text
from triage.errors import InputError, StoreError

BUSY_TIMEOUT_MS = 30_000
Session = AsyncSession
"""What `Database.read` and `write` hand out, for those who pass it on."""


class Database:
    """An engine with two kinds of transaction. `read` sees one snapshot; `write` waits its turn (`BEGIN IMMEDIATE`).

    To be used from one event loop. Raises `InputError` for a URL that names no database or no asyncio driver that is
    installed.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = make_url(url)
            self.engine: AsyncEngine = create_async_engine(self.url)
        except (ArgumentError, InvalidRequestError, ModuleNotFoundError) as error:
            raise InputError(
                f"TRIAGE_DATABASE_URL names no database that can be used: {error}. "
                "Expected sqlite+aiosqlite:///PATH or postgresql+asyncpg://USER@HOST/NAME."
            ) from error
        translate_lost(self.engine.sync_engine)
        self._turn: asyncio.Lock | None = None
        if self.url.get_backend_name() == "sqlite":
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
                self.engine.execution_options(triage_writes=writes).begin() as connection,
            ):
                yield connection

    @asynccontextmanager
    async def _session(self, *, writes: bool) -> AsyncIterator[AsyncSession]:
        engine = self.engine.execution_options(triage_writes=writes)
        with translate_errors(self.url):
            async with self._take_turn(writes=writes), AsyncSession(engine, expire_on_commit=False) as session:
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
            raise StoreError(
                f"The database {self.url.render_as_string()} is busy: other changes take too long. Try again later."
            ) from error
        try:
            yield
        finally:
            self._turn.release()

    async def close(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()


@contextmanager
def translate_errors(url: URL) -> Iterator[None]:
    """What the driver raises becomes a `StoreError` that names the database, its password left out."""
    try:
        yield
    except DBAPIError as error:
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
