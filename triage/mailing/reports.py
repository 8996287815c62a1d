"""What mail systems write of a message later: that it came back (RFC 3464), or was called spam (RFC 5965).

Nothing here believes who wrote it: a report counts only through the Message-ID that it quotes of ours.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.parser import HeaderParser
from enum import StrEnum
from typing import Final

import msgspec

from triage.core.paper import clean_text
from triage.mailing.bounce_status import judge_diagnosis, judge_words

LARGEST_REPORT: Final = 1 << 18
"""Bytes that are looked at: what counts stands before the body of the message that a report carries back."""
_MOST_BOUNDARIES = 30  # real reports have up to five; `email` compares each line with all that are open
_LONGEST_DETAIL = 300
_MOST_IDS = 8
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_HEADER_TYPES = frozenset({"text/rfc822-headers", "text/rfc822-header"})
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "opt-out"})  # not auth-failure (RFC 6591), not not-spam
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")  # visible ASCII
_ROBOTS = re.compile(r"mailer-daemon|postmaster|mail delivery", re.IGNORECASE)
_AUTO_REPLY = re.compile(r"auto-replied|auto-notified|auto_reply", re.IGNORECASE)  # RFC 3834, and what came before
_DELAY = re.compile(r"\b(?:delayed|warning|still (?:being )?retried)\b", re.IGNORECASE)
# Where a bounce in plain words begins to quote: qmail, older Exim, others.
_COPY = re.compile(
    r"^-+ *(?:below this line is a copy|this is a copy of|original message)", re.MULTILINE | re.IGNORECASE
)
_QUOTED_ID = re.compile(r"^message-id:\s*(<[!-;=?-~]{3,250}>)", re.MULTILINE | re.IGNORECASE)


class ReportKind(StrEnum):
    """`hard`: there is no such mailbox. `soft`: not this time. `nothing`: delays, receipts, answers of robots."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"
    NOTHING = "nothing"


class Report(msgspec.Struct, frozen=True):
    """What was said of the messages with these ids (angle brackets included), of which at most one is ours."""

    kind: ReportKind
    message_ids: tuple[str, ...]
    detail: str


def read_report(message: bytes) -> Report | None:
    """What a mail says of another; None where it is no report, or cannot be read. Any bytes will do."""
    start = message[:LARGEST_REPORT]
    if start.lower().count(b"boundary") > _MOST_BOUNDARIES:
        return None
    try:
        mail = message_from_bytes(start)
        parts = list(mail.walk())
        return _read_status(mail, parts) or _read_complaint(mail, parts) or _read_words(mail, parts)
    except (RecursionError, ValueError, LookupError):  # `email`, of parts nested too deep, and of bad encodings
        return None


def _read_status(mail: Message, parts: list[Message]) -> Report | None:
    """A delivery status notification: a group of fields for each address that the message was passed on to."""
    status = next((part for part in parts if part.get_content_type() in _STATUS_TYPES), None)
    groups = [] if status is None else [group for group in _read_groups(status) if group.get("Action")]
    if not groups:
        return None
    failed = [group for group in groups if _read(group, "Action").lower().startswith("failed")]
    told = (failed or groups)[0]
    verdicts = {judge_diagnosis(_read(group, "Status"), _read(group, "Diagnostic-Code")) for group in failed}
    kind = ReportKind.NOTHING
    if verdicts:
        kind = ReportKind.HARD if verdicts == {"hard"} else ReportKind.SOFT
    detail = " ".join(_read(told, name) for name in ("Action", "Status", "Diagnostic-Code"))
    return _make(kind, _find_ids(mail, parts), detail)


def _read_complaint(mail: Message, parts: list[Message]) -> Report | None:
    """A feedback report (RFC 5965), or what Microsoft's JMRP sent before: the message, marked with its recipient."""
    for part in parts:
        feedback = _read(part, "Feedback-Type").lower()
        if feedback:
            kind = ReportKind.COMPLAINT if feedback in _COMPLAINTS else ReportKind.NOTHING
            return _make(kind, _find_ids(mail, parts), f"feedback {feedback} {_read(part, 'User-Agent')}")
        if part is not mail and part.get("X-HmXmrOriginalRecipient"):
            return _make(ReportKind.COMPLAINT, _find_ids(mail, parts), "feedback of Microsoft's JMRP")
    return None


def _read_words(mail: Message, parts: list[Message]) -> Report | None:
    """A bounce in plain words, from a mail system that says so; or the answer of a reader's robot, which is none."""
    is_robot = _ROBOTS.search(_read(mail, "From")) is not None or mail.get("X-Failed-Recipients") is not None
    if not is_robot:
        marks = " ".join(_read(mail, name) for name in ("Auto-Submitted", "Precedence"))
        is_answer = _AUTO_REPLY.search(marks) is not None or mail.get("X-Autoreply") is not None
        return _make(ReportKind.NOTHING, _find_ids(mail, parts), "an automatic answer") if is_answer else None
    text = next((_decode(part) for part in parts if part.get_content_type() == "text/plain"), "")
    copy = _COPY.search(text)
    own_words = text[: copy.start()] if copy else text
    ids = (*_find_ids(mail, parts), *(_QUOTED_ID.findall(text[copy.start() :]) if copy else ()))
    if not ids:
        return None
    if _DELAY.search(_read(mail, "Subject")):
        return _make(ReportKind.NOTHING, ids, "delayed")
    return _make(ReportKind(judge_words(own_words)), ids, own_words)


def _read_groups(status: Message) -> Iterator[Message]:
    """The groups of fields, which blank lines part; `email` leaves all but the first unread in some types."""
    payload = status.get_payload()
    if not isinstance(payload, list):
        return
    for part in payload:
        if isinstance(part, Message):
            yield part
            rest = part.get_payload()
            if isinstance(rest, str):
                yield from map(HeaderParser().parsestr, re.split(r"\r?\n(?:[ \t]*\r?\n)+", rest))


def _find_ids(mail: Message, parts: list[Message]) -> tuple[str, ...]:
    """Those of the messages that it carries, whole or their headers, and those that it is an answer to."""
    carried = [part for part in parts if part is not mail]
    carried += [HeaderParser().parsestr(_decode(part)) for part in parts if part.get_content_type() in _HEADER_TYPES]
    named = [_read(part, "Message-ID") for part in carried]
    named += [_read(mail, name) for name in ("In-Reply-To", "References")]
    return tuple(found for text in named for found in _MESSAGE_ID.findall(text))


def _make(kind: ReportKind, ids: tuple[str, ...], detail: str) -> Report:
    return Report(kind, tuple(dict.fromkeys(ids))[:_MOST_IDS], clean_text(detail)[:_LONGEST_DETAIL])


def _read(part: Message, name: str) -> str:
    """A header as one line of text, empty where there is none."""
    return clean_text(str(part.get(name, "")))


def _decode(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
