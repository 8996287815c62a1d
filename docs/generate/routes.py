"""The routes of the application, from its route table: method, address, what it does, who may."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from api.app import create_app
from api.openapi import PATH
from docs.generate.markdown import flow
from triage.config import ShippedSettings

_OLD_ID: Final = "{archive}/{number}"
_GUARD: Final = "A guard: "
_WHO: Final = "api.auth"
_DOOR: Final = "require_internal_dispatch"  # of litestar-mcp
_METHODS: Final = ("GET", "PUT", "POST", "PATCH", "DELETE")
_OF_LIBRARIES: Final = {  # what handlers that are not ours do
    "/metrics": "Measures of the server in Prometheus' text format: requests by method, route and status.",
    "/mcp": "One request of the Model Context Protocol, revision 2026-07-28: tools for agents.",
    "/static/{file_path}": "Styles, scripts and pictures of the pages.",
    PATH: "The OpenAPI document that this page is made from.",
}
_CALLED: Final = "the server itself, for `tools/call` at `POST /mcp`"


class Route(msgspec.Struct, frozen=True):
    """One method at one address: who may, and what it does."""

    method: str
    path: str
    who: str
    told: str
    handler: HTTPRouteHandler

    @property
    def name(self) -> str:
        """As headings say it."""
        return f"{self.method} {self.path}"


def open_app() -> Litestar:
    """The application of a lab; its store is not opened."""
    return create_app(ShippedSettings(home=Path("nowhere"), accounts=True))


def list_routes(app: Litestar) -> list[Route]:
    """Each method and address once, by address.

    Left out are OPTIONS and HEAD, which Litestar answers for all, and the second address of what is about one paper,
    with archive and number: only its old ids have a slash.
    """
    found = [route for route in _walk(app) if _OLD_ID not in route.path]
    return sorted(found, key=lambda route: (route.path, _METHODS.index(route.method)))


def read_document(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document as programs get it."""
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    return document


def _walk(app: Litestar) -> Iterator[Route]:
    for each in app.routes:
        if not isinstance(each, HTTPRoute) or each.path.startswith(f"{PATH}/"):
            continue
        path = re.sub(r":[a-z]+}", "}", each.path)
        for handler in each.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                yield Route(
                    str(method), path, _describe_guards(handler.resolve_guards()), _tell(path, handler), handler
                )


def _tell(path: str, handler: HTTPRouteHandler) -> str:
    """What the handler says of itself, or what stands above; raises `KeyError` where nothing does."""
    if path in _OF_LIBRARIES:
        return _OF_LIBRARIES[path]
    if not handler.fn.__doc__:
        raise KeyError(f"{path} has no docstring, and {__name__} no word for it")
    return flow(handler.fn.__doc__)


def _describe_guards(guards: Sequence[Any]) -> str:
    """By the docstrings of the guards that ask who it is; others look at the request."""
    bare = [getattr(guard, "func", guard) for guard in guards]  # Litestar wraps those that are not asynchronous
    if any(guard.__name__ == _DOOR for guard in bare):
        return _CALLED
    told = [flow(guard.__doc__ or "") for guard in bare if guard.__module__ == _WHO]
    return " and ".join(each.removeprefix(_GUARD).rstrip(".") for each in told) or "anybody"
