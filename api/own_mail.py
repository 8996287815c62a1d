"""A reader's weekly mail, for routes and pages alike: whose it is, to which address, and the letter that follows."""

from typing import Final

import structlog
from litestar.background_tasks import BackgroundTask

from triage.accounts.readers import find_reader
from triage.bootstrap import Services
from triage.core.account import Principal
from triage.errors import BusyError, ConflictError, MailError, TriageError
from triage.mailing.confirm import ask_to_confirm
from triage.mailing.mailings import MailingChange, change_mailing, view_mailing
from triage.mailing.message import name_sender
from triage.mailing.standing import MailingView, view_standing
from triage.ports import MailOutcome, MailReceipt

_LATER: Final = 30 * 60
"""Seconds: RFC 5321, 4.5.4.1."""
_log = structlog.get_logger(__name__)


async def view_own(services: Services, principal: Principal) -> MailingView:
    """How it stands."""
    email = await _find_email(services, principal)
    return await view_standing(services.database, principal.reader, services.clock(), email)


async def change_own(services: Services, principal: Principal, change: MailingChange) -> BackgroundTask | None:
    """Change it; where that leaves a new address to confirm, the letter to be sent once the answer is on its way."""
    reader, email = principal.reader, await _find_email(services, principal)
    before = await view_mailing(services.database, reader)
    after = await change_mailing(
        services.database, services.rubric, reader, change, services.clock(), account_email=email
    )
    was_asked = before is not None and before.left_at is None and before.email == after.email
    if after.confirmed_at is not None or was_asked:
        return None
    return BackgroundTask(_send_letter, services, reader)


async def ask_again(services: Services, principal: Principal) -> None:
    """Send the letter to confirm once more; raises what `ask_to_confirm` does.

    And where the mail server will not have it: `ConflictError` for good, `BusyError` for now.
    """
    try:
        receipt = await _ask(services, principal.reader)
    except MailError as error:
        if not services.settings.accounts:
            raise  # the reader runs the server
        _log.error("confirmation.not_sent", reader=principal.reader, error=str(error))
        raise MailError("No letter could be sent: ask again later, or tell whoever runs this server.") from error
    if receipt.outcome is MailOutcome.REFUSED:
        raise ConflictError(f"The mail server refused the letter: {receipt.reply}")
    if receipt.outcome is MailOutcome.DEFERRED:
        raise BusyError(f"The mail server takes no letter now: {receipt.reply}", _LATER)


async def _send_letter(services: Services, reader: str) -> None:
    """Nobody waits for the answer any more: the page has a button to send it again."""
    try:
        await _ask(services, reader)
    except TriageError as error:
        _log.warning("confirmation.not_sent", reader=reader, error=str(error))


async def _ask(services: Services, reader: str) -> MailReceipt:
    settings = services.settings
    sender = name_sender(settings.mail_from, settings.public_url)
    return await ask_to_confirm(
        services.database, services.mailer, reader, settings.public_url, sender, services.clock()
    )


async def _find_email(services: Services, principal: Principal) -> str | None:
    """The account's address; None for the sole reader of a machine, who gives one with the rest."""
    if principal.means == "sole":
        return None
    return (await find_reader(services.database, principal.reader)).email
