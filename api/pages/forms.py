"""What pages take: forms as browsers send them, and nothing that only looks like an empty one."""

from typing import Final, Literal

from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.handlers.base import BaseRouteHandler
from litestar.status_codes import HTTP_415_UNSUPPORTED_MEDIA_TYPE

from api.auth import Connection
from triage.reading.marks import VoteValue

VALUES: Final[dict[str, VoteValue]] = {"1": 1, "0": 0, "-1": -1}
"""What vote and settle buttons send; the button that takes back sends an empty value, and so does a pressed one."""
Button = Literal["1", "0", "-1", ""]


async def take_forms(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: a POST is a form; raises 415. Read as one, JSON would be a form without fields."""
    if connection.scope.get("method") != "POST":
        return
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = connection.headers.get("content-length", "0") != "0" or "transfer-encoding" in connection.headers
    if has_body and kind != RequestEncodingType.URL_ENCODED:
        raise HTTPException("Expected a form.", status_code=HTTP_415_UNSUPPORTED_MEDIA_TYPE)
