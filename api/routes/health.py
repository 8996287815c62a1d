"""For whoever runs the server: whether it lives, whether it can serve, and how much it does."""

from collections.abc import Sequence
from typing import Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController
from litestar.types import Method, OperationIDCreator

from api.auth import allow_admins
from api.openapi import OPEN, problems
from api.routes.answers import Health
from triage.bootstrap import Services
from triage.errors import StoreError
from triage.store.schema import HEAD, read_revision


def count_requests() -> DefineMiddleware:
    """Counts and times requests by method, route and status; no id, topic or name of a reader is a label."""
    return PrometheusConfig(app_name="triage", prefix="triage", group_path=True).middleware


def _name(name: str) -> OperationIDCreator:
    def create(_: HTTPRouteHandler, __: Method, components: Sequence[Any]) -> str:
        return name if "api" in components else f"{name}_at_root"

    return create


class HealthController(Controller):
    """Asked by machines, without a key."""

    tags = ("Health",)
    security = OPEN

    @get(["/healthz", "/api/v1/healthz"], operation_id=_name("healthz"), summary="Alive", responses=problems())
    async def healthz(self) -> Health:
        """Say that the process answers; asks nothing of the database."""
        return Health()

    @get(["/readyz", "/api/v1/readyz"], operation_id=_name("readyz"), summary="Ready", responses=problems())
    async def readyz(self, services: NamedDependency[Services]) -> Health:
        """Say that requests can be served: the database answers and has the schema of this program; 503 otherwise."""
        async with services.database.connection(writes=False) as connection:
            revision = await connection.run_sync(read_revision)
        if revision != HEAD:
            raise StoreError(f"The database is at schema {revision}, this program at {HEAD}: start triage again.")
        return Health()


class MetricsController(PrometheusController):
    """Prometheus' own text format; with accounts, for admins' keys."""

    guards = (allow_admins,)
    include_in_schema = False
