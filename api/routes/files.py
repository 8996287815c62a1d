"""What the OpenAPI document says of files, and of one address that answers several media types."""

from collections.abc import Iterable
from typing import Any

from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIHeader, OpenAPIMediaType, OpenAPIResponse, Operation, Schema
from litestar.openapi.spec.enums import OpenAPIType

from api.openapi import problems

NOT_MODIFIED = {304: ResponseSpec(None, description="You have it already.")}


def document_file(description: str, media_type: str, *statuses: int) -> Any:
    """The `responses=` of a handler that answers a file or 304, and problems of these kinds."""
    found = ResponseSpec(bytes, generate_examples=False, description=description, media_type=media_type)
    return {200: found} | NOT_MODIFIED | problems(*statuses)


def name_media_types(operation: Operation, media_types: Iterable[str]) -> None:
    """Say of a good answer that it has one of these media types and an entity tag: Litestar has no words for it."""
    found = (operation.responses or {}).get("200")
    if not isinstance(found, OpenAPIResponse):
        return
    found.content = {
        media_type.partition(";")[0]: OpenAPIMediaType(schema=Schema(type=_find_type(media_type)))
        for media_type in media_types
    }
    text = Schema(type=OpenAPIType.STRING)
    found.headers = {
        "ETag": OpenAPIHeader(schema=text, required=True, description="A hash of the body."),
        "Cache-Control": OpenAPIHeader(schema=text, required=True, description="Who may keep it."),
    }


def _find_type(media_type: str) -> OpenAPIType:
    if media_type.endswith("csl+json"):
        return OpenAPIType.ARRAY
    return OpenAPIType.OBJECT if media_type.endswith("json") else OpenAPIType.STRING
