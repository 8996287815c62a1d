from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from fakes.accounts_case import parse_mail
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.accounts.letters import name_link, write_link_letter
from triage.core.account import clean_email, mint_key

_NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
_LOCAL = st.text("abcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=64).filter(
    lambda local: "=?" not in local  # is refused: mail programs decode what begins so
)
_DOMAIN = st.lists(st.text("abcxyz0123456789-", min_size=1, max_size=30), min_size=1, max_size=4).map(".".join)


@settings(max_examples=60)
@given(_LOCAL, _DOMAIN)
def test_a_letter_goes_to_one_address_and_holds_the_link(local: str, domain: str) -> None:
    """Whatever address is accepted is read back by a mail program as that one and no other."""
    email, link = clean_email(f"{local}@{domain}"), name_link("https://triage.example.org", mint_key())
    letter = write_link_letter(email, link, 15, _NOW)
    parsed = parse_mail(letter)
    assert parsed.get_all("To") == [email]
    assert len(parsed["To"].addresses) == 1
    assert "Bcc" not in parsed
    assert "Cc" not in parsed
    assert f"\r\n{link}\r\n".encode() in letter
    assert link in parsed.get_content().splitlines()
    assert parsed.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("https://triage.example.org", "no-reply@triage.example.org"),
        ("http://127.0.0.1:8000/", "no-reply@[127.0.0.1]"),
        ("http://[::1]:8000", "no-reply@[IPv6:::1]"),
        ("https://bücher.example:8443/triage/", "no-reply@xn--bcher-kva.example"),
    ],
)
def test_the_sender_is_where_the_pages_are(url: str, sender: str) -> None:
    """In the form that mail wants, with date and id, and no defect."""
    letter = write_link_letter("ada@example.org", name_link(url, mint_key()), 15, _NOW)
    parsed = parse_mail(letter)
    assert parsed["From"].addresses[0].addr_spec == sender
    assert parsedate_to_datetime(parsed["Date"]) == _NOW
    assert parsed["Message-ID"].startswith("<")
    assert not any(header.defects for header in parsed.values())
    assert parsed.defects == []


def test_the_operator_may_name_another_sender() -> None:
    """Who writes need not be where the pages are."""
    link = name_link("https://triage.example.org", mint_key())
    parsed = parse_mail(write_link_letter("ada@example.org", link, 15, _NOW, "lab@example.net"))
    assert parsed["From"].addresses[0].addr_spec == "lab@example.net"


def test_a_link_leads_below_the_public_url() -> None:
    """With one slash, however the setting ends."""
    key = mint_key()
    for url in ("https://x.org/triage", "https://x.org/triage/"):
        assert name_link(url, key) == f"https://x.org/triage/sign-in/link?key={key.text}"
