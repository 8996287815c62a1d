import asyncio
from datetime import timedelta
from typing import Any

import argon2
import pytest
from fakes.accounts_case import NOW, PASSWORD, URL, KeepingMailer, count_statements, find_key, mail_link

from triage.accounts.keys import authenticate
from triage.accounts.readers import disable_reader
from triage.accounts.sign_in import (
    LINK_LIFE,
    LINKS_PER_HOUR,
    change_password,
    check_fresh,
    check_password,
    make_link,
    redeem_link,
    send_link,
    sign_in_by_password,
    sign_out,
)
from triage.core.account import Key, Role, Scope, mint_key
from triage.errors import NotFoundError, SignInError
from triage.log import configure_logging
from triage.ports import MailOutcome
from triage.store.engine import Database
from triage.store.readers import find_candidate, save_password_hash

_MOMENT = timedelta(seconds=1)


async def test_a_password_signs_in(database: Database) -> None:
    """Whatever the case of the address; the session may do all that the role allows."""
    key = await sign_in_by_password(database, "Ada@Example.org", PASSWORD, NOW)
    principal = await authenticate(database, "session", key.text, NOW)
    assert (principal.reader, principal.role, principal.means) == ("ada", Role.ADMIN, "session")
    assert principal.scopes == frozenset(Scope)
    assert principal.credential == key.public


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.org", "wrong"),
        ("bob@example.org", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("gone@example.org", PASSWORD),
        ("\x00", PASSWORD),
        ("ada@example.org", "\ud800"),
    ],
)
async def test_a_refusal_does_not_tell_what_was_wrong(
    database: Database, email: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong, without a password, unknown, disabled or no address: one comparison each, and the same words."""
    if email.startswith("gone"):
        await disable_reader(database, "ada", NOW)
    compared: list[str] = []
    verify = argon2.PasswordHasher.verify

    def count(self: argon2.PasswordHasher, *arguments: Any) -> bool:
        compared.append("once")
        return verify(self, *arguments)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", count)
    with pytest.raises(SignInError, match=r"^Address or password is wrong\.$"):
        await sign_in_by_password(database, email.replace("gone", "ada"), password, NOW)
    assert compared == ["once"]


async def test_an_old_hash_is_renewed_at_sign_in(database: Database) -> None:
    """The next one finds it as it should be."""
    old = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    async with database.write() as session:
        await save_password_hash(session, "bob", old)
    await sign_in_by_password(database, "bob@example.org", PASSWORD, NOW)
    async with database.read() as session:
        candidate = await find_candidate(session, "bob@example.org")
    assert candidate is not None
    assert candidate.password_hash is not None
    assert not argon2.PasswordHasher().check_needs_rehash(candidate.password_hash)
    await sign_in_by_password(database, "bob@example.org", PASSWORD, NOW)


async def test_a_link_signs_in_once(database: Database) -> None:
    """The second time it is as unknown as any other."""
    text = await mail_link(database)
    key = await redeem_link(database, text, NOW + _MOMENT)
    assert (await authenticate(database, "session", key.text, NOW + _MOMENT)).reader == "bob"
    with pytest.raises(SignInError):
        await redeem_link(database, text, NOW + _MOMENT)


async def test_of_many_at_the_same_time_one_redeems_a_link(database: Database) -> None:
    """Whoever is second, even by nothing, is refused."""
    text = await mail_link(database)
    results = await asyncio.gather(*(redeem_link(database, text, NOW) for _ in range(8)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Key"] + ["SignInError"] * 7


async def test_a_link_ends_after_a_quarter_of_an_hour(database: Database) -> None:
    """To the second."""
    first, second = await mail_link(database), await mail_link(database)
    await redeem_link(database, first, NOW + LINK_LIFE - _MOMENT)
    with pytest.raises(SignInError):
        await redeem_link(database, second, NOW + LINK_LIFE)


async def test_every_bad_link_is_refused_alike(database: Database) -> None:
    """Malformed, unknown, of another secret, or a key of another kind."""
    text = await mail_link(database)
    session = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    forged = Key(text.split("_")[1], mint_key().secret)
    messages = set()
    for bad in ("", "triage_x", mint_key().text, forged.text, session.text):
        with pytest.raises(SignInError) as caught:
            await redeem_link(database, bad, NOW)
        messages.add(str(caught.value))
    assert len(messages) == 1
    await redeem_link(database, text, NOW)


async def test_what_is_no_key_is_not_looked_up(database: Database) -> None:
    """Nor does it wait for those who write."""
    with count_statements(database) as words:
        for bad in ("", "triage_x", "x" * 200, mint_key().text[:-1] + "!"):
            with pytest.raises(SignInError):
                await redeem_link(database, bad, NOW)
    assert words == []


async def test_a_password_is_checked_without_a_trace(database: Database) -> None:
    """No session is opened to find out."""
    with count_statements(database) as words:
        await check_password(database, "ada@example.org", PASSWORD)
        with pytest.raises(SignInError):
            await check_password(database, "ada@example.org", "wrong")
    assert set(words) == {"BEGIN", "SELECT"}


async def test_a_session_is_fresh_as_long_as_a_link_lives(database: Database) -> None:
    """To the second; what is no session never is."""
    key = await redeem_link(database, await mail_link(database), NOW)
    await check_fresh(database, key.public, NOW + LINK_LIFE - _MOMENT)
    for public, now in ((key.public, NOW + LINK_LIFE), (mint_key().public, NOW), ("", NOW)):
        with pytest.raises(SignInError, match="ask for a new link first"):
            await check_fresh(database, public, now)


async def test_changing_the_password_leaves_one_session(database: Database) -> None:
    """The one that it opens."""
    old = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    new = await change_password(database, "ada", "another passphrase", NOW)
    with pytest.raises(SignInError):
        await authenticate(database, "session", old.text, NOW)
    assert (await authenticate(database, "session", new.text, NOW)).reader == "ada"
    await check_password(database, "ada@example.org", "another passphrase")
    with pytest.raises(NotFoundError):
        await change_password(database, "zed", PASSWORD, NOW)


async def test_a_link_is_no_session(database: Database) -> None:
    """Its key opens nothing before it is redeemed."""
    text = await mail_link(database)
    for kind in ("session", "token"):
        with pytest.raises(SignInError):
            await authenticate(database, kind, text, NOW)


@pytest.mark.parametrize("email", ["nobody@example.org", "", "no address", "ada@example.org\r\nBcc: x@example.org"])
async def test_an_unknown_address_gets_no_mail_and_no_error(database: Database, email: str) -> None:
    """Nobody learns who has an account."""
    mailer = KeepingMailer()
    await send_link(database, mailer, email, URL, NOW)
    assert mailer.sent == []


async def test_a_disabled_reader_gets_no_mail(database: Database) -> None:
    """As if the address were unknown."""
    await disable_reader(database, "bob", NOW)
    mailer = KeepingMailer()
    await send_link(database, mailer, "bob@example.org", URL, NOW)
    assert mailer.sent == []


async def test_an_inbox_is_not_filled(database: Database) -> None:
    """Five open links an hour, by whoever asks; an hour later there may be more, and others get theirs meanwhile."""
    mailer = KeepingMailer()
    for _ in range(LINKS_PER_HOUR + 3):
        await send_link(database, mailer, "bob@example.org", URL, NOW)
    assert len(mailer.sent) == LINKS_PER_HOUR
    await send_link(database, mailer, "ada@example.org", URL, NOW)
    await send_link(database, mailer, "bob@example.org", URL, NOW + timedelta(hours=1))
    assert len(mailer.sent) == LINKS_PER_HOUR + 2


async def test_all_links_of_an_hour_open(database: Database) -> None:
    """A later mail does not end an earlier one: which arrives first is nobody's choice."""
    mailer = KeepingMailer()
    for _ in range(2):
        await send_link(database, mailer, "bob@example.org", URL, NOW)
    for message, recipient in mailer.sent:
        assert recipient == "bob@example.org"
        await redeem_link(database, find_key(message), NOW)


@pytest.mark.parametrize("outcome", [MailOutcome.REFUSED, MailOutcome.UNKNOWN])
async def test_a_mail_that_may_not_have_gone_is_logged(
    database: Database, outcome: MailOutcome, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the reader's name; neither the address nor the key stands there."""
    configure_logging("info")
    mailer = KeepingMailer(outcome)
    await send_link(database, mailer, "bob@example.org", URL, NOW)
    log = capsys.readouterr().err
    assert "link.sent" in log
    assert outcome.value in log
    assert "example.org" not in log
    assert find_key(mailer.sent[0][0]) not in log


async def test_a_link_by_hand_works_without_mail(database: Database) -> None:
    """For the first admin."""
    link = await make_link(database, "bob", f"{URL}/", NOW)
    assert link.startswith(f"{URL}/sign-in/link?key=triage_")
    await redeem_link(database, link.partition("=")[2], NOW)
    with pytest.raises(NotFoundError):
        await make_link(database, "zed", URL, NOW)


async def test_signing_out_ends_this_session_only(database: Database) -> None:
    """And may be done twice; of what is unknown, or no session, nothing is said."""
    first = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    second = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    for public in (first.public, first.public, mint_key().public):
        await sign_out(database, public, NOW)
    with pytest.raises(SignInError):
        await authenticate(database, "session", first.text, NOW)
    await authenticate(database, "session", second.text, NOW)
