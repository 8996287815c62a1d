"""Cross-site requests change nothing: a browser says where a request comes from, and only our own pages may write.

The rule is that of Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) with the Origin header where a browser is
older, as OWASP's sheet on cross-site request forgery describes it: no token in forms that a page could forget.

The links of mails are let by: a key in their address says who may, a cookie says nothing there, mailbox providers send
the POST of RFC 8058 from wherever they are, and browsers send no origin from a page that hides its address.
"""

from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MAIL_LINKS = "/mail/"


class OriginMiddleware(ASGIMiddleware):
    """Ends a write with 403 that another site made a browser send, or that a browser with a cookie will not tell of."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Look, and go on; requests with a key in their header carry nothing that a browser adds by itself."""
        if scope.get("method") not in _SAFE and not scope["path"].startswith(_MAIL_LINKS):
            check_origin({name.lower(): value for name, value in scope["headers"]})
        await next_app(scope, receive, send)


def check_origin(headers: dict[bytes, bytes]) -> None:
    """Raise 403 unless the headers, names in lower case, are those of our own page or of a program."""
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if site is not None:
        is_ours = site in {b"same-origin", b"none"}
    elif origin is not None:
        is_ours = urlsplit(origin.decode("latin-1")).netloc.encode("latin-1") == headers.get(b"host")
    else:
        is_ours = b"cookie" not in headers
    if not is_ours:
        raise PermissionDeniedException("Another site asked for this change; only our own pages and programs may.")
