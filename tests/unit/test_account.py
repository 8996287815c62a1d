"""Roles, scopes, names, addresses and the text of keys."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.account import (
    Key,
    Principal,
    Role,
    Scope,
    clean_email,
    clean_name,
    mint_key,
    read_key,
)
from triage.errors import InputError

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@st.composite
def keys(draw: st.DrawFn) -> Key:
    """Any key."""
    return Key(*(draw(st.text(_LETTERS, min_size=size, max_size=size)) for size in (12, 32)))


@given(keys())
def test_a_key_is_read_as_it_was_written(key: Key) -> None:
    """Whatever its letters are, in the form that secret scanners look for."""
    assert read_key(key.text) == key
    assert re.fullmatch(r"triage_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}", key.text)


def test_a_minted_key_is_read_and_no_other_is_like_it() -> None:
    """A thousand of them, in both parts."""
    minted = [mint_key() for _ in range(1000)]
    assert [read_key(key.text) for key in minted] == minted
    assert len({key.public for key in minted}) == len({key.secret for key in minted}) == 1000


def test_every_change_of_one_character_is_refused() -> None:
    """A mistyped key is known for one without a look at the database: each place, each letter, and a letter less."""
    text = Key("4fQz81LmXb2c", "ZyXwVuTsRqPo0123456789aBcDeFgHiJ").text
    for place, letter in product(range(len(text)), (*_LETTERS, "_", " ", "\u0660", "é", "")):
        if letter != text[place]:
            assert read_key(text[:place] + letter + text[place + 1 :]) is None


@given(keys(), st.integers(0, 57), st.sampled_from(_LETTERS))
def test_a_change_of_one_character_is_refused_in_any_key(key: Key, place: int, letter: str) -> None:
    """A checksum of 32 bits notices every change of fewer bits than that in one place."""
    changed = key.text[:place] + letter + key.text[place + 1 :]
    assert (read_key(changed) is None) == (changed != key.text)


@given(st.text() | st.text(_LETTERS + "_").map("triage_".__add__))
def test_text_that_is_no_key_is_none(text: str) -> None:
    """Whatever it is, nothing fails."""
    assert read_key(text) is None


@given(keys(), keys())
def test_a_secret_proves_its_own_digest_only(key: Key, other: Key) -> None:
    """And the digest does not hold the secret."""
    assert key.proves(key.digest)
    assert other.proves(key.digest) == (other.secret == key.secret)
    assert key.secret not in key.digest


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("held", Scope)
def test_both_the_key_and_the_role_must_allow_it(role: Role, scope: Scope, held: Scope) -> None:
    """An admin with a read key writes nothing, and a reader with an admin key administers nothing."""
    principal = Principal("ada", role, frozenset({held}), "token", "x")
    assert principal.may(scope) == (scope is held)
    assert principal.may(held, Role.ADMIN) == (role is Role.ADMIN)
    assert principal.may(held, Role.EDITOR) == (role in {Role.EDITOR, Role.ADMIN})


@pytest.mark.parametrize("name", ["a", "ada", "ada.l-2_x", "0", "me", "a" * 64])
def test_names_are_slugs(name: str) -> None:
    """As they are."""
    assert clean_name(name) == name


@pytest.mark.parametrize("name", ["", "Ada", "-a", ".a", "a b", "a/b", "ä", "a\n", "a" * 65, "a\x00", "٣"])
def test_other_names_are_refused(name: str) -> None:
    """With what was expected."""
    with pytest.raises(InputError, match="such as ada"):
        clean_name(name)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("a+b.c@x", "a+b.c@x"),
        (f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 61}", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 61}"),
    ],
)
def test_addresses_are_kept_in_lower_case(text: str, email: str) -> None:
    """Up to 254 characters."""
    assert clean_email(text) == email


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a@b@c",
        "a b@c.org",
        " a@c.org",
        "a@c.org ",
        "a@c.org\n",
        "a@c.org\r\nBcc: x@y.org",
        "a,b@c.org",
        "a;b@c.org",
        "Ada <a@c.org>",
        '"a"@c.org',
        "a@c.org,b@c.org",
        "a@[127.0.0.1]",
        "a@c..org",
        "ä@c.org",
        "a\x00@c.org",
        "a\u2028@c.org",
        "\u212a@c.org" + "\x7f",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 62}",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Above all what would be two of them, or another header."""
    with pytest.raises(InputError, match="mail address"):
        clean_email(text)
