"""The reference of the API, drawn by Scalar from the OpenAPI document; a plain list of it without script."""

from typing import Any, Final

import msgspec
from litestar import Controller, Litestar, Response, get
from litestar.params import FromQuery

from api.headers import CONTENT_POLICY
from api.openapi import PATH
from api.pages.templating import PageRequest, render

_METHODS: Final = ("get", "put", "post", "patch", "delete")
# Scalar makes its style elements by script, which a policy can only allow by allowing all of them; scripts stay ours.
STYLED_POLICY: Final = CONTENT_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


class ListedOperation(msgspec.Struct, frozen=True):
    """One thing that a program can ask."""

    method: str
    path: str
    summary: str


class DocsPages(Controller):
    """Learning what programs can ask; the document itself is open to anyone, too."""

    @get("/docs")
    async def show(self, request: PageRequest, *, plain: FromQuery[bool] = False) -> Response[str]:
        """The reference; plain on demand, since Scalar leaves much to be wished for by those who use screen readers."""
        return render(
            request,
            "docs.html.j2",
            headers={} if plain else {"Content-Security-Policy": STYLED_POLICY},
            document=PATH,
            operations=list_operations(request.app),
            is_plain=plain,
        )


def list_operations(app: Litestar) -> list[ListedOperation]:
    """Those of the OpenAPI document, in its order."""
    paths: dict[str, dict[str, Any]] = app.openapi_schema.to_schema()["paths"]
    return [
        ListedOperation(method.upper(), path, item[method].get("summary", ""))
        for path, item in paths.items()
        for method in _METHODS
        if method in item
    ]
