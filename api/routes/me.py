"""Who asks, and the keys of the asking reader's programs."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from api.auth import allow_known, allow_people
from api.openapi import answer, problems
from triage.accounts.keys import (
    LABEL,
    LONGEST_LABEL,
    LONGEST_LIFE,
    TOKEN_LIFE,
    create_token,
    list_tokens,
    revoke_token,
)
from triage.accounts.readers import find_reader
from triage.bootstrap import Services
from triage.core.account import Principal, Role, Scope, TokenView

_PublicPart = Annotated[
    str,
    PathParameter(pattern="^[0-9A-Za-z]{12}$", description="The part of a key between its underscores."),
]


class Me(msgspec.Struct, frozen=True):
    """Whoever asks. `means` is `sole`, `session` or `token`; `email` is missing for the sole reader of a machine."""

    name: str
    email: str | None
    role: Role
    means: str
    scopes: tuple[Scope, ...]


class TokenWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key for a program: what it is for, what it may do, and for how many days."""

    label: Annotated[str, msgspec.Meta(pattern=f"^{LABEL}$", min_length=1, max_length=LONGEST_LABEL)]
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1, max_length=len(Scope))]
    days: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_LIFE.days)] = TOKEN_LIFE.days


class NewToken(msgspec.Struct, frozen=True):
    """A key that was just made. `key` is shown this once: only its digest is kept."""

    key: str
    token: TokenView


_MADE = datetime(2026, 5, 18, 12, tzinfo=UTC)
_TOKEN = TokenView("4fQz81LmXb2c", "weekly notebook", (Scope.READ,), _MADE, _MADE + TOKEN_LIFE)
_ME = Me("ada", "ada@example.org", Role.ADMIN, "token", (Scope.READ,))
_NEW = NewToken("triage_4fQz81LmXb2c_…", _TOKEN)


class MeController(Controller):
    """`/me` and the keys below it."""

    path = "/me"
    tags = ["Account"]  # noqa: RUF012 - as Litestar reads it

    @get(
        operation_id="get_me",
        guards=[allow_known],
        responses=answer(200, Me, _ME, "The reader and the key's scopes.") | problems(),
    )
    async def get_me(self, services: NamedDependency[Services], principal: NamedDependency[Principal]) -> Me:
        """Say who asks, and what may be asked."""
        email = None
        if principal.means != "sole":
            email = (await find_reader(services.database, principal.reader)).email
        scopes = tuple(scope for scope in Scope if scope in principal.scopes)
        return Me(principal.reader, email, principal.role, principal.means, scopes)

    @get(
        "/tokens",
        operation_id="list_tokens",
        guards=[allow_known],
        responses=answer(200, tuple[TokenView, ...], (_TOKEN,), "Your keys, the newest first.") | problems(),
    )
    async def list_tokens(
        self, services: NamedDependency[Services], principal: NamedDependency[Principal]
    ) -> tuple[TokenView, ...]:
        """List your keys, the newest first, expired ones included; never their secrets."""
        return await list_tokens(services.database, principal.reader)

    @post(
        "/tokens",
        operation_id="create_token",
        guards=[allow_people],
        cache_control=CacheControlHeader(no_store=True),
        responses=answer(201, NewToken, _NEW, "The key, shown this once.") | problems(400, 404, 409, 413),
    )
    async def create_token(
        self,
        services: NamedDependency[Services],
        principal: NamedDependency[Principal],
        data: JSONBody[TokenWish],
    ) -> NewToken:
        """Make a key for a program; a key cannot make keys."""
        now = services.clock()
        key, token = await create_token(
            services.database, principal, data.label, data.scopes, now + timedelta(days=data.days), now
        )
        return NewToken(key.text, token)

    @delete(
        "/tokens/{public:str}",
        operation_id="revoke_token",
        guards=[allow_people],
        responses=problems(400, 404),
    )
    async def revoke_token(
        self, services: NamedDependency[Services], principal: NamedDependency[Principal], public: _PublicPart
    ) -> None:
        """Revoke one of your keys, at once and for good."""
        await revoke_token(services.database, principal.reader, public, services.clock())
