"""What the server process runs: the application, logging, and the one proxy whose word on addresses is taken."""

import asyncio

import structlog
from granian.utils.proxies import wrap_asgi_with_proxy_headers
from litestar import Litestar
from litestar.types import ASGIApp

from api.app import create_app
from api.head import answer_head
from triage.bootstrap import Services
from triage.config import Settings
from triage.errors import TriageError
from triage.log import configure_logging
from triage.reading.search import search

_log = structlog.get_logger(__name__)


def build() -> ASGIApp:
    """The application for the settings of the environment; called in the server's own process."""
    settings = Settings()
    configure_logging(settings.log_level)
    created = create_app(settings)
    created.on_startup.append(_begin_warm_up)
    app = answer_head(created)
    if not settings.trusted_proxy:
        return app
    wrapped: ASGIApp = wrap_asgi_with_proxy_headers(app, settings.trusted_proxy)
    return wrapped


async def _begin_warm_up(app: Litestar) -> None:
    """Load model and index while nobody waits for them; serving begins at once."""
    app.state.warm_up = asyncio.create_task(_warm_up(app.state.services))


async def _warm_up(services: Services) -> None:
    try:
        await search(services.library, "warm up", "", 1)
    except TriageError as error:  # the first search will say it to whoever asks
        _log.warning("warm_up_failed", error=str(error))
