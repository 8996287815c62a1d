"""How much one address may ask, and of which hosts: all checks that need no look at the database."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

import structlog
from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.exceptions import ClientException
from litestar.middleware import ASGIMiddleware, DefineMiddleware
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.stores.memory import MemoryStore
from litestar.types import ASGIApp, Receive, Scope, Send

from triage.config import Settings

MOST_BYTES = 64 * 1024
"""Of a request's body: the longest note in UTF-8, and some more."""
SIGN_INS = 10
"""Attempts to sign in per minute and address."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
UNLIMITED: Final = "unlimited"
"""The option of a handler that `limit_rate` does not count."""
_PROBED = frozenset({"/healthz", "/readyz"})
_STORE = "rate_limit"
_NETWORK_BITS = 64  # RFC 6177: what one customer has at least
_log = structlog.get_logger(__name__)
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:@/?#\[\]]+)(?::\d{1,5})?")


class HostMiddleware(ASGIMiddleware):
    """Answers the host of `public_url`, on any port; where that is this machine, all its names. Others get 400.

    But for questions of health, which probes ask by whatever address they know.

    A name of somebody else's that was made to lead here (DNS rebinding) is none of them.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, settings: Settings) -> None:
        own = () if settings.accounts and not settings.is_for_this_machine else _LOOPBACK
        self.hosts = frozenset({urlsplit(settings.public_url).hostname, *own})
        # Without accounts, what came through a proxy is refused elsewhere.
        self.wants_proxy = settings.accounts and not settings.trusted_proxy

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Look, and go on."""
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        if read_host(host) not in self.hosts and scope["path"] not in _PROBED:
            raise ClientException("This server does not go by that host name; see TRIAGE_PUBLIC_URL.")
        if self.wants_proxy and any(name == b"x-forwarded-for" for name, _ in scope["headers"]):
            self.wants_proxy = False  # said once
            _log.warning(
                "proxy_not_trusted", hint="All behind it count as one address: set TRIAGE_TRUSTED_PROXY to its."
            )
        await next_app(scope, receive, send)


def read_host(header: str) -> str | None:
    """The host of a Host header, lower case, without port and brackets; None where it is none."""
    found = _HOST.fullmatch(header)
    return found[1].strip("[]").lower() if found else None


def limit_rate(settings: Settings) -> list[DefineMiddleware]:
    """The limit for everything, where there is one; no limit for the sole reader."""
    if not settings.accounts or not settings.rate_limit:
        return []
    limit = RateLimitConfig(
        ("minute", settings.rate_limit),
        exclude=[f"^{path}$" for path in sorted(_PROBED)],
        exclude_opt_key=UNLIMITED,
        identifier_for_request=name_client,
        store=_STORE,
    )
    return [limit.middleware]


def limit_sign_ins() -> DefineMiddleware:
    """The limit for guessing passwords and for having mails sent, counted apart from everything else, and always."""
    limit = RateLimitConfig(rate_limit=("minute", SIGN_INS), identifier_for_request=_name_guesser, store=_STORE)
    return limit.middleware


@asynccontextmanager
async def forget_addresses(app: Litestar) -> AsyncIterator[None]:
    """Drop what is known of addresses that have been quiet for a minute, while the application runs."""

    async def sweep() -> None:
        store = app.stores.get(_STORE)
        while isinstance(store, MemoryStore):
            await asyncio.sleep(60)
            await store.delete_expired()

    task = asyncio.create_task(sweep())
    try:
        yield
    finally:
        task.cancel()


def name_client(request: Request[object, object, object]) -> str:  # type: ignore[type-var]
    """The address that counts: of IPv6 the network, in which one customer has addresses without end."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), _NETWORK_BITS), strict=False))


def _name_guesser(request: Request[object, object, object]) -> str:  # type: ignore[type-var]
    return f"sign-in {name_client(request)}"
