"""DKIM (RFC 6376): a signature by which mailboxes know that a message is ours, and that nobody changed it."""

from pathlib import Path
from typing import Final

from triage.errors import InputError

_SIGNED: Final = (
    b"From",
    b"To",
    b"Subject",
    b"Date",
    b"Message-ID",
    b"Reply-To",
    b"List-Id",
    b"List-Unsubscribe",
    b"List-Unsubscribe-Post",
    b"Content-Type",
    b"MIME-Version",
)
_LEAST_BITS: Final = 1024
"""RFC 8301, 3.2: shorter keys count as no signature."""


class DkimSigner:
    """Signs with the RSA key (PEM) in the file `key`; raises `InputError` for one that is no use.

    Its public half is expected in the DNS, as TXT record of `selector`._domainkey.`domain`.
    """

    def __init__(self, key: Path, selector: str, domain: str) -> None:
        self._key = _read_key(key)
        self._selector = selector.encode()
        self._domain = domain.encode("idna")

    def sign(self, message: bytes) -> bytes:
        """The message with a DKIM-Signature in front, relaxed/relaxed; lines must end in CRLF.

        Each header is named once more than it occurs, so that none can be added either (RFC 6376, 8.15).
        """
        from dkim import DKIM

        signature: bytes = DKIM(message).sign(
            self._selector,
            self._domain,
            self._key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*_SIGNED, *_SIGNED],
        )
        return signature + message


def _read_key(path: Path) -> bytes:
    from dkim.crypto import UnparsableKeyError, parse_pem_private_key

    try:
        pem = path.read_bytes().replace(b"\r\n", b"\n")
        bits = int(parse_pem_private_key(pem)["modulus"]).bit_length()
    except OSError as error:
        raise InputError(f"TRIAGE_DKIM_KEY: {path} cannot be read ({error.strerror}).") from error
    except (UnparsableKeyError, ValueError, IndexError) as error:
        raise InputError(
            f"TRIAGE_DKIM_KEY: {path} holds no private key that can be used: expected RSA in PEM, without a password, "
            "such as openssl genrsa 2048 writes."
        ) from error
    if bits < _LEAST_BITS:
        raise InputError(f"TRIAGE_DKIM_KEY: {path} has {bits} bits, which nobody accepts: expected 2048.")
    return pem
