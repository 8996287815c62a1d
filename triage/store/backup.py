"""A copy of an SQLite database while others use it: one committed state, checked before it gets its name."""

import sqlite3
from contextlib import closing
from pathlib import Path

from triage.errors import InputError, StoreError
from triage.store.engine import BUSY_TIMEOUT_MS


def back_up(source: Path, target: Path) -> int:
    """Write the database into a new file and return its size in bytes; nothing of that name is left when it fails.

    Raises `InputError` for a source that is missing and for a target that exists or cannot be made, `StoreError` for a
    copy that is damaged.
    """
    if not source.is_file():
        raise InputError(f"There is no database {source}.")
    if target.exists():
        raise InputError(f"{target} exists and is left alone: choose another name.")
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)  # of a run that was killed
        _write(source, part)
        _check(part)
        part.rename(target)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def _write(source: Path, part: Path) -> None:
    part.touch(mode=0o600)  # it holds addresses and hashes of passwords
    try:
        with closing(sqlite3.connect(source, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
            connection.execute("VACUUM INTO ?", [str(part)])  # takes an empty file, and syncs it
    except sqlite3.Error as error:
        raise StoreError(f"{source} cannot be backed up: {error}.") from error


def _check(part: Path) -> None:
    try:
        with closing(sqlite3.connect(part)) as connection:
            problems = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    except sqlite3.Error as error:
        problems = [str(error)]
    if problems != ["ok"]:
        raise StoreError(f"The backup came out damaged ({problems[0]}) and was removed: check the disk.")
