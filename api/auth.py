"""Who asks: the sole reader of this machine, a signed-in browser, or a program with a key."""

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as AsgiScope

from triage.config import Settings
from triage.core.account import SOLE_READER, Principal, Role, Scope

Connection = ASGIConnection[BaseRouteHandler, Principal | None, None, State]

SOLE = Principal(SOLE_READER, Role.ADMIN, frozenset(Scope), "sole")
"""Whoever can reach a server that answers its own machine only."""


class AuthMiddleware(ASGIMiddleware):
    """Puts a `Principal` or None into the request's `user`."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def handle(self, scope: AsgiScope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Find out, and go on; a key that is none ends here with 401."""
        scope["user"] = SOLE if not self.settings.accounts else None
        scope["auth"] = None
        await next_app(scope, receive, send)


def allow_readers(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: whoever may read."""
    _require(connection.user, Scope.READ, Role.READER)


def allow_writers(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: readers whose key may write."""
    _require(connection.user, Scope.WRITE, Role.READER)


def allow_editors(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: editors whose key may write."""
    _require(connection.user, Scope.WRITE, Role.EDITOR)


def allow_admins(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: admins whose key may administer."""
    _require(connection.user, Scope.ADMIN, Role.ADMIN)


def _require(principal: Principal | None, scope: Scope, role: Role) -> None:
    if principal is None:
        raise NotAuthorizedException("Sign in, or send a key: Authorization: Bearer triage_…")
    if not principal.may(scope, role):
        raise PermissionDeniedException(f"This needs the role {role} and a key of scope {scope}.")
