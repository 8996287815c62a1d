"""Double opt-in: an address gets digests once whoever reads its mail has said so."""

from datetime import datetime, timedelta
from typing import Final

from triage.core.mailing import Mailing, mint_mail_key
from triage.errors import ConflictError, LimitError, NotFoundError
from triage.mailing.letters import make_confirm_letter
from triage.mailing.mailings import begin_mailing
from triage.mailing.message import write_message
from triage.ports import Mailer, MailReceipt
from triage.store.engine import Database, Session
from triage.store.mail_keys import count_mail_keys, find_mail_key, insert_mail_key, mark_key_used
from triage.store.mail_lookups import lock_mailing
from triage.store.mailings import load_mailing
from triage.store.suppressions import find_suppression

CONFIRM_LIFE: Final = timedelta(hours=48)
LETTERS_PER_DAY: Final = 3
"""To one reader, and so to one address, which no two readers share: nobody's inbox can be filled from the settings."""


async def ask_to_confirm(
    database: Database, mailer: Mailer, reader: str, public_url: str, sender: str, now: datetime
) -> MailReceipt:
    """Mail the reader a link that confirms the address, and return what the mail system said.

    Raises `LimitError` beyond `LETTERS_PER_DAY`, `NotFoundError` without settings, `MailError`, and `ConflictError`
    where there is nothing to confirm or nothing may be sent there.
    """
    key = mint_mail_key()
    async with database.write() as session:
        mailing = await _load_unconfirmed(session, reader)
        if await count_mail_keys(session, "confirm", now - timedelta(days=1), reader=reader) >= LETTERS_PER_DAY:
            raise LimitError(
                f"{LETTERS_PER_DAY} letters to confirm the address were asked for in the last 24 hours: look for "
                "them, also among spam, or ask again tomorrow."
            )
        await insert_mail_key(session, key, "confirm", mailing.email, now, now + CONFIRM_LIFE, reader=reader)
    link = f"{public_url}/mail/{key}/confirm"
    hours = int(CONFIRM_LIFE.total_seconds() // 3600)
    return await mailer.send(write_message(make_confirm_letter(mailing, sender, link, hours, now)), mailing.email)


async def confirm_by_key(database: Database, key: str, now: datetime) -> Mailing | None:
    """Confirm the address that the key was mailed to, and use the key up; the same key again changes nothing.

    None for a key that does not confirm (any more): unknown, expired, of another address, of a reader who left.
    """
    async with database.write() as session:
        found = await find_mail_key(session, key)
        if found is None or found.kind != "confirm":
            return None
        await lock_mailing(session, reader=found.reader)
        mailing = await load_mailing(session, reader=found.reader)
        if mailing is None or mailing.email != found.email or mailing.left_at is not None:
            return None
        if found.used_at is not None:
            return mailing if mailing.confirmed_at is not None else None
        if found.expires_at is None or found.expires_at <= now:
            return None
        await mark_key_used(session, key, now)
        return await begin_mailing(session, mailing, now)


async def _load_unconfirmed(session: Session, reader: str) -> Mailing:
    await lock_mailing(session, reader=reader)  # so that letters are counted one after the other
    mailing = await load_mailing(session, reader=reader)
    if mailing is None or mailing.left_at is not None:
        raise NotFoundError("There is no weekly mail to confirm: choose topics, day and hour first.")
    if mailing.confirmed_at is not None:
        raise ConflictError(f"{mailing.email} is confirmed already.")
    suppression = await find_suppression(session, mailing.email)
    if suppression is not None:
        why = "was reported as spam" if suppression.reason == "complained" else "came back"
        raise ConflictError(
            f"Nothing is sent to {mailing.email}, since mail to it {why} on {suppression.created_at:%Y-%m-%d}. "
            f"If that is over, whoever runs this server can allow it: triage bounces --forgive {mailing.email}"
        )
    return mailing
