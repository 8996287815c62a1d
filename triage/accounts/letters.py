"""The one letter of accounts: a link that signs in."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from ipaddress import ip_address
from urllib.parse import urlsplit

from triage.core.account import Key


def name_link(public_url: str, key: Key) -> str:
    """Where the key is redeemed: the page shows a button, and only pressing it uses the link up."""
    return f"{public_url.rstrip('/')}/sign-in/link?key={key.text}"


def write_link_letter(email: str, link: str, minutes: int, now: datetime) -> bytes:
    """Plain text to one address; the link stands on a line of its own, which no mail program breaks."""
    domain = _name_domain(urlsplit(link).hostname or "localhost")
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Triage <no-reply@{domain}>"
    message["To"] = email
    message["Subject"] = "Your link to sign in to Triage"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(
        f"Open this link to sign in to Triage. It works once, for {minutes} minutes:\n\n{link}\n\n"
        "If you did not ask for it, you need not do anything.\n",
        cte="8bit",
    )
    return message.as_bytes()


def _name_domain(host: str) -> str:
    """As mail addresses write it (RFC 5321, 4.1.3)."""
    try:
        address = ip_address(host)
    except ValueError:
        return host.encode("idna").decode()
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"  # noqa: PLR2004 - the protocol's number
