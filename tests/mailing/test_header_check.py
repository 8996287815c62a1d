import pytest

from triage.errors import InputError
from triage.mailing.header_check import (
    check_language,
    check_list_id,
    check_message_id,
    check_recipient,
    check_sender,
    check_text,
    check_url,
    compare_headers,
)

_MEANT = [("From", "Triage <a@example.org>"), ("Subject", "Triage: 论文"), ("MIME-Version", "1.0")]
_GOOD = (
    b"From: Triage <a@example.org>\r\nSubject: Triage: =?utf-8?b?6K66?=\r\n =?utf-8?b?5paH?=\r\n"
    b"MIME-Version: 1.0\r\n\r\nSubject: not a header\r\n"
)


def test_the_headers_meant_pass() -> None:
    """Folded and encoded; what looks like a header in the body is none."""
    compare_headers(_GOOD, _MEANT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"MIME", b"Bcc: evil@example.com\r\nMIME"),
        (b"MIME", b"Subject: again\r\nMIME"),
        (b"MIME-Version: 1.0\r\n", b""),
        (b"From", b"from"),
        (b"a@example.org", b"b@example.org"),
        (b"From: Triage <a@example.org>\r\n", b""),
        (b"1.0\r\n\r\n", b"1.0\r\nX-Torn\r\n\r\n"),
        (b"=?utf-8?b?6K66?=", b"=?utf-8?b?5paH?="),
        (b"MIME", b"\r\nMIME"),
    ],
    ids=["more", "twice", "less", "case", "other_value", "first_gone", "torn", "other_words", "ends_early"],
)
def test_other_headers_than_meant_are_refused(old: bytes, new: bytes) -> None:
    """One more, one less, another order or another value."""
    with pytest.raises(InputError, match="other headers than meant"):
        compare_headers(_GOOD.replace(old, new, 1), _MEANT)


@pytest.mark.parametrize(
    "body",
    [b"a\nb\r\n", b"a\rb\r\n", b"a\0b\r\n", "é\r\n".encode(), b"x" * 999 + b"\r\n", b"\r\r\n", b"\n\r\r\n"],
    ids=["bare_lf", "bare_cr", "nul", "eight_bit", "long_line", "cr_cr_lf", "lf_cr"],
)
def test_lines_that_servers_do_not_take_are_refused(body: bytes) -> None:
    """In the body too: a bare line end can be read as the end of the message (SMTP smuggling, CVE-2023-51764)."""
    with pytest.raises(InputError, match="lines that mail servers do not take"):
        compare_headers(_GOOD + body, _MEANT)


def test_a_line_of_998_octets_passes() -> None:
    """The longest that RFC 5322 allows."""
    compare_headers(_GOOD + b"x" * 998 + b"\r\n", _MEANT)


@pytest.mark.parametrize("text", ["Triage, week 31", "论文 2026 年第 31 周", "Ünïcode 👩‍🔬", "x" * 200, "a\u00a0b"])
def test_words_on_one_line_pass(text: str) -> None:
    """In any language."""
    assert check_text("Subject", text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a\r\nBcc: b@c.de", "control"),
        ("a\tb", "control"),
        ("a\x85b", "control"),
        ("a\u2028b", "control"),
        ("a\u202eb", "control"),
        ("a\0", "control"),
        ("\ud800", "control"),
        ("=?utf-8?q?Hi=0D=0ABcc:_evil@x.y?=", "decode"),
        ("", "empty"),
        (" a", "blanks"),
        ("a\u3000", "blanks"),
        ("x" * 201, "201 characters"),
    ],
)
def test_other_words_are_refused(text: str, why: str) -> None:
    """With the header's name, and what is wrong with it; never with the words themselves."""
    with pytest.raises(InputError, match=f"^Subject .*{why}"):
        check_text("Subject", text)


@pytest.mark.parametrize("email", ["ada@example.org", "a.b+c@x.example.org", "o'brien@xn--bcher-kva.example"])
def test_an_address_passes(email: str) -> None:
    """Bare."""
    assert check_recipient(email) == email


@pytest.mark.parametrize(
    "email", ["Ada <ada@example.org>", "a@b, c@d", "=?x?q?y?=@example.org", "a@b\n", "", "a", "<a@b>"]
)
def test_what_is_not_one_bare_address_is_refused(email: str) -> None:
    """Nobody else gets a copy."""
    with pytest.raises(InputError):
        check_recipient(email)


@pytest.mark.parametrize("sender", ["Triage <no-reply@[127.0.0.1]>", "Lab-9 <a@[IPv6:::1]>"])
def test_a_sender_passes(sender: str) -> None:
    """A name and an address."""
    assert check_sender(sender) == sender


@pytest.mark.parametrize(
    "sender",
    [
        "a@example.org",
        "<a@b.c>",
        "A B <a@b.c>",
        "A, B <a@b.c>",
        '"A" <a@b.c>',
        "A <a@b.c> <d@e.f>",
        "A <a@b.c>\n",
        "=?a <b@c.d>",
    ],
)
def test_any_other_sender_is_refused(sender: str) -> None:
    """Only the one form that `name_sender` writes."""
    with pytest.raises(InputError, match=r"^From cannot be"):
        check_sender(sender)


def test_identifiers_have_their_forms() -> None:
    """With their brackets, and nothing after them."""
    assert check_message_id("<2026-w31.0a@[127.0.0.1]>") == "<2026-w31.0a@[127.0.0.1]>"
    assert check_list_id("<digest.example.org>") == "<digest.example.org>"
    assert check_language("zh-Hans") == "zh-Hans"
    for check, wrong in ((check_message_id, "<a b@c>"), (check_list_id, "digest.example.org"), (check_language, "e")):
        for value in (wrong, f"{wrong}\r\n", "", "<a@b>\r\nBcc: c@d.ef"):
            with pytest.raises(InputError, match="cannot be"):
                check(value)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://a.b/c>d",
        "https://a.b/c d",
        "https://a.b/c,d",
        "https://a.b/é",
        "https://a.b/?x=?utf-8?q?y?=",
        "https://[::1/x",
        "https://a.b/" + "x" * 900,
        "mailto:a@b.c",
        "https://a.b/\r\nBcc: c@d.ef",
    ],
)
def test_an_address_that_is_no_page_is_refused(url: str) -> None:
    """Nothing that a mailbox could take for two addresses, or for another header."""
    with pytest.raises(InputError, match=r"^List-Unsubscribe"):
        check_url("List-Unsubscribe", url)
