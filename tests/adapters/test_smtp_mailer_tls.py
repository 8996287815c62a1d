"""Encryption and names: nothing is said to a server that cannot show who it is."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from fakes.smtp_case import HASTE, Certificates, list_taken, open_pair, send

from triage.adapters.fake_smtp.server import Tls
from triage.adapters.smtp_connection import make_context
from triage.errors import InputError, MailError
from triage.ports import MailOutcome


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made once: keys take time."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


LOGIN: dict[str, Any] = {"user": "triage", "password": "open sesame"}


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_encrypted(certificates: Certificates, security: str) -> None:
    """By STARTTLS or from the first byte on, with name and password, over one connection."""
    tls = Tls(certificates.right, is_from_start=security == "tls")
    async with open_pair(tls=tls, security=security, ca=certificates.ca, **LOGIN) as (server, mailer):
        receipts = await send(mailer, "ada", "bob")
    assert [receipt.outcome for receipt in receipts] == [MailOutcome.ACCEPTED] * 2
    assert (list_taken(server), server.connections) == (["ada", "bob"], 1)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("no_starttls", "does not offer STARTTLS.*TRIAGE_SMTP_SECURITY"),
        ("wrong_certificate", "certificate that cannot be trusted.*TRIAGE_SMTP_CA"),
        ("no_login", "leave TRIAGE_SMTP_USER empty"),
        ("auth_refused", "does not let triage in .535 .*TRIAGE_SMTP_USER and TRIAGE_SMTP_PASSWORD"),
    ],
)
async def test_what_is_wrong_names_its_setting(certificates: Certificates, fault: str, sentence: str) -> None:
    """Nothing was sent, the password is not told, and a server that is right again gets the mail."""
    async with open_pair({0: fault}, certificates.tls, security="starttls", ca=certificates.ca, **LOGIN) as (
        server,
        mailer,
    ):
        with pytest.raises(MailError, match=sentence) as caught:
            await send(mailer, "ada")
        assert LOGIN["password"] not in str(caught.value)
        assert list_taken(server) == []
        await send(mailer, "ada")
    assert list_taken(server) == ["ada"]


async def test_the_systems_authorities_do_not_know_it(certificates: Certificates) -> None:
    """Without TRIAGE_SMTP_CA a certificate of one's own is refused."""
    async with open_pair(tls=certificates.tls, security="starttls") as (server, mailer):
        with pytest.raises(MailError, match="TRIAGE_SMTP_CA"):
            await send(mailer, "ada")
    assert list_taken(server) == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_for_another_name(certificates: Certificates, security: str) -> None:
    """Its authority is trusted, but it is not this server's."""
    tls = Tls(certificates.of_another_name, is_from_start=security == "tls")
    async with open_pair(tls=tls, security=security, ca=certificates.ca) as (server, mailer):
        with pytest.raises(MailError, match="TRIAGE_SMTP_HOST must be the name"):
            await send(mailer, "ada")
    assert list_taken(server) == []


def test_what_is_asked_of_encryption() -> None:
    """TLS 1.2 is the oldest, whatever the system would take; certificate and name are verified."""
    context = make_context(None)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_starttls_where_tls_is_expected(certificates: Certificates) -> None:
    """The wrong kind of port is told as such."""
    async with open_pair(tls=certificates.tls, security="tls", ca=certificates.ca, timeout=HASTE) as (_, mailer):
        with pytest.raises(MailError, match="TRIAGE_SMTP_SECURITY"):
            await send(mailer, "ada")


async def test_tls_where_starttls_is_expected(certificates: Certificates) -> None:
    """The server waits for us to begin, so the time runs out."""
    tls = Tls(certificates.right, is_from_start=True)
    async with open_pair(tls=tls, security="starttls", ca=certificates.ca, timeout=HASTE) as (_, mailer):
        with pytest.raises(MailError, match="TRIAGE_SMTP_SECURITY"):
            await send(mailer, "ada")


@pytest.mark.parametrize("text", [None, "no certificate"])
async def test_a_file_that_holds_no_certificate(tmp_path: Path, text: str | None) -> None:
    """It is told before anything is sent."""
    path = tmp_path / "ca.pem"
    if text:
        path.write_text(text)
    with pytest.raises(InputError, match="TRIAGE_SMTP_CA"):
        async with open_pair(security="starttls", ca=path):
            pass
