"""Where mails go and who they come from, by the settings."""

from triage.config import Settings
from triage.errors import InputError
from triage.mailing.message import name_sender
from triage.ports import Mailer


def find_sender(settings: Settings) -> str:
    """The bare address that mails come from; raises `InputError`."""
    return name_sender(settings.mail_from, settings.public_url).partition("<")[2].removesuffix(">")


def open_mailer(settings: Settings) -> Mailer:
    """The folder or the mail server; raises `InputError` for settings that cannot work, and connects to nothing."""
    if settings.mail == "folder":
        from triage.adapters.folder_mailer import FolderMailer

        return FolderMailer(settings.home / "outbox")
    if not settings.smtp_host:
        raise InputError("TRIAGE_MAIL is smtp, but no server: set TRIAGE_SMTP_HOST to one, such as smtp.example.org.")
    return _open_smtp(settings)


def _open_smtp(settings: Settings) -> Mailer:
    from triage.adapters.dkim_signer import DkimSigner
    from triage.adapters.smtp_connection import SmtpPlace
    from triage.adapters.smtp_mailer import SmtpMailer

    sender = find_sender(settings)
    domain = sender.rpartition("@")[2]
    place = SmtpPlace(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        hello=domain,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        ca=settings.smtp_ca,
        timeout=settings.smtp_timeout,
    )
    bounces = settings.mail_bounces or sender
    if settings.dkim_key is None:
        return SmtpMailer(place, bounces)
    if not (settings.dkim_domain or settings.mail_from):
        raise InputError("TRIAGE_DKIM_KEY is set, but nobody signs: set TRIAGE_MAIL_FROM, such as triage@example.org.")
    signer = DkimSigner(settings.dkim_key, settings.dkim_selector, settings.dkim_domain or domain)
    return SmtpMailer(place, bounces, signer.sign)
