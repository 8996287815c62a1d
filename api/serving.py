"""What the server process runs: the application, logging, and the one proxy whose word on addresses is taken."""

from granian.utils.proxies import wrap_asgi_with_proxy_headers
from litestar.types import ASGIApp

from api.app import create_app
from triage.config import Settings
from triage.log import configure_logging


def build() -> ASGIApp:
    """The application for the settings of the environment; called in the server's own process."""
    settings = Settings()
    configure_logging(settings.log_level)
    app = create_app(settings)
    if not settings.trusted_proxy:
        return app
    wrapped: ASGIApp = wrap_asgi_with_proxy_headers(app, settings.trusted_proxy)
    return wrapped
