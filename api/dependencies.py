"""What handlers are handed: the services, the library, and on whose behalf they act."""

from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException

from triage.bootstrap import Services
from triage.core.account import Principal
from triage.reading.library import Library


def provide_services(state: State) -> Services:
    """Those of this process."""
    services: Services = state.services
    return services


def provide_library(services: Services) -> Library:
    """What reading works with."""
    return services.library


def provide_principal(request: Request[Principal | None, None, State]) -> Principal:
    """Who asks; raises 401 where nobody signed in."""
    if request.user is None:
        raise NotAuthorizedException("Sign in, or send a key: Authorization: Bearer triage_…")
    return request.user
