import pytest
from fakes.header_case import DIGEST, find_difference, parse_new, read_bodies
from fakes.header_corpus import HEADER_PAYLOADS
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.errors import InputError
from triage.mailing.message import Letter, make_message_id, write_message

_FIELDS = ("sender", "recipient", "subject", "message_id", "list_id", "unsubscribe", "language")
_WHOLE = tuple(text for text in HEADER_PAYLOADS if text.isascii() or text.encode(errors="replace").decode() == text)
_ANY = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(max_codepoint=0x2FFF), max_size=40),
    st.sampled_from(HEADER_PAYLOADS),
    st.tuples(st.text(max_size=5), st.sampled_from(HEADER_PAYLOADS), st.text(max_size=5)).map("".join),
)


def _is_refused_or_exact(letter: Letter) -> None:
    try:
        message = write_message(letter)
    except InputError:
        return
    assert find_difference(message, letter) is None
    assert parse_new(message).defects == []


@pytest.mark.parametrize("field", _FIELDS)
def test_no_payload_gets_into_a_header(field: str) -> None:
    """Alone or within what is usual, each is refused, or is read back as that very value and nothing else."""
    usual = getattr(DIGEST, field)
    for payload in HEADER_PAYLOADS:
        for value in (payload, usual[:9] + payload + usual[9:]):
            _is_refused_or_exact(replace(DIGEST, **{field: value}))


def test_there_are_enough_payloads() -> None:
    """And each is there once."""
    assert len(set(HEADER_PAYLOADS)) == len(HEADER_PAYLOADS) >= 60


def test_an_encoded_line_break_is_refused() -> None:
    """CVE-2024-6923: Python before 3.11.10 writes it out as a header of its own."""
    with pytest.raises(InputError, match=r"^Subject holds '=\?'"):
        write_message(replace(DIGEST, subject="=?utf-8?q?Hi=0D=0ABcc:_evil@x.y?="))


def test_titles_get_into_the_body_alone() -> None:
    """Every payload, in text and HTML: the headers are the same, and so is the text."""
    head = [pair for pair in parse_new(write_message(DIGEST)).items() if pair[0] != "Content-Type"]
    for title in _WHOLE:
        message = write_message(replace(DIGEST, text=f"{title}.\n", html=f"<h1>{title}</h1>\n"))
        assert [pair for pair in parse_new(message).items() if pair[0] != "Content-Type"] == head
        wanted = [("text/plain", f"{title}.\n"), ("text/html", f"<h1>{title}</h1>\n")]
        ends = [(kind, text.replace("\r\n", "\n").replace("\r", "\n")) for kind, text in wanted]
        assert read_bodies(message) == ends


@pytest.mark.parametrize("reader", _WHOLE[:40])
def test_names_of_readers_are_never_in_a_header(reader: str) -> None:
    """A message id holds their hash."""
    message_id = make_message_id("secret", "2026-W31", reader, "example.org")
    assert (
        find_difference(write_message(replace(DIGEST, message_id=message_id)), replace(DIGEST, message_id=message_id))
        is None
    )
    assert len(message_id) == len("<2026-w31.@example.org>") + 32


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(_FIELDS), _ANY, min_size=1, max_size=3))
def test_any_value_is_refused_or_exact(data: dict[str, str]) -> None:
    """Three parsers read the headers that were meant, once each, and no other."""
    _is_refused_or_exact(replace(DIGEST, **data))


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=120))
def test_words_of_any_language_make_a_subject(words: str) -> None:
    """Written and read back, unless they look encoded or have blanks around them."""
    is_odd = "=?" in words or words != words.strip()
    if is_odd:
        with pytest.raises(InputError):
            write_message(replace(DIGEST, subject=words))
    else:
        assert find_difference(write_message(replace(DIGEST, subject=words)), replace(DIGEST, subject=words)) is None
