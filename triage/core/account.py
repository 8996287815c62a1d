"""Who may do what: roles, scopes, and the text of keys, which carries a checksum so that scanners know a leaked one."""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

import msgspec

from triage.errors import InputError

SOLE_READER: Final = "me"
"""The reader of an installation without accounts."""

KeyKind = Literal["session", "token", "link"]
"""What a key is for: a browser that is signed in, a program, an emailed link that signs in once."""

KEY_PREFIX: Final = "triage"
_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PUBLIC, _SECRET, _CHECK = 12, 32, 6  # characters; 32 of 62 are 190 random bits
_LENGTHS = (len(KEY_PREFIX), _PUBLIC, _SECRET + _CHECK)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
# What browsers take for an address: https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*", re.ASCII)
_LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets


class Role(StrEnum):
    """What a reader may do: `editor` also publishes shortlists and curates shared tags, `admin` manages readers."""

    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether whoever has this role may do what the other one may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Scope(StrEnum):
    """What a key may be used for, at most; its owner's role still counts."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Reader(msgspec.Struct, frozen=True):
    """A person with an account; `name` never changes, `email` is in lower case, times are aware, UTC."""

    name: str
    email: str
    role: Role
    created_at: datetime
    has_password: bool = False
    disabled_at: datetime | None = None


class TokenView(msgspec.Struct, frozen=True):
    """A program's key as its owner sees it: never the secret. `public` is the part between the underscores."""

    public: str
    label: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None


class Principal(msgspec.Struct, frozen=True):
    """On whose behalf a request is made. `means` is `sole`, `session`, `token`, or `nobody` for an anonymous reader.

    `credential` is the public part of the key; `reader` is empty for nobody, who owns nothing.
    """

    reader: str
    role: Role
    scopes: frozenset[Scope]
    means: str
    credential: str | None = None

    def may(self, scope: Scope, role: Role = Role.READER) -> bool:
        """Whether both the key and the role allow it."""
        return scope in self.scopes and self.role.includes(role)


class Key(msgspec.Struct, frozen=True):
    """A key in parts: the public one finds its row, the secret one proves it; its owner is shown `text` once."""

    public: str
    secret: str

    @property
    def text(self) -> str:
        """Prefix, public part, secret and checksum: `triage_<12>_<32><6>`."""
        body = f"{KEY_PREFIX}_{self.public}_{self.secret}"
        return body + _checksum(body)

    @property
    def digest(self) -> str:
        """SHA-256 of the secret, in hex; a secret of 190 random bits needs no slow hash (ASVS 6.5.2)."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def proves(self, digest: str) -> bool:
        """Whether the secret is the one of that digest, in a time that does not depend on where they differ."""
        return hmac.compare_digest(self.digest, digest)


def clean_name(text: str) -> str:
    """A reader's name as it is kept; raises `InputError` that says what was expected."""
    if _NAME.fullmatch(text) is None:
        raise InputError(
            f"{text!r} is no name for a reader: expected at most 64 of a-z, 0-9, dot, hyphen and underscore, "
            "the first a letter or digit, such as ada."
        )
    return text


def clean_email(text: str) -> str:
    """An address as it is kept and compared, in lower case; raises `InputError` that says what was expected."""
    email = text.lower()
    if len(email) > _LONGEST_EMAIL or _EMAIL.fullmatch(email) is None or "=?" in email:  # RFC 2047's, in a header
        raise InputError(f"{text!r} is no mail address: expected one such as ada@example.org.")
    return email


def mint_key() -> Key:
    """A new key from the operating system's random source."""
    return Key(_draw(_PUBLIC), _draw(_SECRET))


def read_key(text: str) -> Key | None:
    """The parts of a key; None for text that is none, mistyped ones included."""
    if not text.isascii():
        return None
    parts = text.split("_")
    if tuple(map(len, parts)) != _LENGTHS or parts[0] != KEY_PREFIX or not set(parts[1] + parts[2]) <= set(_ALPHABET):
        return None
    key = Key(parts[1], parts[2][:_SECRET])
    return key if key.text == text else None


def _draw(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
