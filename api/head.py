"""HEAD for every address that has GET (RFC 9110, 9.3.2): feed readers and monitors ask that way."""

from litestar.types import ASGIApp, Message, Receive, Scope, Send


def answer_head(app: ASGIApp) -> ASGIApp:
    """The same application, asked by GET, its answer without the body; it wraps routing, which knows GET alone."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "HEAD":
            await app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        await app({**scope, "method": "GET"}, receive, send_head)  # type: ignore[arg-type]  # HTTP only

    return answer
