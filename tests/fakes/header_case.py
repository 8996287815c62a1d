"""A letter, and its message as three mail programs read it, to compare with what was meant."""

from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime

from triage.mailing.message import Letter

Pairs = list[tuple[str, str]]
_BODY = {"content-type", "content-transfer-encoding"}
DIGEST = Letter(
    sender="Triage <no-reply@triage.example.org>",
    recipient="ada@example.org",
    subject="Triage, week 31 of 2026",
    text="One paper.\n",
    html="<p>One paper.</p>\n",
    date=datetime(2026, 8, 3, 7, tzinfo=UTC),
    message_id="<2026-w31.0a1b@triage.example.org>",
    list_id="<digest.triage.example.org>",
    unsubscribe=f"https://triage.example.org/mail/{'k' * 32}/unsubscribe",
)
"""A usual one."""


def expect_headers(letter: Letter) -> Pairs:
    """What the message of a letter must say above its parts and nothing else, in order."""
    meant = [
        ("From", letter.sender),
        ("To", letter.recipient),
        ("Subject", letter.subject),
        ("Date", format_datetime(letter.date)),
        ("Message-ID", letter.message_id),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", letter.language),
    ]
    if letter.list_id is not None:
        meant.append(("List-Id", letter.list_id))
    if letter.unsubscribe is not None:
        meant.append(("List-Unsubscribe", f"<{letter.unsubscribe}>"))
        if letter.unsubscribe.startswith("https://"):
            meant.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return [*meant, ("MIME-Version", "1.0")]


def read_old(message: bytes) -> Pairs:
    """With Python's parser of before 2012, which decodes encoded words by rules of its own."""
    parsed = BytesParser(policy=policy.compat32).parsebytes(message)
    return [(name, _decode(str(value))) for name, value in parsed.items()]


def read_new(message: bytes) -> Pairs:
    """With Python's parser of today, which reads each header by its grammar."""
    return [(name, str(value)) for name, value in parse_new(message).items()]


def read_plainly(message: bytes) -> Pairs:
    """As RFC 5322 says, and no more: lines end in CRLF, those that begin with a blank go on, an empty one ends."""
    pairs: Pairs = []
    for line in message.decode("ascii").split("\r\n"):
        if not line:
            break
        if line[0] in " \t":
            name, value = pairs.pop()
            pairs.append((name, value + line))
        else:
            name, _, value = line.partition(":")
            pairs.append((name, value.removeprefix(" ")))
    return [(name, _decode(value)) for name, value in pairs]


READERS: dict[str, Callable[[bytes], Pairs]] = {"old": read_old, "new": read_new, "plain": read_plainly}


def find_difference(message: bytes, letter: Letter) -> str | None:
    """The first reader that sees other headers than those of the letter, and what it sees; None if all agree.

    Headers that say what the body is are left out: there must be one of each, at most.
    """
    meant = expect_headers(letter)
    for name, read in READERS.items():
        pairs = read(message)
        body = [pair[0].lower() for pair in pairs if pair[0].lower() in _BODY]
        if [pair for pair in pairs if pair[0].lower() not in _BODY] != meant or len(set(body)) != len(body):
            return f"{name}: {pairs}"
    return None


def parse_new(message: bytes) -> EmailMessage:
    """The message with its parts, and what is wrong with them in `defects`."""
    return BytesParser(policy=policy.default).parsebytes(message)


def read_bodies(message: bytes) -> list[tuple[str, str]]:
    """Content type and text of each part, line ends as `\\n`; the content must be text alone."""
    parts = [part for part in parse_new(message).walk() if not part.is_multipart()]
    return [(part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in parts]


def _decode(value: str) -> str:
    return str(make_header(decode_header(value.replace("\r\n", ""))))
