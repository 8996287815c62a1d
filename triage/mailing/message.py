"""From a letter to the bytes that are sent: the same letter gives the same bytes, on every attempt."""

import hashlib
import hmac
import re
from binascii import b2a_base64
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from triage.errors import InputError
from triage.mailing.header_check import (
    LONGEST_LINE,
    check_language,
    check_list_id,
    check_message_id,
    check_recipient,
    check_sender,
    check_text,
    check_url,
    compare_headers,
)

_WORD = 75  # characters of an encoded word (RFC 2047, 2)
_CRLF = "\r\n"
_CODED = 76  # characters of base64 on a line (RFC 2045, 6.8)
_NOT_PLAIN = re.compile(r"[^\t\n\r -~]|^From ", re.MULTILINE)
"""What a text must not have, beside long lines, to be sent as it is: some mailboxes change a line's first `From `."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a message is made of; headers hold nothing else.

    `sender` is as `name_sender` writes it, `recipient` a bare address, `date` aware. For digests only: `list_id` as
    `name_list` writes it, and `unsubscribe`, a URL that leaves by a POST (RFC 8058).
    """

    sender: str
    recipient: str
    subject: str
    text: str
    html: str | None = None
    date: datetime
    message_id: str
    list_id: str | None = None
    unsubscribe: str | None = None
    language: str = "en"


def write_message(letter: Letter) -> bytes:
    """All ASCII, lines of at most 998 octets ending in CRLF; text first and HTML last, the one that is preferred.

    Raises `InputError` for anything in a header that is not what it should be, and if the finished bytes, read again,
    have other headers than meant.
    """
    # Put together here: EmailMessage takes several times as long, and its policies encode a long List-Unsubscribe.
    headers = _list_headers(letter)
    try:
        content, body = _write_parts(letter)
    except UnicodeEncodeError as error:
        raise InputError("The mail's text holds half a character (a lone surrogate): expected whole ones.") from error
    headers += [("MIME-Version", "1.0"), *content]
    message = _write_head(headers) + body
    compare_headers(message, headers)
    return message


def make_message_id(secret: str, week: str, reader: str, domain: str) -> str:
    """The same for every attempt at one digest, and nobody else can foretell it: HMAC-SHA256 of week and reader."""
    digest = hmac.new(secret.encode(), f"{week}\0{reader}".encode(), hashlib.sha256)
    return f"<{week.lower()}.{digest.hexdigest()[:32]}@{domain}>"


def name_domain(public_url: str) -> str:
    """The host of the pages as mail addresses write it (RFC 5321, 4.1.3): IDNA, and `[127.0.0.1]` for numbers.

    Raises `InputError`.
    """
    try:
        host = urlsplit(public_url).hostname or "localhost"
        return _name_number(host) or host.encode("idna").decode()
    except ValueError as error:
        raise InputError(
            f"{public_url[:80]!r} has no usable host: set TRIAGE_PUBLIC_URL to where the pages are."
        ) from error


def name_list(public_url: str) -> str:
    """The List-Id of the digest (RFC 2919); where pages have a number for a host, below `localhost`."""
    domain = name_domain(public_url)
    return f"<digest.{'localhost' if domain.startswith('[') else domain}>"


def name_sender(mail_from: str, public_url: str) -> str:
    """`Triage <address>`, for From: `mail_from`, or no-reply at the host of the pages; raises `InputError`."""
    address = mail_from.strip().lower() or f"no-reply@{name_domain(public_url)}"
    try:
        return check_sender(f"Triage <{address}>")
    except InputError as error:
        raise InputError(
            f"Mail cannot come from {address!r}: set TRIAGE_MAIL_FROM to an address such as triage@example.org."
        ) from error


def _name_number(host: str) -> str | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"  # noqa: PLR2004 - the protocol's number


def _list_headers(letter: Letter) -> list[tuple[str, str]]:
    if letter.date.tzinfo is None:
        raise InputError("Date has no time zone: expected an aware time.")
    headers = [
        ("From", check_sender(letter.sender)),
        ("To", check_recipient(letter.recipient)),
        ("Subject", check_text("Subject", letter.subject)),
        ("Date", format_datetime(letter.date.astimezone(UTC))),
        ("Message-ID", check_message_id(letter.message_id)),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834: no out-of-office answers
        ("Content-Language", check_language(letter.language)),
    ]
    if letter.list_id is not None:
        headers.append(("List-Id", check_list_id(letter.list_id)))
    if letter.unsubscribe is not None:
        headers.append(("List-Unsubscribe", f"<{check_url('List-Unsubscribe', letter.unsubscribe)}>"))
        if letter.unsubscribe.startswith("https:"):  # RFC 8058, 3.1
            headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return headers


def _write_head(headers: list[tuple[str, str]]) -> bytes:
    """Each on one line; only a subject that is not ASCII is encoded and folded."""
    lines = [
        f"{name}: {value if value.isascii() else Header(value, 'utf-8', _WORD, name).encode(linesep=_CRLF)}{_CRLF}"
        for name, value in headers
    ]
    return ("".join(lines) + _CRLF).encode()


def _write_parts(letter: Letter) -> tuple[list[tuple[str, str]], bytes]:
    """What the body is, as headers, and the body."""
    if letter.html is None:
        return _write_part(letter.text, "plain")
    digest = hashlib.sha256(f"{letter.message_id}\0{letter.text}\0{letter.html}".encode())
    boundary = f"=_{digest.hexdigest()[:40]}"  # nobody can write a text that holds its own hash
    pieces = []
    for text, subtype in ((letter.text, "plain"), (letter.html, "html")):
        headers, body = _write_part(text, subtype)
        pieces += [f"--{boundary}{_CRLF}".encode(), _write_head(headers), body, _CRLF.encode()]
    pieces.append(f"--{boundary}--{_CRLF}".encode())
    return [("Content-Type", f'multipart/alternative; boundary="{boundary}"')], b"".join(pieces)


def _write_part(text: str, subtype: str) -> tuple[list[tuple[str, str]], bytes]:
    """The text as it is where every mailbox can read that, otherwise in base64."""
    lines = text.replace(_CRLF, "\n").replace("\r", "\n").split("\n")
    body = _CRLF.join(lines).encode()
    is_plain = _NOT_PLAIN.search(text) is None and max(map(len, lines)) <= LONGEST_LINE
    if not is_plain:
        coded = b2a_base64(body, newline=False)
        body = b"".join(coded[at : at + _CODED] + b"\r\n" for at in range(0, len(coded), _CODED))
    encoding = "7bit" if is_plain else "base64"
    return [("Content-Type", f'text/{subtype}; charset="utf-8"'), ("Content-Transfer-Encoding", encoding)], body
