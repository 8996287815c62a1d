"""Checks of the database that neither make, upgrade nor mend it."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from triage.errors import InputError, StoreError
from triage.pipeline.doctor import Check
from triage.store.engine import Database
from triage.store.schema import HEAD, find_migrations

Query = Callable[[str], list[tuple[Any, ...]]]

_RESTORE = (
    "Put a backup in its place, or move it away and import your files again; votes and tags are in the backup only"
)
_COUNTED = {
    "papers": "SELECT count(*) FROM papers",
    "weeks": "SELECT count(DISTINCT week) FROM papers",
    "votes": "SELECT count(*) FROM votes",
    "tags": "SELECT count(*) FROM tags",
    "quarantined lines": "SELECT count(*) FROM quarantine",
}
_SHOWN = 3


async def check_database(url: str) -> list[Check]:
    """All that can be said of it; a check that cannot be made is one that failed."""
    try:
        database = Database(url)
    except InputError as error:
        return [Check("database", "failed", str(error))]
    try:
        return await _check(database)
    finally:
        await database.close()


async def _check(database: Database) -> list[Check]:
    if database.url.get_backend_name() != "sqlite":
        return await _check_server(database)
    name = database.url.database
    if not name or name == ":memory:":
        return [Check("database", "warning", "The database is in memory: it is empty again after every command.")]
    return _check_file(Path(name))


async def _check_server(database: Database) -> list[Check]:
    try:
        async with database.connection(writes=False) as connection:
            checks = await connection.run_sync(
                lambda sync: list(_inspect_server(lambda sql: [tuple(row) for row in sync.exec_driver_sql(sql)]))
            )
    except StoreError as error:
        return [Check("database", "failed", f"{str(error).rstrip('.')}: check TRIAGE_DATABASE_URL and the server.")]
    return [Check("database", "ok", f"{database.url.render_as_string()} answers."), *checks]


def _inspect_server(query: Query) -> Iterator[Check]:
    encoding = query("SHOW server_encoding")[0][0]
    if encoding != "UTF8":
        message = f"The database keeps text as {encoding}: make one with ENCODING 'UTF8', which all names fit into."
        yield Check("encoding", "failed", message)
    if query("SELECT to_regclass('alembic_version')")[0][0] is None:
        yield Check("schema", "ok", "The database has no tables of Triage: fine, the first command makes them.")
    else:
        yield from _inspect(query)


def _check_file(path: Path) -> list[Check]:
    try:
        if not path.exists():
            return [Check("database", "ok", f"{path} is not there yet: fine, triage import or harvest makes it.")]
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(f"{path} may not be read and written by this user")
        with closing(sqlite3.connect(name_read_only(path), uri=True)) as connection:
            return list(_inspect_file(path, lambda sql: connection.execute(sql).fetchall()))
    except OSError as error:
        return [Check("database", "failed", f"The database cannot be used: {error}. Change its owner or permissions.")]
    except sqlite3.Error as error:
        return [Check("database", "failed", f"{path} cannot be opened ({error}). {_RESTORE}.")]


def name_read_only(path: Path) -> str:
    """A URI that leaves no trace: without a log beside it the file is complete, and nothing need be made."""
    log = path.with_name(f"{path.name}-wal")
    mode = "mode=ro" if log.exists() else "immutable=1"
    return f"{path.absolute().as_uri()}?{mode}"


def _inspect_file(path: Path, query: Query) -> Iterator[Check]:
    try:
        tables = query("SELECT count(*) FROM sqlite_master")[0][0]
    except sqlite3.Error as error:
        yield Check("database", "failed", f"{path} cannot be read ({error}). {_RESTORE}.")
        return
    yield Check("database", "ok", f"{path} can be read ({path.stat().st_size / 1e6:,.1f} MB).")
    yield _check_integrity(path, query)
    yield _check_references(path, query)
    if tables:
        yield from _inspect(query)
    else:
        yield Check("schema", "ok", "The database is empty: fine, the first command prepares it.")


def _check_integrity(path: Path, query: Query) -> Check:
    try:
        problems = [str(row[0]) for row in query("PRAGMA integrity_check")]
    except sqlite3.Error as error:
        problems = [str(error)]
    if problems == ["ok"]:
        return Check("integrity", "ok", "SQLite finds no damage.")
    shown = "; ".join(" ".join(problem.split()) for problem in problems[:_SHOWN])
    return Check("integrity", "failed", f"{path} is damaged ({shown}). {_RESTORE}.")


def _check_references(path: Path, query: Query) -> Check:
    try:
        tables = sorted({str(row[0]) for row in query("PRAGMA foreign_key_check")})
    except sqlite3.Error as error:
        return Check("references", "failed", f"{path} cannot be checked ({error}). {_RESTORE}.")
    if not tables:
        return Check("references", "ok", "Every row points at one that is there.")
    lost = f"Rows of {', '.join(tables)} point at papers or lists that are gone"
    return Check("references", "failed", f"{lost}: {path} was changed by another program. {_RESTORE}.")


def _inspect(query: Query) -> Iterator[Check]:
    """What every kind of database is asked."""
    schema = _check_schema(query)
    yield schema
    if schema.status == "ok":
        yield _check_contents(query)
        yield _check_stop(query)


def _check_schema(query: Query) -> Check:
    try:
        rows = query("SELECT version_num FROM alembic_version")
    except sqlite3.Error as error:
        return Check("schema", "failed", f"The database holds no Triage schema ({error}): point TRIAGE_HOME elsewhere.")
    revision = rows[0][0] if rows else None
    if revision == HEAD:
        return Check("schema", "ok", f"The schema is the one of this program ({HEAD}).")
    if revision is None or revision in _list_revisions():
        return Check("schema", "warning", f"The schema is {revision}; the next command brings it to {HEAD} by itself.")
    message = (
        f"The database is at schema {revision}, newer than this program knows ({HEAD}): install a newer triage, or "
        "point TRIAGE_HOME at another folder."
    )
    return Check("schema", "failed", message)


def _list_revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory(str(find_migrations())).walk_revisions()}


def _check_contents(query: Query) -> Check:
    try:
        counts = {name: int(query(sql)[0][0]) for name, sql in _COUNTED.items()}
    except sqlite3.Error as error:
        return Check("contents", "failed", f"The database cannot be counted ({error}). {_RESTORE}.")
    text = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    if counts["quarantined lines"]:
        return Check("contents", "warning", f"{text}. Importing a file again tells which of its lines these are.")
    if not counts["papers"]:
        return Check("contents", "ok", f"{text}. Begin with triage import or triage harvest.")
    return Check("contents", "ok", f"{text}.")


def _check_stop(query: Query) -> Check:
    """Whether arXiv refused us, after which nobody asks it until a person says so."""
    reasons = [str(row[0]) for row in query("SELECT stopped FROM leases WHERE stopped IS NOT NULL")]
    if not reasons:
        return Check("arxiv", "ok", "arXiv has not refused this installation.")
    text = f"Nobody may ask arXiv any more: {reasons[0]} Find the cause, then run triage harvest --clear-stop."
    return Check("arxiv", "warning", text)
