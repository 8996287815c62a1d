"""Builds the application; nothing is read from the environment before `create_app` is called."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.di import Provide

from api.access_log import AccessLogMiddleware
from api.auth import AuthMiddleware
from api.cache import AnswerCache
from api.clock import open_clock
from api.dependencies import provide_answers, provide_library, provide_principal, provide_refresher, provide_services
from api.headers import say_policy
from api.ledgers import Ledgers
from api.limits import MOST_BYTES, HostMiddleware, forget_addresses, limit_rate
from api.mcp import mcp_plugin
from api.methods import list_methods
from api.openapi import describe_api
from api.origin import OriginMiddleware
from api.pages.controllers import page_router
from api.pages.drawings import open_drawings
from api.pages.errors import UNROUTED_ERRORS
from api.problems import problem_details
from api.refresh import forget_all, open_refresher
from api.routes.controllers import api_router, root_router
from api.routes.health import count_requests
from triage.bootstrap import open_services
from triage.config import Settings
from triage.errors import InputError

_PROVIDERS: Final[Mapping[str, Callable[..., object]]] = {
    "services": provide_services,
    "library": provide_library,
    "principal": provide_principal,
    "answers": provide_answers,
    "refresher": provide_refresher,
}


def create_app(settings: Settings | None = None) -> Litestar:
    """The whole application; without settings, those of the environment. The store is opened when serving begins.

    Raises `InputError` for a public address where everybody would be the one reader.
    """
    settings = settings or Settings()
    if not settings.accounts and not settings.is_for_this_machine:
        raise InputError(
            f"TRIAGE_PUBLIC_URL is {settings.public_url}, but without accounts only this machine is answered: "
            "set TRIAGE_ACCOUNTS=true, or leave the URL out."
        )

    return Litestar(
        route_handlers=[api_router(), root_router(), page_router(settings)],
        lifespan=[partial(_open_state, settings), forget_addresses],
        dependencies={name: Provide(provide, sync_to_thread=False) for name, provide in _PROVIDERS.items()},
        middleware=[
            AccessLogMiddleware(),
            HostMiddleware(settings),
            *limit_rate(settings),
            AuthMiddleware(settings),
            OriginMiddleware(),
            count_requests(),
        ],
        before_send=[say_policy(settings), list_methods],
        request_max_body_size=MOST_BYTES,
        # Pages shrink to a sixth. Not the API's cached answers: programs are many, and a proxy can do it for them.
        compression_config=CompressionConfig("gzip", gzip_compress_level=4, exclude=["^/api/", "^/feeds/", "^/mcp"]),
        exception_handlers=UNROUTED_ERRORS,
        plugins=[problem_details(), mcp_plugin(settings)],
        openapi_config=describe_api(settings),
        logging_config=None,
    )


@asynccontextmanager
async def _open_state(settings: Settings, app: Litestar) -> AsyncIterator[None]:
    """What handlers find in `app.state`, while the application runs."""
    answers, ledgers = AnswerCache(), Ledgers()
    async with (
        open_services(settings) as services,
        open_drawings() as drawings,
        open_refresher(services, partial(forget_all, (answers, ledgers, drawings))) as refresher,
        open_clock(services, refresher.follow),
    ):
        _ = services.rubric  # a wrong one is better told now than to the first reader
        _ = services.open_deliver_desk()  # and so are settings by which no mail can be sent
        app.state.update(
            services=services,
            settings=settings,
            answers=answers,
            ledgers=ledgers,
            refresher=refresher,
            drawings=drawings,
        )
        try:
            yield
        finally:
            await asyncio.gather(answers.close(), ledgers.close())
