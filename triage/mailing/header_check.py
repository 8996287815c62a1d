"""What may stand in a header of a mail: nothing that a mail program could read as another header, or another way.

Python before 3.11.10 writes the line break that an encoded word holds (CVE-2024-6923), and lets NUL through, so values
are checked before they are written, and the finished message is read again and compared.
"""

import re
import unicodedata
from collections.abc import Sequence
from email.errors import MultipartInvariantViolationDefect
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.policy import compat32
from urllib.parse import urlsplit

from triage.core.account import clean_email
from triage.errors import InputError

LONGEST_LINE = 998
"""Octets of a line without its end (RFC 5322, 2.1.1)."""
_LONGEST_TEXT = 200  # characters: a subject that people can read
_LONGEST_URL = 900  # leaves room for the header's name on its line
_BAD_KINDS = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, lone surrogates, line and paragraph separators
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # reorder what is around
_HOST = r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*"
_DOMAIN = rf"(?:{_HOST}|\[[0-9.]{{7,15}}\]|\[IPv6:[0-9a-f:.]{{2,45}}\])"
_SENDER = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,62}} <[a-z0-9._+-]{{1,64}}@{_DOMAIN}>", re.ASCII)
_MESSAGE_ID = re.compile(rf"<[A-Za-z0-9._+-]{{1,64}}@{_DOMAIN}>", re.ASCII)
_LIST_ID = re.compile(rf"<{_HOST}>", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+;=%-]+", re.ASCII)  # RFC 3986, 2, without the comma
_FOLD = re.compile(r"\r\n(?=[ \t])")
_HEADERS = BytesHeaderParser(policy=compat32)


def check_text(name: str, value: str) -> str:
    """Any words on one line; raises `InputError` that names the header."""
    if any(unicodedata.category(letter) in _BAD_KINDS or letter in _BIDI for letter in value):
        raise InputError(f"{name} holds a control character: expected plain words on one line.")
    if "=?" in value:
        raise InputError(f"{name} holds '=?', which mail programs decode: expected plain words.")
    if not value or value != value.strip():
        raise InputError(f"{name} is empty, or has blanks around it: expected plain words.")
    if len(value) > _LONGEST_TEXT:
        raise InputError(f"{name} has {len(value)} characters: expected at most {_LONGEST_TEXT}.")
    return value


def check_recipient(value: str) -> str:
    """One bare address; raises `InputError`."""
    clean_email(value)
    return _check_encoding("To", value)


def check_sender(value: str) -> str:
    """`Triage <triage@example.org>`; raises `InputError`."""
    return _check_form("From", value, _SENDER, "Triage <triage@example.org>")


def check_message_id(value: str) -> str:
    """`<word@domain>`; raises `InputError`."""
    return _check_form("Message-ID", value, _MESSAGE_ID, "<word@triage.example.org>")


def check_list_id(value: str) -> str:
    """`<digest.triage.example.org>` (RFC 2919); raises `InputError`."""
    return _check_form("List-Id", value, _LIST_ID, "<digest.triage.example.org>")


def check_language(value: str) -> str:
    """A language tag such as `en`; raises `InputError`."""
    return _check_form("Content-Language", value, _LANGUAGE, "en")


def check_url(name: str, value: str) -> str:
    """An address of a page, all ASCII, that fits on the header's one line; raises `InputError`."""
    _check_form(name, value, _URL, "https://triage.example.org/page")
    try:
        is_whole = bool(urlsplit(value).hostname)
    except ValueError:
        is_whole = False
    if not is_whole or len(value) > _LONGEST_URL:
        raise InputError(f"{name} is no usable address: expected a host, and at most {_LONGEST_URL} characters.")
    return _check_encoding(name, value)


def compare_headers(message: bytes, meant: Sequence[tuple[str, str]]) -> None:
    """Read the finished message again: these headers in this order, each once, and lines as SMTP wants them.

    Raises `InputError`. Reads with the parser for old mail, which shares nothing with what wrote it.
    """
    ends = message.count(b"\r\n")
    longest = max(map(len, message.split(b"\r\n")))
    is_fit = message.isascii() and b"\0" not in message and longest <= LONGEST_LINE
    if not is_fit or message.count(b"\r") != ends or message.count(b"\n") != ends:
        raise InputError("The finished mail has lines that mail servers do not take. It was not sent.")
    head, _, _ = message.partition(b"\r\n\r\n")
    parsed = _HEADERS.parsebytes(head + b"\r\n\r\n")
    found = [(name, _read_value(value)) for name, value in parsed.items()]
    # Python before 3.11.4 reports of a head alone that its parts are missing.
    defects = [each for each in parsed.defects if not isinstance(each, MultipartInvariantViolationDefect)]
    if found != list(meant) or defects:
        names = ", ".join(name for name, _ in found)
        raise InputError(f"The finished mail has other headers than meant ({names}). It was not sent.")


def _read_value(raw: str) -> str:
    return str(make_header(decode_header(_FOLD.sub("", str(raw)))))


def _check_form(name: str, value: str, form: re.Pattern[str], example: str) -> str:
    if form.fullmatch(value) is None:
        raise InputError(f"{name} cannot be {value[:80]!r}: expected something like {example}.")
    return value


def _check_encoding(name: str, value: str) -> str:
    if "=?" in value:
        raise InputError(f"{name} holds '=?', which mail programs decode: expected it without.")
    return value
