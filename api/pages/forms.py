"""What pages take: forms as browsers send them, and nothing that only looks like an empty one."""

from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.handlers.base import BaseRouteHandler
from litestar.status_codes import HTTP_415_UNSUPPORTED_MEDIA_TYPE

from api.auth import Connection


async def take_forms(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: a POST is a form; raises 415. Read as one, JSON would be a form without fields."""
    if connection.scope.get("method") != "POST":
        return
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = connection.headers.get("content-length", "0") != "0" or "transfer-encoding" in connection.headers
    if has_body and kind != RequestEncodingType.URL_ENCODED:
        raise HTTPException("Expected a form.", status_code=HTTP_415_UNSUPPORTED_MEDIA_TYPE)
