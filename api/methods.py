"""What an address can do, for whoever asks by OPTIONS."""

from litestar.datastructures import MutableScopeHeaders
from litestar.routes import HTTPRoute
from litestar.status_codes import HTTP_204_NO_CONTENT
from litestar.types import Message, Scope


async def list_methods(message: Message, scope: Scope) -> None:
    """A hook on everything sent: Litestar's own Allow names one handler's methods where an address has several."""
    if message["type"] != "http.response.start" or message["status"] != HTTP_204_NO_CONTENT:
        return
    if scope.get("method") == "OPTIONS":
        path = scope["path_template"]
        routes = (each for each in scope["litestar_app"].routes if isinstance(each, HTTPRoute))
        methods = {method for route in routes if route.path_format == path for method in route.methods}
        MutableScopeHeaders(message)["allow"] = ", ".join(sorted(methods))
