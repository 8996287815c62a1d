"""The one letter of accounts: a link that signs in."""

from datetime import datetime
from email.utils import make_msgid

from triage.core.account import Key
from triage.mailing.message import Letter, name_domain, name_sender, write_message

_TEXT = """\
Open this link to sign in to Triage. It works once, for {minutes} minutes:

{link}

If you did not ask for it, you need not do anything.
"""


def name_link(public_url: str, key: Key) -> str:
    """Where the key is redeemed: the page shows a button, and only pressing it uses the link up."""
    return f"{public_url.rstrip('/')}/sign-in/link?key={key.text}"


def write_link_letter(email: str, link: str, minutes: int, now: datetime, mail_from: str = "") -> bytes:
    """Plain text to one address; the link stands on a line of its own, which no mail program breaks.

    `mail_from` as in the settings; raises `InputError` as `write_message` does.
    """
    letter = Letter(
        sender=name_sender(mail_from, link),
        recipient=email,
        subject="Your link to sign in to Triage",
        text=_TEXT.format(minutes=minutes, link=link),
        date=now,
        message_id=make_msgid(domain=name_domain(link)),
    )
    return write_message(letter)
