"""Keys for a reader's programs."""

from datetime import timedelta
from typing import Annotated, Final, Literal

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from api.auth import allow_people
from api.pages.templating import PageRequest, render, see_other
from triage.accounts.keys import LONGEST_LABEL, LONGEST_LIFE, TOKEN_LIFE, create_token, list_tokens, revoke_token
from triage.bootstrap import Services
from triage.core.account import Key, Principal, Role, Scope

_SCOPES: Final = {
    "read": (Scope.READ,),
    "write": (Scope.READ, Scope.WRITE),
    "admin": (Scope.READ, Scope.WRITE, Scope.ADMIN),
}
_DAYS: Final = (30, 90, TOKEN_LIFE.days, LONGEST_LIFE.days)


class TokenForm(msgspec.Struct, frozen=True):
    """A key to make, or the public part of one to revoke."""

    action: Literal["create", "revoke"]
    label: Annotated[str, msgspec.Meta(max_length=LONGEST_LABEL)] = ""
    access: Literal["read", "write", "admin"] = "read"
    days: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_LIFE.days)] = TOKEN_LIFE.days
    public: Annotated[str, msgspec.Meta(max_length=64)] = ""


class TokenPages(Controller):
    """Letting programs in."""

    path = "/tokens"
    guards = (allow_people,)

    @get()
    async def show(
        self,
        request: PageRequest,
        services: NamedDependency[Services],
        principal: NamedDependency[Principal],
    ) -> Response[str]:
        """The reader's keys, and a form for another one; without accounts, that none is needed."""
        return await _show(request, services, principal)

    @post(status_code=200)
    async def change(
        self,
        request: PageRequest,
        services: NamedDependency[Services],
        principal: NamedDependency[Principal],
        data: URLEncodedBody[TokenForm],
    ) -> Response[str] | Redirect:
        """Make a key, and show it this once, or revoke one."""
        now = services.clock()
        if data.action == "revoke":
            await revoke_token(services.database, principal.reader, data.public, now)
            return see_other("/tokens")
        scopes, life = _SCOPES[data.access], timedelta(days=data.days)
        key, _ = await create_token(services.database, principal, data.label.strip(), scopes, now + life, now)
        return await _show(request, services, principal, made=key)


async def _show(
    request: PageRequest, services: Services, principal: Principal, made: Key | None = None
) -> Response[str]:
    return render(
        request,
        "tokens.html.j2",
        headers={"Cache-Control": "no-store"},
        tokens=await list_tokens(services.database, principal.reader),
        made=made,
        choices=[name for name in _SCOPES if name != "admin" or principal.role is Role.ADMIN],
        days=_DAYS,
        usual_days=TOKEN_LIFE.days,
        longest_label=LONGEST_LABEL,
        now=services.clock(),
        address=services.settings.public_url.rstrip("/"),
    )
