from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from fakes.accounts_case import ADA, BOB, NOW, PASSWORD, count_statements

from triage.accounts.keys import LONGEST_LIFE, MOST_TOKENS, authenticate, create_token, list_tokens, revoke_token
from triage.accounts.readers import disable_reader
from triage.accounts.sign_in import SESSION_IDLE, SESSION_LIFE, sign_in_by_password, sign_out
from triage.accounts.uses import UseNotes
from triage.core.account import Key, KeyKind, Principal, Role, Scope, mint_key
from triage.errors import ConflictError, InputError, NotFoundError, SignInError
from triage.store.engine import Database

_MOMENT = timedelta(seconds=1)
_DAY = timedelta(days=1)


async def make_token(database: Database, principal: Principal = BOB, *scopes: Scope, label: str = "notebook") -> Key:
    """A token of a day."""
    key, _ = await create_token(database, principal, label, scopes or [Scope.READ], NOW + _DAY, NOW)
    return key


async def test_a_token_speaks_for_its_owner(database: Database) -> None:
    """With its scopes, and the owner's role of now."""
    key = await make_token(database, BOB, Scope.WRITE, Scope.READ)
    principal = await authenticate(database, "token", key.text, NOW)
    assert principal == Principal("bob", Role.READER, frozenset({Scope.READ, Scope.WRITE}), "token", key.public)
    assert not principal.may(Scope.ADMIN)
    assert not principal.may(Scope.WRITE, Role.EDITOR)


async def make_malformed(_: Database) -> tuple[KeyKind, str, datetime]:
    """No key at all."""
    return "token", "triage_x", NOW


async def make_unknown(_: Database) -> tuple[KeyKind, str, datetime]:
    """One that was never handed out."""
    return "token", mint_key().text, NOW


async def make_forged(database: Database) -> tuple[KeyKind, str, datetime]:
    """The public part of a good one, with another secret."""
    return "token", Key((await make_token(database)).public, mint_key().secret).text, NOW


async def make_expired(database: Database) -> tuple[KeyKind, str, datetime]:
    """One a day old that lasted a day."""
    return "token", (await make_token(database)).text, NOW + _DAY


async def make_revoked(database: Database) -> tuple[KeyKind, str, datetime]:
    """One that its owner ended."""
    key = await make_token(database)
    await revoke_token(database, "bob", key.public, NOW)
    return "token", key.text, NOW


async def make_disabled(database: Database) -> tuple[KeyKind, str, datetime]:
    """One of a reader who is gone."""
    key = await make_token(database)
    await disable_reader(database, "bob", NOW)
    return "token", key.text, NOW


async def make_other_kind(database: Database) -> tuple[KeyKind, str, datetime]:
    """A session's key where a token is wanted."""
    return "token", (await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)).text, NOW


async def make_token_as_cookie(database: Database) -> tuple[KeyKind, str, datetime]:
    """A token where a session's key is wanted."""
    return "session", (await make_token(database)).text, NOW


async def make_idle(database: Database) -> tuple[KeyKind, str, datetime]:
    """A session that nobody used for a week."""
    key = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    return "session", key.text, NOW + SESSION_IDLE


async def make_signed_out(database: Database) -> tuple[KeyKind, str, datetime]:
    """A session that was ended."""
    key = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    await sign_out(database, key.public, NOW)
    return "session", key.text, NOW


@pytest.mark.parametrize(
    "make",
    [
        make_malformed,
        make_unknown,
        make_forged,
        make_expired,
        make_revoked,
        make_disabled,
        make_other_kind,
        make_token_as_cookie,
        make_idle,
        make_signed_out,
    ],
)
async def test_every_bad_key_is_refused_alike(
    database: Database, make: Callable[[Database], Awaitable[tuple[KeyKind, str, datetime]]]
) -> None:
    """One query, nothing written, one comparison, the same words."""
    kind, text, now = await make(database)
    with (
        count_statements(database) as words,
        pytest.raises(SignInError, match=r"^This key opens nothing: it is wrong, has expired or was revoked\.$"),
    ):
        await authenticate(database, kind, text, now)
    assert [word for word in words if word != "BEGIN"] == ["SELECT"]


async def test_the_query_is_answered_by_indexes(database: Database) -> None:
    """However many keys and readers there are."""
    async with database.connection(writes=False) as connection:
        plan = await connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT * FROM credentials c JOIN readers r ON r.name = c.reader WHERE c.public = 'x'"
        )
        steps = [str(row.detail) for row in plan]
    assert len(steps) == 2
    assert all(step.startswith("SEARCH") and "INDEX" in step for step in steps)


async def test_a_good_key_is_read_and_nothing_written(database: Database) -> None:
    """One query, like for a bad one."""
    key = await make_token(database)
    with count_statements(database) as words:
        await authenticate(database, "token", key.text, NOW)
    assert [word for word in words if word != "BEGIN"] == ["SELECT"]


async def test_a_session_lives_while_it_is_used_and_a_month_at_most(database: Database) -> None:
    """Used every six days it lasts thirty, and not a second more."""
    key = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    uses = UseNotes(database)
    for days in (6, 12, 18, 24, 29):
        await authenticate(database, "session", key.text, NOW + timedelta(days=days))
        uses.note(key.public, NOW + timedelta(days=days))
        await uses.close()
    await authenticate(database, "session", key.text, NOW + SESSION_LIFE - _MOMENT)
    with pytest.raises(SignInError):
        await authenticate(database, "session", key.text, NOW + SESSION_LIFE)


async def test_a_token_may_rest(database: Database) -> None:
    """A weekly job is no session: only the expiry counts."""
    key, view = await create_token(database, BOB, "weekly", [Scope.READ], None, NOW)
    assert view.expires_at == NOW + timedelta(days=365)
    await authenticate(database, "token", key.text, NOW + timedelta(days=364))


async def test_readers_see_and_end_their_own_tokens_only(database: Database) -> None:
    """Another's is not found, and stays; what is shown holds no secret."""
    mine, other = await make_token(database, BOB, label="mine"), await make_token(database, ADA, label="hers")
    (view,) = await list_tokens(database, "bob")
    assert (view.public, view.label, view.scopes) == (mine.public, "mine", (Scope.READ,))
    assert mine.secret not in repr(view)
    for public in (other.public, mint_key().public, "", "\x00", "%"):
        with pytest.raises(NotFoundError, match=r"^You have no such key\.$"):
            await revoke_token(database, "bob", public, NOW)
    await authenticate(database, "token", other.text, NOW)
    await revoke_token(database, "bob", mine.public, NOW)
    assert await list_tokens(database, "bob") == ()
    with pytest.raises(NotFoundError):
        await revoke_token(database, "bob", mine.public, NOW)


async def test_nobody_in_particular_owns_nothing(database: Database) -> None:
    """The anonymous reader's empty name matches no row."""
    await make_token(database)
    assert await list_tokens(database, "") == ()


async def test_a_session_cannot_be_ended_as_a_token(database: Database) -> None:
    """The kinds are told apart."""
    key = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    with pytest.raises(NotFoundError):
        await revoke_token(database, "ada", key.public, NOW)


async def test_a_token_makes_no_tokens(database: Database) -> None:
    """A leaked key must not outlive its end."""
    key = await make_token(database, ADA, *Scope)
    principal = await authenticate(database, "token", key.text, NOW)
    with pytest.raises(InputError, match="cannot make keys"):
        await make_token(database, principal)
    assert len(await list_tokens(database, "ada")) == 1


@pytest.mark.parametrize("label", ["", "x" * 65, "a\nb", "\x00", "\x7f", "\u2028", "\ud800"])
async def test_labels_are_short_and_printable(database: Database, label: str) -> None:
    """Or refused."""
    with pytest.raises(InputError, match="label"):
        await make_token(database, label=label)


async def test_scopes_are_asked_for_and_within_the_role(database: Database) -> None:
    """None at all, and admin for a reader, are refused."""
    with pytest.raises(InputError, match="scope"):
        await create_token(database, BOB, "x", [], None, NOW)
    with pytest.raises(InputError, match="admin"):
        await make_token(database, BOB, Scope.ADMIN)
    key = await make_token(database, ADA, Scope.ADMIN)
    assert (await authenticate(database, "token", key.text, NOW)).may(Scope.ADMIN, Role.ADMIN)


@pytest.mark.parametrize("expires_at", [NOW, NOW - _DAY, NOW + LONGEST_LIFE + _MOMENT, datetime(2027, 1, 1)])  # noqa: DTZ001 - naive on purpose
async def test_an_expiry_lies_in_the_next_two_years(database: Database, expires_at: datetime) -> None:
    """With its time zone."""
    with pytest.raises(InputError, match="expiry"):
        await create_token(database, BOB, "x", [Scope.READ], expires_at, NOW)
    key, _ = await create_token(database, BOB, "x", [Scope.READ], NOW + LONGEST_LIFE, NOW)
    await authenticate(database, "token", key.text, NOW + LONGEST_LIFE - _MOMENT)


async def test_a_reader_has_fifty_tokens_at_most(database: Database) -> None:
    """Revoked ones do not count; neither do others'."""
    keys = [await make_token(database) for _ in range(MOST_TOKENS)]
    with pytest.raises(ConflictError):
        await make_token(database)
    await make_token(database, ADA)
    await revoke_token(database, "bob", keys[0].public, NOW)
    await make_token(database)


@pytest.mark.parametrize("name", ["me", "ada"])
async def test_the_sole_reader_makes_no_tokens(database: Database, name: str) -> None:
    """They would come alive, with scope admin, as soon as there is an account of that name."""
    with pytest.raises(InputError, match="No keys are needed"):
        await make_token(database, Principal(name, Role.ADMIN, frozenset(Scope), "sole"))
    assert await list_tokens(database, name) == ()


async def test_a_key_revoked_while_it_is_used_is_revoked(database: Database) -> None:
    """Noting the use brings nothing back."""
    key, uses = await make_token(database), UseNotes(database)
    uses.note(key.public, NOW)
    await revoke_token(database, "bob", key.public, NOW)
    await uses.close()
    with pytest.raises(SignInError):
        await authenticate(database, "token", key.text, NOW)
