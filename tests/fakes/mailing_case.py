"""A reader with a weekly mail, and what was sent to her."""

from datetime import UTC, datetime, timedelta

from triage.core.mailing import Mailing, mint_mail_key
from triage.core.rubric import Rubric
from triage.mailing.mailings import MailingChange, change_mailing, confirm_mailing
from triage.store.engine import Database
from triage.store.outbox import Draft, queue_deliveries

MONDAY = datetime(2026, 4, 20, 12, tzinfo=UTC)
"""After the digest of 2026-W16 fell due at 07:00; that of W17 does on the 27th."""
ADA = "ada@example.org"


async def subscribe_ada(database: Database, rubric: Rubric, reader: str = "ada", email: str = ADA) -> Mailing:
    """Every Monday at 07:00 UTC from 2026-W17 on, confirmed."""
    change = MailingChange(email=email, topics=(rubric.topics[0].name,))
    await change_mailing(database, rubric, reader, change, MONDAY, account_email=None)
    return await confirm_mailing(database, reader, MONDAY)


async def queue_digest(database: Database, message_id: str, week: str, reader: str = "ada", email: str = ADA) -> str:
    """Put a digest into the outbox, and return the key in it."""
    key = mint_mail_key()
    draft = Draft(
        reader=reader,
        week=week,
        email=email,
        topics=("generative-recommendation",),
        message_id=message_id,
        message=b"Subject: Triage\r\n\r\nHello.\r\n",
        key=key,
        deadline=MONDAY + timedelta(days=3),
    )
    async with database.write() as session:
        await queue_deliveries(session, [draft], MONDAY)
    return key
