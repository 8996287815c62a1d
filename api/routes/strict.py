"""Bodies taken at their word: 0 is not false, and "1" is no number, as the OpenAPI document says."""

from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import SerializationException, ValidationException

from triage.core.account import Principal


class StrictRequest(Request[Principal | None, str | None, State]):
    """A request whose JSON is read straight into the record that its handler takes; Litestar alone reads it laxly."""

    async def json(self) -> Any:
        """The record; raises `ValidationException` that names the field, `SerializationException` for no JSON."""
        field = self.route_handler.parsed_data_field
        if field is None:
            return await super().json()
        try:
            return msgspec.json.decode(await self.body(), type=field.annotation)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$")
            found = {"key": path.strip("`.") or "data", "message": message, "source": "body"}
            raise ValidationException(extra=[found]) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SerializationException(f"The body is no JSON: {error}") from error
