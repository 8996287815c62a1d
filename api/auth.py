"""Who asks: the sole reader of this machine, a signed-in browser, or a program with a key."""

import base64
import binascii
from ipaddress import IPv6Address, ip_address
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, State
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.openapi.spec import SecurityScheme
from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as AsgiScope

from triage.accounts.keys import authenticate
from triage.accounts.sign_in import SESSION_LIFE
from triage.bootstrap import Services
from triage.config import Settings
from triage.core.account import SOLE_READER, Key, Principal, Role, Scope
from triage.errors import SignInError

Connection = ASGIConnection[BaseRouteHandler, Principal | None, str | None, State]

SOLE = Principal(SOLE_READER, Role.ADMIN, frozenset(Scope), "sole")
"""Whoever can reach a server that answers its own machine only."""
ANONYMOUS = Principal("", Role.READER, frozenset({Scope.READ}), "nobody")
"""Whoever reads without signing in, where that is allowed: owns nothing."""
_HOW_TO_SIGN_IN = "Sign in, or send a key: Authorization: Bearer triage_…"
_PASSED_ON = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})
_FEEDS = "/feeds/"  # feed readers know no keys, but names and passwords


class AuthMiddleware(ASGIMiddleware):
    """Puts a `Principal` or None into the request's `user`.

    A key in the Authorization header must be right; a cookie that is none (any more) is nobody's.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def handle(self, scope: AsgiScope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Find out, and go on; a key that is none ends here with 401, a stranger at the sole reader's with 403."""
        scope["auth"] = None
        if self.settings.accounts:
            scope["user"] = await self._identify(ASGIConnection(scope))
        else:
            self._check_machine(scope)
            scope["user"] = SOLE
        await next_app(scope, receive, send)

    async def _identify(self, connection: Connection) -> Principal | None:
        principal = await self._authenticate(connection)
        if principal is not None and principal.credential is not None:
            services: Services = connection.app.state.services
            services.uses.note(principal.credential, services.clock())
        return principal

    async def _authenticate(self, connection: Connection) -> Principal | None:
        services: Services = connection.app.state.services
        header = connection.headers.get("authorization")
        if header is not None:
            try:
                return await authenticate(services.database, "token", _read_key(connection), services.clock())
            except SignInError as error:
                raise refuse_nobody(connection, str(error)) from error
        cookie = connection.cookies.get(cookie_name(self.settings))
        if cookie is None:
            return None
        try:
            return await authenticate(services.database, "session", cookie, services.clock())
        except SignInError:
            return None  # it ended by itself, and the pages take it away: no reason to refuse what anybody may read

    def _check_machine(self, scope: AsgiScope) -> None:
        """A second line behind `triage serve`, which listens on loopback only: for those who start us another way.

        What came through a proxy on this machine may come from anywhere: tunnels and web servers say so in a header.
        """
        is_passed_on = any(name in _PASSED_ON for name, _ in scope["headers"])
        if is_passed_on or not _is_loopback(scope["client"], is_proxied=bool(self.settings.trusted_proxy)):
            raise PermissionDeniedException(
                "Without accounts only this machine is answered. To serve others, set TRIAGE_ACCOUNTS=true."
            )


async def allow_readers(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: whoever may read, which is everybody where anonymous reading is set."""
    settings: Settings = connection.app.state.settings
    if connection.user is not None or not settings.anonymous_reading:
        _require(connection, Scope.READ, Role.READER)


async def allow_known(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: readers that are known by name, for what is theirs."""
    _require(connection, Scope.READ, Role.READER)


async def allow_writers(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: readers whose key may write."""
    _require(connection, Scope.WRITE, Role.READER)


async def allow_editors(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: editors whose key may write."""
    _require(connection, Scope.WRITE, Role.EDITOR)


def check_editor(principal: Principal) -> None:
    """The same for part of what an address does; raises 403. The guard of the address has seen to the key's scopes."""
    if not principal.role.includes(Role.EDITOR):
        raise PermissionDeniedException(f"This needs the role {Role.EDITOR}.")


async def allow_reading_editors(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: editors whose key may read."""
    _require(connection, Scope.READ, Role.EDITOR)


async def allow_admins(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: admins whose key may administer."""
    _require(connection, Scope.ADMIN, Role.ADMIN)


async def allow_people(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: readers themselves, and no program of theirs: a leaked key must not make or end others."""
    _require(connection, Scope.WRITE, Role.READER)
    if connection.user is not None and connection.user.means == "token":
        raise PermissionDeniedException("A key may not do this: sign in.")


def refuse_nobody(
    connection: ASGIConnection[Any, Any, Any, State], detail: str = _HOW_TO_SIGN_IN
) -> NotAuthorizedException:
    """The 401 for whoever is not known, with the challenge that HTTP wants (RFC 9110, 11.6.1)."""
    is_feed = connection.scope["path"].startswith(_FEEDS)
    challenge = 'Basic realm="Triage", charset="UTF-8"' if is_feed else 'Bearer realm="Triage"'
    return NotAuthorizedException(detail, headers={"WWW-Authenticate": challenge})


def cookie_name(settings: Settings) -> str:
    """With the prefix that makes browsers hold on to Secure, Path=/ and this host alone, where there is TLS."""
    return "__Host-triage_session" if _is_secure(settings) else "triage_session"


def session_cookie(settings: Settings, key: Key) -> Cookie:
    """What signs a browser in: no script reads it, and other sites' forms do not send it."""
    return _make_cookie(settings, key.text, int(SESSION_LIFE.total_seconds()))


def clear_cookie(settings: Settings) -> Cookie:
    """Makes a browser forget the session's cookie."""
    return _make_cookie(settings, "", 0)


def security_schemes(settings: Settings) -> dict[str, SecurityScheme]:
    """What the OpenAPI document says of keys: `token`, `session`, and `feed` for feeds only."""
    return {
        "token": SecurityScheme(type="http", scheme="bearer", bearer_format="triage_…", description="A reader's key."),
        "feed": SecurityScheme(
            type="http", scheme="basic", description=f"Below {_FEEDS} only: any name, a key as password."
        ),
        "session": SecurityScheme(
            type="apiKey",
            name=cookie_name(settings),
            security_scheme_in="cookie",
            description="The session of a browser that is signed in.",
        ),
    }


def _require(connection: Connection, scope: Scope, role: Role) -> None:
    if connection.user is None:
        raise refuse_nobody(connection)
    if not connection.user.may(scope, role):
        raise PermissionDeniedException(f"This needs the role {role} and a key of scope {scope}.")


def _read_key(connection: Connection) -> str:
    """The text of the key in the Authorization header; raises `SignInError`."""
    scheme, _, credentials = connection.headers["authorization"].partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic" and connection.scope["path"].startswith(_FEEDS):
        try:
            _, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise SignInError("The Authorization header is no name and password.") from error
        return password
    raise SignInError("Expected Authorization: Bearer triage_…")


def _make_cookie(settings: Settings, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=cookie_name(settings),
        value=value,
        max_age=seconds,
        path="/",
        secure=_is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def _is_secure(settings: Settings) -> bool:
    return settings.public_url.lower().startswith("https:")


def _is_loopback(client: tuple[str, int] | None, *, is_proxied: bool) -> bool:
    """Servers of TCP always give an address; what gives none, or a name, is a Unix socket or a test's client."""
    try:
        address = ip_address(client[0] if client else "")
    except ValueError:
        return not is_proxied  # what a proxy says may be anything
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
