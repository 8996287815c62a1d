"""Mail as it is set: what is refused, where mails go then, and what the doctor says."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from triage.adapters.folder_mailer import FolderMailer
from triage.adapters.smtp_mailer import SmtpMailer
from triage.bootstrap import open_services
from triage.config import Settings
from triage.errors import InputError
from triage.mail import find_sender, open_mailer
from triage.pipeline.doctor import Check, check_mail

SMTP: dict[str, Any] = {"mail": "smtp", "smtp_host": "smtp.example.org"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mail_from": "Triage <triage@example.org>"}, "bare address"),
        ({"mail_from": "triage@exämple.org"}, "bare address"),
        ({"mail_bounces": "bounces"}, "bare address"),
        ({"smtp_host": "https://smtp.example.org"}, "name alone"),
        ({"smtp_host": "smtp.example.org:587"}, "name alone"),
        ({"dkim_selector": "tri age"}, "name alone"),
        ({"dkim_domain": "example.org\r\nX: y"}, "name alone"),
        ({"smtp_security": "none"}, "only for a server on this machine"),
        ({"smtp_host": "smtp.example.org", "smtp_security": "none"}, "only for a server on this machine"),
        ({"smtp_host": "localhost", "smtp_security": "none", "smtp_password": "x"}, "unencrypted"),
        ({"smtp_host": "127.0.0.1", "smtp_security": "none", "smtp_user": "triage"}, "unencrypted"),
    ],
)
def test_settings_that_cannot_be(changes: dict[str, Any], sentence: str) -> None:
    """They are refused when they are read, with what was expected."""
    with pytest.raises(ValidationError, match=sentence):
        Settings(**changes)


@pytest.mark.parametrize("host", ["smtp.example.org", "10.0.0.7", "::1", "mail", " smtp.example.org "])
def test_hosts_that_can_be(host: str) -> None:
    """Names and numbers."""
    assert Settings(smtp_host=host).smtp_host == host.strip()


def test_mails_go_into_a_folder_by_default(tmp_path: Path) -> None:
    """Nothing has to be set for it."""
    mailer = open_mailer(Settings(home=tmp_path))
    assert isinstance(mailer, FolderMailer)
    assert mailer.folder == tmp_path / "outbox"


def test_mails_go_to_the_server_that_is_set() -> None:
    """From the address set, whose domain is how we greet; bounces go there too, unless said otherwise."""
    mailer = open_mailer(
        Settings(**SMTP, mail_from="triage@example.org", smtp_user="me", smtp_password=SecretStr("secret"))
    )
    assert isinstance(mailer, SmtpMailer)
    assert mailer.sender == "triage@example.org"
    place = mailer.place
    assert (place.host, place.port, place.security, place.hello) == ("smtp.example.org", 587, "starttls", "example.org")
    assert (place.user, place.password) == ("me", "secret")
    other = open_mailer(Settings(**SMTP, mail_from="triage@example.org", mail_bounces="bounces@example.org"))
    assert isinstance(other, SmtpMailer)
    assert other.sender == "bounces@example.org"


def test_without_an_address_mails_come_from_the_pages() -> None:
    """no-reply at their host."""
    assert find_sender(Settings(public_url="https://triage.example.org")) == "no-reply@triage.example.org"
    assert find_sender(Settings(public_url="http://127.0.0.1:8000")) == "no-reply@[127.0.0.1]"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mail": "smtp"}, "set TRIAGE_SMTP_HOST"),
        (SMTP | {"smtp_ca": Path("absent.pem")}, "TRIAGE_SMTP_CA"),
        (SMTP | {"dkim_key": Path("absent.pem"), "mail_from": "a@example.org"}, "TRIAGE_DKIM_KEY"),
        (SMTP | {"dkim_key": Path("absent.pem")}, "TRIAGE_MAIL_FROM"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, Any], sentence: str) -> None:
    """When the mailer is opened, and so by the doctor."""
    settings = Settings(**changes)
    with pytest.raises(InputError, match=sentence):
        open_mailer(settings)
    check = check_mail(settings, lambda: open_mailer(settings))
    assert check.status == "failed"
    assert sentence in check.message


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({}, "ok", "sent to nobody"),
        (SMTP, "warning", "TRIAGE_MAIL_FROM is not set"),
        (SMTP | {"mail_from": "triage@example.org"}, "warning", "TRIAGE_PUBLIC_URL"),
        (SMTP | {"mail_from": "triage@example.org", "public_url": "https://example.org"}, "ok", "not signed here"),
        ({"smtp_host": "smtp.example.org"}, "warning", "TRIAGE_MAIL=smtp sends them there"),
        ({"accounts": True}, "warning", "letters to sign in among them"),
        (SMTP | {"smtp_user": "triage"}, "failed", "TRIAGE_SMTP_PASSWORD"),
        (SMTP | {"smtp_password": SecretStr("x")}, "failed", "TRIAGE_SMTP_USER"),
        (SMTP | {"smtp_port": 465}, "warning", "expect tls on port 465"),
        (SMTP | {"smtp_security": "tls"}, "warning", "expect starttls on port 587"),
    ],
)
def test_the_doctor_says_how_mail_is_set(changes: dict[str, Any], status: str, words: str) -> None:
    """A folder is fine unless somebody waits for mail; what a server will not go along with is named."""
    settings = Settings(**changes)
    check = check_mail(settings, lambda: open_mailer(settings))
    assert (check.name, check.status) == ("mail", status)
    assert words in check.message


async def test_services_close_the_mailer_they_opened(tmp_path: Path) -> None:
    """The connection goes with them; one that nobody asked for is never opened."""
    from fakes.smtp_case import list_taken, send

    from triage.adapters.fake_smtp.server import FakeSmtp

    with FakeSmtp() as server:
        settings = Settings(
            home=tmp_path, mail="smtp", smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none"
        )
        async with open_services(settings) as services:
            assert isinstance(services.mailer, SmtpMailer)
            await send(services.mailer, "ada")
            mailer = services.mailer
        assert mailer._client is None
    assert list_taken(server) == ["ada"]


def test_check_is_a_record() -> None:
    """What the doctor prints of it."""
    settings = Settings(home=Path("/data"))
    assert check_mail(settings, lambda: None) == Check(
        "mail", "ok", "Mails are written into /data/outbox, and sent to nobody."
    )
