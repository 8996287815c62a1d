"""Builds the application; nothing is read from the environment before `create_app` is called."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.di import Provide

from api.auth import AuthMiddleware
from api.dependencies import provide_library, provide_principal, provide_services
from api.pages.controllers import page_router
from api.problems import problem_details
from api.routes.controllers import api_router
from triage.bootstrap import open_services
from triage.config import Settings


def create_app(settings: Settings | None = None) -> Litestar:
    """The whole application; without settings, those of the environment. The store is opened when serving begins."""
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            yield

    return Litestar(
        route_handlers=[api_router(settings), page_router(settings)],
        lifespan=[lifespan],
        dependencies={
            "services": Provide(provide_services, sync_to_thread=False),
            "library": Provide(provide_library, sync_to_thread=False),
            "principal": Provide(provide_principal, sync_to_thread=False),
        },
        middleware=[AuthMiddleware(settings)],
        plugins=[problem_details()],
        logging_config=None,
    )
