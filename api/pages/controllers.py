"""All pages in one router."""

from litestar import Router

from triage.config import Settings


def page_router(settings: Settings) -> Router:
    """Everything for people."""
    del settings
    return Router("/", route_handlers=[])
