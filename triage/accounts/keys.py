"""Keys prove who asks: sessions of browsers, and tokens, which readers make for their programs."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from triage.accounts.readers import refuse_name
from triage.accounts.sign_in import SESSION_IDLE
from triage.core.account import Key, KeyKind, Principal, Role, Scope, TokenView, mint_key, read_key
from triage.errors import ConflictError, InputError, NotFoundError, SignInError
from triage.store.credentials import (
    Credential,
    find_credential,
    insert_credential,
    revoke_one,
    select_tokens,
)
from triage.store.engine import Database
from triage.store.readers import lock_reader

TOKEN_LIFE = timedelta(days=365)
LONGEST_LIFE = timedelta(days=730)
LABEL = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+"
LONGEST_LABEL = 64
MOST_TOKENS = 50
"""Of one reader at a time."""
_DECOY = Key("0" * 12, "0" * 32)
"""What is looked up and compared in the place of a key that is none."""


async def authenticate(database: Database, kind: KeyKind, text: str, now: datetime) -> Principal:
    """Who shows this key; raises `SignInError`, the same after the same work for whatever is wrong with it.

    One query by index; it writes nothing: `UseNotes` notes the use.
    """
    key = read_key(text) or _DECOY
    async with database.read() as session:
        found = await find_credential(session, key.public)
    is_proven = key.proves(found.digest if found else _DECOY.digest)
    if found is None or not is_proven or found.kind != kind or not _is_in_time(found, now):
        raise SignInError("This key opens nothing: it is wrong, has expired or was revoked.")
    return Principal(found.reader, found.role, found.scopes, kind, key.public)


def _is_in_time(found: Credential, now: datetime) -> bool:
    if found.expires_at is not None and found.expires_at <= now:
        return False
    return found.kind != "session" or now - (found.last_used_at or found.created_at) < SESSION_IDLE


async def create_token(
    database: Database,
    principal: Principal,
    label: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
    now: datetime,
) -> tuple[Key, TokenView]:
    """A key for a program of the principal's reader; without `expires_at` it lasts a year.

    Raises `InputError`, also for a principal that is a program itself: a leaked key must not make others; and for the
    sole reader, whose keys would open an account of that name one day. `ConflictError` for one token too many;
    `NotFoundError` for a reader who has no account.
    """
    _check_wishes(principal, label, scopes)
    key = mint_key()
    ordered = tuple(scope for scope in Scope if scope in scopes)
    view = TokenView(key.public, label, ordered, now, _check_expiry(expires_at, now))
    async with database.write() as session:
        if await lock_reader(session, principal.reader) is None:
            raise refuse_name(principal.reader)
        if len(await select_tokens(session, principal.reader)) >= MOST_TOKENS:
            raise ConflictError(f"There are {MOST_TOKENS} keys already: revoke one that is not used any more.")
        await insert_credential(session, "token", principal.reader, key, view)
    return key, view


async def list_tokens(database: Database, reader: str) -> tuple[TokenView, ...]:
    """The reader's own, the newest first; expired ones stay until they are revoked, secrets are not known."""
    async with database.read() as session:
        return await select_tokens(session, reader)


async def revoke_token(database: Database, reader: str, public: str, now: datetime) -> None:
    """End one of the reader's own; raises `NotFoundError`, also for another reader's."""
    unknown = NotFoundError("You have no such key.")
    if not (public.isascii() and public.isalnum()):  # PostgreSQL refuses to be asked for some
        raise unknown
    async with database.write() as session:
        if not await revoke_one(session, reader, "token", public, now):
            raise unknown


def _check_wishes(principal: Principal, label: str, scopes: Collection[Scope]) -> None:
    if principal.means == "sole":
        raise InputError("No keys are needed here: without accounts, every program on this machine is answered.")
    if principal.means != "session":
        raise InputError("A key cannot make keys: sign in to make one.")
    if len(label) > LONGEST_LABEL or re.fullmatch(LABEL, label) is None:
        raise InputError(f"Expected a label of 1 to {LONGEST_LABEL} printable characters, such as: weekly notebook.")
    if not scopes:
        raise InputError("Expected at least one scope: read, write or admin.")
    if Scope.ADMIN in scopes and principal.role is not Role.ADMIN:
        raise InputError("Only admins can make a key of scope admin.")


def _check_expiry(expires_at: datetime | None, now: datetime) -> datetime:
    if expires_at is None:
        return now + TOKEN_LIFE
    if expires_at.tzinfo is None:
        raise InputError("Expected an expiry with a time zone, such as 2027-01-31T00:00:00Z.")
    if not now < expires_at <= now + LONGEST_LIFE:
        raise InputError(f"Expected an expiry in the next {LONGEST_LIFE.days} days.")
    return expires_at
