"""What a mail server's refusal says of the mailbox: that it is not there (`hard`), or nothing for good (`soft`)."""

import re
from typing import Final, Literal

Verdict = Literal["hard", "soft"]

_ENHANCED: Final = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?![\d.])", re.ASCII)  # RFC 3463
_BASIC: Final = re.compile(r"(?<![\d.])([45][0-5]\d)(?!\d|\.\d)", re.ASCII)  # RFC 5321, 4.2
_UNSAID: Final = ("0", "0")
# Details of class 5 that speak of the message, of us or of the mail system (RFC 3463, 3): bad sender; mailbox full,
# message too long for it; the system's state; loops and time run out; protocol; content; policy, as blocklists answer.
_NOT_THE_MAILBOX: Final = re.compile(r"1\.[78]|2\.[23]|3\.\d+|4\.[567]|[567]\.\d+")
# Replies that refuse the mailbox or its whole domain (RFC 5321, 4.2.3; RFC 7504); 552 is storage, 554 anything.
_MAILBOX_REPLIES: Final = frozenset({"521", "550", "551", "553", "556"})
_OTHER_REASONS: Final = re.compile(
    r"spam|polic|block|black ?list|reputation|dmarc|dkim|\bspf\b|\brbl\b|quota|\bfull\b|too (?:large|big)|virus",
    re.IGNORECASE,
)


def judge_diagnosis(status: str, diagnosis: str) -> Verdict:
    """By the fields Status and Diagnostic-Code of RFC 3464: the more exact of both, and `soft` where neither says."""
    said = _ENHANCED.search(status)
    if said is None or said.groups()[1:] == _UNSAID:
        said = _ENHANCED.search(diagnosis) or said
    if said is not None and said[1] == "4":
        return "soft"
    if said is not None and (said[2], said[3]) != _UNSAID:
        return "soft" if _NOT_THE_MAILBOX.fullmatch(f"{said[2]}.{said[3]}") else "hard"
    reply = _BASIC.search(diagnosis)
    if _OTHER_REASONS.search(diagnosis):
        return "soft"
    if reply is not None:
        return "hard" if reply[1] in _MAILBOX_REPLIES else "soft"
    return "soft" if said is None else "hard"  # 5.0.0 and no more: "permanent" is all it says


def judge_words(text: str) -> Verdict:
    """By the first status or reply that stands in a text for people."""
    found = _ENHANCED.search(text)
    return judge_diagnosis("" if found is None else found[0], text)
