"""What a mail server's refusal means for a message."""

import re
from typing import Final, Literal

from aiosmtplib import SMTPResponseException

from triage.ports import MailOutcome, MailReceipt

Stage = Literal["connecting", "envelope", "content"]
"""How far a send has come: from `content` on, nobody but the server knows whether it has the message."""

CLOSING: Final = 421
TOO_BIG: Final = 552
_NO_SUCH_ADDRESS: Final = frozenset({"5.1.1", "5.1.2", "5.1.6", "5.1.10"})
"""Enhanced codes (RFC 3463 and 7505): unknown mailbox, unknown system, moved, and a domain that takes no mail.

A bare 550 is not enough: servers also say it for "relay not permitted", which would end the mail of every reader.
"""
_ENHANCED: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
_LONGEST: Final = 300


def read_refusal(error: SMTPResponseException, stage: Stage) -> MailReceipt:
    """5xx is for good and 4xx for now; what is neither is no SMTP, and says nothing about a message that was sent."""
    reply = f"{error.code} {shorten(error.message)}"
    if is_permanent(error.code):
        return MailReceipt(MailOutcome.REFUSED, reply, _is_address_bad(error))
    if is_temporary(error.code):
        return MailReceipt(MailOutcome.DEFERRED, reply)
    outcome = MailOutcome.UNKNOWN if stage == "content" else MailOutcome.DEFERRED
    return MailReceipt(outcome, f"The answer is no SMTP: {shorten(error.message)}")


def is_permanent(code: int) -> bool:
    """5xx."""
    return 500 <= code < 600  # noqa: PLR2004 -- the protocol's numbers


def is_temporary(code: int) -> bool:
    """4xx."""
    return 400 <= code < 500  # noqa: PLR2004 -- the protocol's numbers


def shorten(reply: str) -> str:
    """A reply on one line of printable characters, at most 300."""
    line = " ".join(reply.split())
    return "".join(letter if letter.isprintable() else "?" for letter in line)[:_LONGEST]


def _is_address_bad(error: SMTPResponseException) -> bool:
    found = _ENHANCED.match(error.message)
    return found is not None and found[0] in _NO_SUCH_ADDRESS
