"""Readers come, change their password and go."""

from datetime import datetime
from typing import Final, get_args

from triage.accounts.passwords import hash_password
from triage.core.account import KeyKind, Reader, Role, clean_email, clean_name
from triage.errors import NotFoundError
from triage.store.credentials import revoke_all
from triage.store.engine import Database
from triage.store.readers import (
    insert_reader,
    lock_reader,
    mark_disabled,
    save_password_hash,
    select_reader,
    select_readers,
)

_ALL_KINDS: Final = get_args(KeyKind)


async def add_reader(database: Database, name: str, email: str, role: Role, now: datetime) -> Reader:
    """Add a reader, who signs in by emailed link; raises `InputError`, `ConflictError` for a name or address taken.

    Keys that were made in the name before there was an account open nothing.
    """
    cleaned = clean_name(name), clean_email(email)
    async with database.write() as session:
        reader = await insert_reader(session, *cleaned, role, now)
        await revoke_all(session, reader.name, _ALL_KINDS, now)
        return reader


async def list_readers(database: Database) -> tuple[Reader, ...]:
    """All of them, by name, disabled ones included."""
    async with database.read() as session:
        return await select_readers(session)


async def find_reader(database: Database, name: str) -> Reader:
    """The reader of that name, disabled ones included; raises `NotFoundError`."""
    async with database.read() as session:
        reader = await select_reader(session, name)
    if reader is None:
        raise NotFoundError(f"There is no reader {name!r}: triage user list shows all of them.")
    return reader


async def set_password(database: Database, name: str, password: str, now: datetime) -> None:
    """Give a password, or another one; ends all sessions and open links. Raises `InputError`, `NotFoundError`."""
    password_hash = await hash_password(password)
    async with database.write() as session:
        if await lock_reader(session, name) is None:
            raise refuse_name(name)
        await save_password_hash(session, name, password_hash)
        await revoke_all(session, name, ("session", "link"), now)


async def disable_reader(database: Database, name: str, now: datetime) -> None:
    """End all that lets the reader in, for good; tags and votes stay. Idempotent; raises `NotFoundError`."""
    await find_reader(database, name)
    async with database.write() as session:
        await mark_disabled(session, name, now)
        await revoke_all(session, name, _ALL_KINDS, now)


def refuse_name(name: str) -> NotFoundError:
    """The error for a reader who is not there or was disabled."""
    return NotFoundError(f"There is no reader {name!r} who may sign in: triage user list shows all of them.")
