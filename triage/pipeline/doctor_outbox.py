"""The check of the outbox: whether mail can go out from this database, and what became of it; changes nothing."""

from collections.abc import Callable

from triage.errors import MailError, StoreError
from triage.pipeline.doctor import Check
from triage.pipeline.doctor_ledger import open_unchanged
from triage.store.engine import Database

_ATTEMPTS = "SELECT max(attempts) FROM mail_counter"
_UNKNOWN = "SELECT count(*) FROM deliveries WHERE state = 'unknown' AND week = (SELECT max(week) FROM deliveries)"
_PENDING = "SELECT count(*) FROM deliveries WHERE state = 'pending'"


async def check_outbox(url: str, read_last_number: Callable[[], int]) -> Check:
    """For a database whose schema is the one of this program; `read_last_number` reads the mail log beside it."""
    database = open_unchanged(url)
    try:
        attempts, unknown, pending = [await _count(database, query) for query in (_ATTEMPTS, _UNKNOWN, _PENDING)]
        last = read_last_number()
    except (StoreError, MailError) as error:
        return Check("outbox", "failed", str(error))
    finally:
        await database.close()
    if last > attempts:
        message = (
            f"The database knows of {attempts:,} attempts to send mail, the mail log of {last:,}: it may be a restored "
            "copy, so no digest is sent. To go on with it: triage deliver --confirm-restored"
        )
        return Check("outbox", "failed", message)
    if unknown:
        found = f"Digests of the newest week that may have arrived, or not: {unknown:,}"
        return Check("outbox", "warning", f"{found}. Who and why: triage deliver --status")
    return Check("outbox", "ok", f"Digests that wait to be sent: {pending:,}.")


async def _count(database: Database, query: str) -> int:
    async with database.connection(writes=False) as connection:
        return (await connection.exec_driver_sql(query)).scalar() or 0
