"""E8: the signature that mailboxes check, over the bytes that a mail server got."""

import re
from base64 import b64encode
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from fakes.smtp_case import MESSAGE, make_mailer

from triage.adapters.dkim_signer import DkimSigner
from triage.adapters.fake_smtp.server import FakeSmtp
from triage.adapters.smtp_mailer import SmtpMailer
from triage.errors import InputError

_FORMATS = {"pkcs1": PrivateFormat.TraditionalOpenSSL, "pkcs8": PrivateFormat.PKCS8}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """Made once: it takes time."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def signer(key: rsa.RSAPrivateKey, tmp_path: Path) -> DkimSigner:
    """Signs as triage._domainkey.example.org."""
    return DkimSigner(write_key(tmp_path, key), "triage", "example.org")


def write_key(folder: Path, key: rsa.RSAPrivateKey, form: str = "pkcs8") -> Path:
    """In a file, as PEM."""
    path = folder / "dkim.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, _FORMATS[form], NoEncryption()))
    return path


def verify(message: bytes, key: rsa.RSAPrivateKey) -> bool:
    """What a mailbox finds, with a DNS of one record."""
    public = b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    records = {"triage._domainkey.example.org.": f"v=DKIM1; k=rsa; p={public}"}
    return bool(dkim.verify(message, dnsfunc=lambda name, **_: records[name.decode()].encode()))


async def test_what_the_server_got_verifies(signer: DkimSigner, key: rsa.RSAPrivateKey) -> None:
    """Over a real connection, with dots at the start of lines and a List-Unsubscribe of more than 78 characters."""
    with FakeSmtp() as server:
        mailer = SmtpMailer(make_mailer(server.port).place, "bounces@example.org", signer.sign)
        await mailer.send(MESSAGE.replace(b"\r\n", b"\n"), "ada@example.org")
        await mailer.close()
    data = server.accepted[0].data
    assert data.endswith(MESSAGE)
    assert verify(data, key)
    [unsubscribe] = re.findall(rb"^List-Unsubscribe: .*$", data, re.MULTILINE)
    assert len(unsubscribe) > 78
    assert b"=?" not in data


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/unsubscribe?from=the-mail>", b"/unsubscribe?from=elsewhere>"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"Subject: Your week", b"Subject: Your money"),
        (b"List-Id: <digest.example.org>", b"List-Id: <other.example.org>"),
        (b"From: Triage", b"From: Bank"),
        (b"Bye.", b"Buy."),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nReply-To: eve@example.org\r\n"),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nList-Unsubscribe: <https://evil.example>\r\n"),
        (b"MIME-Version: 1.0\r\n", b"Subject: Another\r\nMIME-Version: 1.0\r\n"),
    ],
)
def test_whoever_changes_it_breaks_it(signer: DkimSigner, key: rsa.RSAPrivateKey, old: bytes, new: bytes) -> None:
    """Headers that lead somewhere, the body, and headers that were added."""
    signed = signer.sign(MESSAGE)
    changed = signed.replace(old, new)
    assert changed != signed
    assert verify(signed, key)
    assert not verify(changed, key)


def test_what_relays_do_keeps_it(signer: DkimSigner, key: rsa.RSAPrivateKey) -> None:
    """A Received in front, blanks at the end of lines and a header folded elsewhere are no change (relaxed)."""
    signed = signer.sign(MESSAGE)
    relayed = b"Received: from a by b; today\r\n" + signed.replace(b"Hello.\r\n", b"Hello.  \r\n")
    relayed = relayed.replace(b"Subject: Your week", b"Subject: Your\r\n week")
    assert verify(relayed, key)


def test_another_key_does_not_verify(signer: DkimSigner) -> None:
    """The key in the DNS is the one that counts."""
    assert not verify(signer.sign(MESSAGE), rsa.generate_private_key(65537, 2048))


@pytest.mark.parametrize("form", ["pkcs1", "pkcs8"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_the_forms_a_key_comes_in(tmp_path: Path, key: rsa.RSAPrivateKey, form: str, line_end: bytes) -> None:
    """What openssl writes now and wrote before, and what an editor on Windows makes of it."""
    path = write_key(tmp_path, key, form)
    path.write_bytes(path.read_bytes().replace(b"\n", line_end))
    assert verify(DkimSigner(path, "triage", "example.org").sign(MESSAGE), key)


def test_keys_that_are_no_use(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    """They are told at the start, by the setting: absent, no key, with a password, public, of another kind, cut."""
    path = tmp_path / "dkim.pem"
    pem = write_key(tmp_path, key).read_bytes()
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    lines = pem.splitlines()
    cut = b"\n".join(lines[:5] + lines[-1:])
    for text in (b"", b"no key", locked, public, other, cut, b"-----BEGIN-----\n\xff\n-----END-----"):
        path.write_bytes(text)
        with pytest.raises(InputError, match=r"TRIAGE_DKIM_KEY: .* holds no private key"):
            DkimSigner(path, "triage", "example.org")
    path.unlink()
    with pytest.raises(InputError, match=r"TRIAGE_DKIM_KEY: .*No such file"):
        DkimSigner(path, "triage", "example.org")


def test_a_key_that_is_too_short(tmp_path: Path) -> None:
    """Nobody believes fewer than 1024 bits (RFC 8301)."""
    path = tmp_path / "dkim.pem"
    numbers = (0, 2**511 + 1, 65537, 3, 5, 7, 11, 13, 17)  # nothing but its length is looked at
    content = b"".join(b"\x02%c%b" % (len(each), each) for each in map(_write_integer, numbers))
    path.write_bytes(
        b"-----BEGIN RSA PRIVATE KEY-----\n"
        + b64encode(b"\x30%c%b" % (len(content), content))
        + b"\n-----END RSA PRIVATE KEY-----\n"
    )
    with pytest.raises(InputError, match="512 bits"):
        DkimSigner(path, "triage", "example.org")


def _write_integer(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")
