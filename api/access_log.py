"""One line per answered request: the route and not the address, no query, no body, no header."""

import time

import structlog
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.get_logger(__name__)


class AccessLogMiddleware(ASGIMiddleware):
    """Logs `request.answered` with method, route, status and milliseconds."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Wait for the status to pass by."""
        started, status = time.perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await next_app(scope, receive, watch)
        except HTTPException as error:  # answered further out
            status = error.status_code
            raise
        except Exception:
            status = HTTP_500_INTERNAL_SERVER_ERROR
            raise
        finally:
            _log.info(
                "request.answered",
                method=scope.get("method", ""),
                route=scope.get("path_template", ""),
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
            )
