"""Brings a database to the schema of this program, or says why it cannot."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

import triage
from triage.errors import InputError
from triage.store.engine import Database
from triage.store.turns import take_turn_on

HEAD = "0010"
"""The newest migration; a test compares it with the folder, so that starting up need not import Alembic."""

_SEARCH = frozenset({"words", "ix_papers_words"})  # of migration 0005, on PostgreSQL


def find_migrations() -> Path:
    """The migrations folder: inside the installed package, or beside it in a checkout."""
    package = Path(triage.__file__).parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def read_revision(connection: Connection) -> str | None:
    """The revision a database is at; None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


async def ensure_schema(database: Database) -> None:
    """Upgrade to `HEAD` in one transaction; idempotent. Raises `InputError` for a newer program's, `StoreError`."""
    async with database.connection(writes=False) as connection:
        revision = await connection.run_sync(read_revision)
    if revision == HEAD:
        return
    async with database.connection(writes=True) as connection:
        await connection.run_sync(upgrade_schema)


def upgrade_schema(connection: Connection, revision: str = HEAD) -> None:
    """Run the migrations up to `revision` on an open transaction; raise `InputError` for an unknown current one.

    Programs that start at the same time wait for each other; the second finds nothing to do.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    take_turn_on(connection, "schema")
    config = configure_alembic(connection)
    scripts = ScriptDirectory.from_config(config)
    current = read_revision(connection)
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise InputError(
            f"The database is at schema {current}, newer than this program knows ({HEAD}). "
            "Install a newer triage, or point TRIAGE_HOME at another folder. Nothing was changed."
        )
    command.upgrade(config, revision)


def is_modelled(name: str | None, _kind: str, _parents: Any) -> bool:
    """Whether the models describe a thing of the database: Alembic's `include_name`. They know no search index."""
    return name is None or not (name in _SEARCH or name == "paper_words" or name.startswith("paper_words_"))


def configure_alembic(connection: Connection) -> Any:
    """Alembic's `Config` for commands on an open transaction, which the caller commits."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(find_migrations()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
