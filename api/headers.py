"""What every answer says to browsers: run nothing that is not ours, show us in no frame, tell nobody where from."""

from litestar.types import BeforeMessageSendHookHandler, Message, Scope

from triage.config import Settings

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "cache-control": "no-store",  # what a handler says nothing of may be a reader's own
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_TWO_YEARS = "max-age=63072000"


def say_policy(settings: Settings) -> BeforeMessageSendHookHandler:
    """A hook on everything sent, also on what no route answers; a header that a handler set stays as it is."""
    wanted = _ALWAYS | ({"strict-transport-security": _TWO_YEARS} if settings.public_url.startswith("https:") else {})

    raw = [(name.encode(), value.encode()) for name, value in wanted.items()]  # once: this runs for every answer

    async def add_headers(message: Message, _: Scope) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            present = {name.lower() for name, _ in headers}
            message["headers"] = headers + [pair for pair in raw if pair[0] not in present]

    return add_headers
