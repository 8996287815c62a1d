"""Signing in by password or by emailed link, and out again. A refusal never says what of it was wrong."""

from datetime import datetime, timedelta

import structlog

from triage.accounts.letters import name_link, write_link_letter
from triage.accounts.passwords import Verdict, verify_password
from triage.accounts.readers import refuse_name, set_password
from triage.core.account import Key, Scope, TokenView, clean_email, mint_key, read_key
from triage.errors import InputError, MailError, SignInError
from triage.ports import Mailer, MailOutcome
from triage.store.credentials import (
    count_credentials,
    find_credential,
    forget_ended,
    insert_credential,
    revoke_one,
)
from triage.store.engine import Database, Session
from triage.store.readers import Candidate, find_candidate, lock_reader, save_password_hash

SESSION_LIFE = timedelta(days=30)
SESSION_IDLE = timedelta(days=7)
LINK_LIFE = timedelta(minutes=15)
LINKS_PER_HOUR = 5
"""Open ones of one reader: nobody's inbox can be filled from the sign-in page."""
_log = structlog.get_logger(__name__)


async def sign_in_by_password(database: Database, email: str, password: str, now: datetime) -> Key:
    """A new session's key; raises `SignInError` after the same work, whatever was wrong."""
    candidate, verdict = await _prove(database, email, password)
    name = candidate.reader.name
    async with database.write() as session:
        current = await lock_reader(session, name)
        if current is None or current.password_hash != candidate.password_hash:  # changed while we were comparing
            raise SignInError("Address or password is wrong.")
        if verdict.new_hash is not None:
            await save_password_hash(session, name, verdict.new_hash)
        return await _open_session(session, name, now)


async def check_password(database: Database, email: str, password: str) -> None:
    """Raise `SignInError` unless they belong together; nothing is written."""
    await _prove(database, email, password)


async def check_fresh(database: Database, public: str, now: datetime) -> None:
    """Raise `SignInError` for a session that began longer ago than a link lives: for what wants a person anew."""
    async with database.read() as session:
        found = await find_credential(session, public)
    if found is None or now - found.created_at >= LINK_LIFE:
        raise SignInError("You signed in a while ago: sign out, and ask for a new link first.")


async def change_password(database: Database, name: str, password: str, now: datetime) -> Key:
    """Set it, and open a session in the place of all those that this ends; raises `InputError`, `NotFoundError`."""
    await set_password(database, name, password, now)
    async with database.write() as session:
        if await lock_reader(session, name) is None:
            raise refuse_name(name)
        return await _open_session(session, name, now)


async def send_link(
    database: Database, mailer: Mailer, email: str, public_url: str, now: datetime, mail_from: str = ""
) -> None:
    """Mail a link to a known address; for an unknown one, or after too many, nothing happens and nobody is told.

    Takes longer for known addresses: call it after the answer is on its way. `mail_from` as in the settings.
    """
    async with database.read() as session:
        candidate = await _find(session, email)
    if candidate is None:
        return
    reader = candidate.reader
    async with database.write() as session:
        is_there = await lock_reader(session, reader.name) is not None
        recent = await count_credentials(session, reader.name, "link", now - timedelta(hours=1))
        if not is_there or recent >= LINKS_PER_HOUR:
            _log.warning("link.withheld", reader=reader.name, open_links=recent)
            return
        key = await _insert_link(session, reader.name, now)
    minutes = int(LINK_LIFE.total_seconds() // 60)
    letter = write_link_letter(reader.email, name_link(public_url, key), minutes, now, mail_from)
    try:
        receipt = await mailer.send(letter, reader.email)
    except MailError as error:
        _log.error("link.not_sent", reader=reader.name, reason=str(error))
        return
    log = _log.info if receipt.outcome is MailOutcome.ACCEPTED else _log.error
    log("link.sent", reader=reader.name, outcome=receipt.outcome.value, reply=receipt.reply)


async def make_link(database: Database, name: str, public_url: str, now: datetime) -> str:
    """A link to hand over by hand; raises `NotFoundError`."""
    async with database.write() as session:
        if await lock_reader(session, name) is None:
            raise refuse_name(name)
        key = await _insert_link(session, name, now)
    return name_link(public_url, key)


async def redeem_link(database: Database, text: str, now: datetime) -> Key:
    """A new session's key for a link's key, which is used up: of two at the same time, one wins.

    Raises `SignInError`, the same for a link that is unknown, wrong, used or expired.
    """
    key = read_key(text)
    if key is None:
        raise _refuse_link()
    async with database.write() as session:
        found = await find_credential(session, key.public)
        if found is None or found.kind != "link" or not key.proves(found.digest):
            raise _refuse_link()
        is_late = found.expires_at is None or found.expires_at <= now
        if is_late or not await revoke_one(session, found.reader, "link", key.public, now):
            raise _refuse_link()
        return await _open_session(session, found.reader, now)


async def sign_out(database: Database, public: str, now: datetime) -> None:
    """End the session of that public part; idempotent."""
    async with database.write() as session:
        found = await find_credential(session, public)
        if found is not None:
            await revoke_one(session, found.reader, "session", public, now)


async def _prove(database: Database, email: str, password: str) -> tuple[Candidate, Verdict]:
    async with database.read() as session:
        candidate = await _find(session, email)
    verdict = await verify_password(candidate.password_hash if candidate else None, password)
    if candidate is None or not verdict.fits:
        raise SignInError("Address or password is wrong.")
    return candidate, verdict


async def _find(session: Session, email: str) -> Candidate | None:
    try:
        cleaned = clean_email(email)
    except InputError:
        return None  # what is no address is nobody's
    return await find_candidate(session, cleaned)


async def _open_session(session: Session, reader: str, now: datetime) -> Key:
    key = mint_key()
    await forget_ended(session, reader, now)
    await insert_credential(session, "session", reader, key, _view(key, tuple(Scope), now, SESSION_LIFE))
    return key


async def _insert_link(session: Session, reader: str, now: datetime) -> Key:
    key = mint_key()
    await forget_ended(session, reader, now)
    await insert_credential(session, "link", reader, key, _view(key, (), now, LINK_LIFE))
    return key


def _view(key: Key, scopes: tuple[Scope, ...], now: datetime, life: timedelta) -> TokenView:
    return TokenView(key.public, "", scopes, now, now + life)


def _refuse_link() -> SignInError:
    return SignInError("This link does not sign in (any more): ask for a new one.")
