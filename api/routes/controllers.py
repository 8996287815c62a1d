"""All JSON resources in one router."""

from litestar import Router, get

from triage.config import Settings


@get("/healthz", operation_id="healthz")
async def healthz() -> dict[str, str]:
    """Say that the process answers; asks nothing of the database."""
    return {"status": "ok"}


def api_router(settings: Settings) -> Router:
    """Everything under /api/v1."""
    del settings
    return Router("/api/v1", route_handlers=[healthz])
