import asyncio
from datetime import timedelta

import pytest
from fakes.accounts_case import ADA, NOW, PASSWORD, mail_link

from triage.accounts.keys import authenticate, create_token
from triage.accounts.readers import add_reader, disable_reader, find_reader, list_readers, set_password
from triage.accounts.sign_in import make_link, redeem_link, sign_in_by_password
from triage.core.account import Role, Scope, TokenView, mint_key
from triage.errors import ConflictError, InputError, NotFoundError, SignInError
from triage.store.credentials import insert_credential
from triage.store.engine import Database

_LATER = NOW + timedelta(seconds=1)


async def test_a_reader_comes_back_as_added(database: Database) -> None:
    """By name, with the address in lower case."""
    added = await add_reader(database, "carol", "Carol@Example.org", Role.EDITOR, NOW)
    assert (added.name, added.email, added.role) == ("carol", "carol@example.org", Role.EDITOR)
    assert await find_reader(database, "carol") == added
    assert [reader.name for reader in await list_readers(database)] == ["ada", "bob", "carol"]
    assert [reader.has_password for reader in await list_readers(database)] == [True, False, False]


async def test_keys_from_before_there_was_an_account_open_nothing(database: Database) -> None:
    """Whoever made them need not be the one who gets the account."""
    key = mint_key()
    view = TokenView(key.public, "old", tuple(Scope), NOW, NOW + timedelta(days=365))
    async with database.write() as session:
        await insert_credential(session, "token", "me", key, view)
    await add_reader(database, "me", "me@example.org", Role.ADMIN, NOW)
    with pytest.raises(SignInError):
        await authenticate(database, "token", key.text, NOW)


@pytest.mark.parametrize(("name", "email"), [("bob", "new@example.org"), ("new", "BOB@example.org")])
async def test_neither_name_nor_address_is_given_twice(database: Database, name: str, email: str) -> None:
    """Whatever the letters' case, and nothing is changed."""
    before = await list_readers(database)
    with pytest.raises(ConflictError):
        await add_reader(database, name, email, Role.ADMIN, NOW)
    assert await list_readers(database) == before


async def test_of_two_at_the_same_time_one_is_added(database: Database) -> None:
    """The other is told so."""
    results = await asyncio.gather(
        *(add_reader(database, "carol", f"c{n}@example.org", Role.READER, NOW) for n in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["ConflictError", "Reader"]


async def test_bad_names_and_addresses_add_nobody(database: Database) -> None:
    """The database is not asked."""
    for name, email in (("Not A Name", "x@example.org"), ("fine", "x@example.org, y@example.org")):
        with pytest.raises(InputError):
            await add_reader(database, name, email, Role.READER, NOW)
    assert len(await list_readers(database)) == 2


async def test_whoever_is_not_there_cannot_be_changed(database: Database) -> None:
    """Each way says so."""
    with pytest.raises(NotFoundError):
        await find_reader(database, "zed")
    with pytest.raises(NotFoundError):
        await set_password(database, "zed", PASSWORD, NOW)
    with pytest.raises(NotFoundError):
        await disable_reader(database, "zed", NOW)


async def test_another_password_ends_sessions_and_links_but_no_tokens(database: Database) -> None:
    """Whoever had got hold of the old one is out; programs go on."""
    session = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    link = await mail_link(database, "ada@example.org")
    token, _ = await create_token(database, ADA, "notebook", [Scope.READ], None, NOW)
    await set_password(database, "ada", "another passphrase", NOW)
    with pytest.raises(SignInError):
        await authenticate(database, "session", session.text, _LATER)
    with pytest.raises(SignInError):
        await redeem_link(database, link, _LATER)
    with pytest.raises(SignInError):
        await sign_in_by_password(database, "ada@example.org", PASSWORD, _LATER)
    assert (await authenticate(database, "token", token.text, _LATER)).reader == "ada"
    await sign_in_by_password(database, "ada@example.org", "another passphrase", _LATER)


async def test_a_disabled_reader_has_nothing_left_that_opens(database: Database) -> None:
    """Neither what was there nor anything new; a second time changes nothing."""
    session = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    link = await mail_link(database, "ada@example.org")
    token, _ = await create_token(database, ADA, "notebook", [Scope.READ], None, NOW)
    await disable_reader(database, "ada", NOW)
    await disable_reader(database, "ada", _LATER)
    assert (await find_reader(database, "ada")).disabled_at == NOW
    for kind, key in (("session", session), ("token", token)):
        with pytest.raises(SignInError):
            await authenticate(database, kind, key.text, _LATER)  # type: ignore[arg-type] # mypy widens the literals
    with pytest.raises(SignInError):
        await redeem_link(database, link, _LATER)
    with pytest.raises(SignInError):
        await sign_in_by_password(database, "ada@example.org", PASSWORD, _LATER)
    with pytest.raises(NotFoundError):
        await make_link(database, "ada", "https://triage.example.org", _LATER)
    with pytest.raises(NotFoundError):
        await create_token(database, ADA, "notebook", [Scope.READ], None, _LATER)
    with pytest.raises(NotFoundError):
        await set_password(database, "ada", PASSWORD, _LATER)
