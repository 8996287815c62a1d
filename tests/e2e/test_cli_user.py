"""Readers from the command line: the first admin gets in without mail."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from fakes.cli_case import Home

from triage.accounts.keys import authenticate
from triage.accounts.sign_in import redeem_link, sign_in_by_password
from triage.core.account import Principal, Role, Scope
from triage.errors import SignInError
from triage.store.engine import Database

_NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
_PASSWORD = "correct horse battery"  # noqa: S105 - made up


def add_ada(home: Home, *options: str) -> str:
    """Add an admin, and hand out what was printed."""
    ada = ("user", "add", "ada", "--email", "Ada@example.org", "--role", "admin")
    return home.do(*ada, *options, now=_NOW.isoformat()).out


def sign_in(home: Home, *, link: str = "", password: str = "") -> Principal:
    """Use a link, or ada's password, as the pages do."""

    async def work() -> Principal:
        database = Database(f"sqlite+aiosqlite:///{home.path / 'triage.db'}")
        try:
            if link:
                key = await redeem_link(database, link.strip().rpartition("=")[2], _NOW)
            else:
                key = await sign_in_by_password(database, "ada@example.org", password, _NOW)
            return await authenticate(database, "session", key.text, _NOW)
        finally:
            await database.close()

    return asyncio.run(work())


def show_token(home: Home, text: str, now: datetime = _NOW) -> Principal:
    """Use a key as programs do."""

    async def work() -> Principal:
        database = Database(f"sqlite+aiosqlite:///{home.path / 'triage.db'}")
        try:
            return await authenticate(database, "token", text.strip(), now)
        finally:
            await database.close()

    return asyncio.run(work())


def type_passwords(monkeypatch: pytest.MonkeyPatch, *passwords: str) -> None:
    """Answer the next prompts."""
    typed = iter(passwords)
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _: next(typed))


def test_the_first_admin_gets_in_without_mail(home: Home) -> None:
    """By the link that is printed, once, at the address where the pages are."""
    assert "triage user add NAME" in home.do("user", "list").out
    link = add_ada(home, "--link").splitlines()[-1]
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/sign-in/link\?key=triage_\w{12}_\w{38}", link)
    principal = sign_in(home, link=link)
    assert (principal.reader, principal.role) == ("ada", Role.ADMIN)
    with pytest.raises(SignInError):
        sign_in(home, link=link)


def test_another_link_leads_to_the_public_url(home: Home) -> None:
    """On standard output alone, for scripts."""
    out = add_ada(home)
    assert "triage user link ada" in out
    made = home.do("user", "link", "ada", now=_NOW.isoformat(), public_url="https://triage.example.org")
    assert made.out.startswith("https://triage.example.org/sign-in/link?key=triage_")
    assert made.out.count("\n") == 1
    assert "15 minutes" in made.err
    assert sign_in(home, link=made.out).reader == "ada"


def test_a_password_is_asked_for_twice_and_not_shown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the reader is added, or later."""
    type_passwords(monkeypatch, _PASSWORD, _PASSWORD)
    assert _PASSWORD not in add_ada(home, "--password-prompt")
    assert sign_in(home, password=_PASSWORD).reader == "ada"
    type_passwords(monkeypatch, "another passphrase", "another passphrase")
    home.do("user", "password", "ada")
    assert sign_in(home, password="another passphrase").reader == "ada"  # noqa: S106 - made up
    with pytest.raises(SignInError):
        sign_in(home, password=_PASSWORD)


def test_a_password_that_is_too_short_adds_nobody(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before anything is changed."""
    type_passwords(monkeypatch, "short", "short")
    result = home.run("user", "add", "ada", "--email", "ada@example.org", "--password-prompt")
    assert result.code == 2
    assert "10 to 1000 characters" in result.err
    assert home.query("SELECT count(*) FROM readers") == [(0,)]


def test_readers_are_listed(home: Home) -> None:
    """For people and for programs, without anything secret."""
    add_ada(home)
    home.do("user", "add", "me", "--email", "me@example.org")
    record = home.do("user", "list", "--json").json
    assert record[0] == {
        "name": "ada",
        "email": "ada@example.org",
        "role": "admin",
        "created_at": "2026-08-21T12:00:00Z",
        "has_password": False,
        "disabled_at": None,
    }
    assert [reader["name"] for reader in record] == ["ada", "me"]
    table = home.do("user", "list").out
    assert "ada@example.org" in table
    assert "admin" in table


def test_a_key_is_shown_once(home: Home) -> None:
    """On standard output alone; it opens what was asked for, for as long as was asked for."""
    add_ada(home)
    options = ("--label", "notebook", "--scope", "read", "--scope", "write", "--days", "7")
    made = home.do("user", "token", "ada", *options, now=_NOW.isoformat())
    assert re.fullmatch(r"triage_\w{12}_\w{38}\n", made.out)
    assert show_token(home, made.out).scopes == {Scope.READ, Scope.WRITE}
    with pytest.raises(SignInError):
        show_token(home, made.out, _NOW + timedelta(days=7))


def test_a_disabled_reader_stays_out(home: Home) -> None:
    """With all keys; the list says so, and no others are made."""
    add_ada(home)
    options = ("user", "token", "ada", "--label", "notebook", "--scope", "read")
    key = home.do(*options, now=_NOW.isoformat()).out
    home.do("user", "disable", "ada", now=_NOW.isoformat())
    with pytest.raises(SignInError):
        show_token(home, key)
    assert "disabled 2026-08-21" in " ".join(home.do("user", "list", columns="200").out.split())
    assert "was disabled" in home.refuse(*options)
    assert "may sign in" in home.refuse("user", "link", "ada")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("add", "ada", "--email", "other@example.org"), "already"),
        (("add", "other", "--email", "ADA@example.org"), "already"),
        (("add", "Ada L", "--email", "x@example.org"), "no name for a reader"),
        (("add", "x", "--email", "x@example.org, y@example.org"), "no mail address"),
        (("add", "x", "--email", "x@example.org", "--role", "root"), "'root' is not one of"),
        (("disable", "zed"), "no reader 'zed'"),
        (("link", "zed"), "no reader 'zed'"),
        (("token", "zed", "--label", "x", "--scope", "read"), "no reader 'zed'"),
        (("token", "ada", "--label", "", "--scope", "read"), "label"),
        (("token", "ada", "--label", "x"), "Missing option '--scope'"),
        (("token", "ada", "--label", "x", "--scope", "read", "--days", "731"), "731 is not in the range"),
    ],
)
def test_what_cannot_be_says_why(home: Home, arguments: tuple[str, ...], expected: str) -> None:
    """And changes nothing."""
    add_ada(home)
    assert expected in home.refuse("user", *arguments)


def test_a_reader_gets_no_admin_key(home: Home) -> None:
    """Even from whoever has the command line: the role comes first."""
    home.do("user", "add", "bob", "--email", "bob@example.org")
    assert "Only admins" in home.refuse("user", "token", "bob", "--label", "x", "--scope", "admin")
