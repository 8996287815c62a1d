from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from fakes.header_case import DIGEST, parse_new, read_bodies
from msgspec.structs import replace

from triage.errors import InputError
from triage.mailing.message import make_message_id, name_domain, name_list, name_sender, write_message

_URL = f"https://triage.example.org/mail/{'k' * 32}/unsubscribe"


def test_a_digest_is_written_out_to_the_byte() -> None:
    """Every header once and on one line, the text before the HTML."""
    boundary = parse_new(write_message(DIGEST)).get_boundary()
    assert write_message(DIGEST).decode("ascii").split("\r\n") == [
        "From: Triage <no-reply@triage.example.org>",
        "To: ada@example.org",
        "Subject: Triage, week 31 of 2026",
        "Date: Mon, 03 Aug 2026 07:00:00 +0000",
        "Message-ID: <2026-w31.0a1b@triage.example.org>",
        "Auto-Submitted: auto-generated",
        "Content-Language: en",
        "List-Id: <digest.triage.example.org>",
        f"List-Unsubscribe: <{_URL}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
        f"--{boundary}",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: 7bit",
        "",
        "One paper.",
        "",
        f"--{boundary}",
        'Content-Type: text/html; charset="utf-8"',
        "Content-Transfer-Encoding: 7bit",
        "",
        "<p>One paper.</p>",
        "",
        f"--{boundary}--",
        "",
    ]


def test_the_same_letter_gives_the_same_bytes() -> None:
    """A second attempt is the same message; another reader's is not."""
    assert write_message(DIGEST) == write_message(replace(DIGEST))
    other = write_message(replace(DIGEST, message_id="<other@triage.example.org>"))
    assert parse_new(other).get_boundary() != parse_new(write_message(DIGEST)).get_boundary()


def test_a_letter_without_html_is_plain_text() -> None:
    """One part, and no headers of a list."""
    message = write_message(replace(DIGEST, html=None, list_id=None, unsubscribe=None))
    assert parse_new(message).get_content_type() == "text/plain"
    assert b"List-" not in message
    assert read_bodies(message) == [("text/plain", DIGEST.text)]


@pytest.mark.parametrize("length", [78, 200, 900])
def test_the_address_to_leave_stays_on_one_line(length: int) -> None:
    """Python's own policy would encode it from 78 characters on, and mailboxes then ignore it."""
    url = _URL.ljust(length, "x")
    lines = write_message(replace(DIGEST, unsubscribe=url)).split(b"\r\n")
    assert f"List-Unsubscribe: <{url}>".encode() in lines


def test_one_click_needs_https() -> None:
    """RFC 8058, 3.1: without it mailboxes must not post."""
    message = write_message(replace(DIGEST, unsubscribe="http://127.0.0.1:8000/mail/k/unsubscribe"))
    assert b"List-Unsubscribe: <http:" in message
    assert b"List-Unsubscribe-Post" not in message


@pytest.mark.parametrize("count", [1, 10, 40, 190])
def test_a_subject_in_chinese_arrives(count: int) -> None:
    """In encoded words of at most 75 characters, on lines of at most 78."""
    subject = ("2026 年第 31 周 " + "论文精选推荐" * 40)[:count].strip()
    message = write_message(replace(DIGEST, subject=subject))
    assert parse_new(message)["Subject"] == subject
    head = message.partition(b"\r\nDate:")[0].partition(b"Subject: ")[2]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert max(map(len, head.split())) <= 75


@pytest.mark.parametrize(
    "text",
    ["é", "x" * 999, "From here on", "a\0b\x0b", "論文 " * 4_000, "a\u2028b", "end without line end", "", " \t \n\n"],
)
def test_any_text_arrives_as_it_is(text: str) -> None:
    """In lines that every server takes."""
    message = write_message(replace(DIGEST, text=text, html=f"<p>{text}</p>"))
    assert read_bodies(message) == [("text/plain", text), ("text/html", f"<p>{text}</p>")]
    assert max(map(len, message.split(b"\r\n"))) <= 998
    assert not any(line.startswith(b"From ") for line in message.split(b"\r\n"))


def test_line_ends_become_those_of_mail() -> None:
    """Whatever they were; a bare one could end the message for the server."""
    message = write_message(replace(DIGEST, text="a\rb\nc\r\nd\n\re\n", html=None))
    assert message.endswith(b"\r\n\r\na\r\nb\r\nc\r\nd\r\n\r\ne\r\n")


def test_a_text_cannot_end_its_part() -> None:
    """A line that looks like the boundary changes it."""
    boundary = parse_new(write_message(DIGEST)).get_boundary()
    text = f"One paper.\n--{boundary}\nContent-Type: text/html\n\n<script>\n--{boundary}--\n"
    assert read_bodies(write_message(replace(DIGEST, text=text)))[0] == ("text/plain", text)


def test_half_a_character_is_refused() -> None:
    """A lone surrogate cannot be sent."""
    with pytest.raises(InputError, match="lone surrogate"):
        write_message(replace(DIGEST, html="\ud83d"))


def test_a_date_is_written_in_utc() -> None:
    """Without a zone it is no moment."""
    there = datetime(2026, 8, 3, 7, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert parsedate_to_datetime(parse_new(write_message(replace(DIGEST, date=there)))["Date"]) == there
    with pytest.raises(InputError, match="Date has no time zone"):
        write_message(replace(DIGEST, date=there.replace(tzinfo=None)))


def test_a_message_id_is_the_same_for_ever() -> None:
    """Of one digest; any other has another, and it tells nothing about the reader."""
    first = make_message_id("secret", "2026-W31", "ada", "example.org")
    assert first == "<2026-w31.20af34eb05c9753fd63e5366cef6cf0b@example.org>"
    others = {
        make_message_id("other", "2026-W31", "ada", "example.org"),
        make_message_id("secret", "2026-W32", "ada", "example.org"),
        make_message_id("secret", "2026-W31", "bob", "example.org"),
    }
    assert len(others - {first}) == 3


@pytest.mark.parametrize(
    ("url", "domain", "list_id"),
    [
        ("https://triage.example.org", "triage.example.org", "<digest.triage.example.org>"),
        ("http://127.0.0.1:8000", "[127.0.0.1]", "<digest.localhost>"),
        ("http://[::1]:8000", "[IPv6:::1]", "<digest.localhost>"),
        ("http://triage_web:8000", "triage_web", "<digest.triage_web>"),
        ("https://bücher.example", "xn--bcher-kva.example", "<digest.xn--bcher-kva.example>"),
    ],
)
def test_names_follow_where_the_pages_are(url: str, domain: str, list_id: str) -> None:
    """And every one of them can be written into a message."""
    assert (name_domain(url), name_list(url)) == (domain, list_id)
    assert name_sender("", url) == f"Triage <no-reply@{domain}>"
    message_id = make_message_id("secret", "2026-W31", "ada", domain)
    write_message(replace(DIGEST, sender=name_sender("", url), message_id=message_id, list_id=list_id))


def test_the_operator_names_the_sender() -> None:
    """One address, or a sentence that says where to set it."""
    assert name_sender(" Lab@Example.org ", "http://127.0.0.1:8000") == "Triage <lab@example.org>"
    for wrong in ("Lab <lab@example.org>", "lab", "a@b, c@d", "a@b\r\nBcc: c@d"):
        with pytest.raises(InputError, match="set TRIAGE_MAIL_FROM"):
            name_sender(wrong, "http://127.0.0.1:8000")


@pytest.mark.parametrize("url", ["http://[::1", "https://" + "x" * 64 + ".org", "https://a..b"])
def test_a_host_that_is_none_is_refused(url: str) -> None:
    """With the setting to mend."""
    with pytest.raises(InputError, match="TRIAGE_PUBLIC_URL"):
        name_domain(url)
