"""What handlers are handed: the services, the library, and on whose behalf they act."""

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency

from api.auth import ANONYMOUS, refuse_nobody
from api.cache import AnswerCache
from api.refresh import Refresher
from triage.bootstrap import Services
from triage.core.account import Principal
from triage.reading.library import Library


def provide_services(state: State) -> Services:
    """Those of this process."""
    services: Services = state.services
    return services


def provide_library(services: NamedDependency[Services]) -> Library:
    """What reading works with."""
    return services.library


def provide_principal(
    request: Request[Principal | None, str | None, State], services: NamedDependency[Services]
) -> Principal:
    """Who asks; with anonymous reading, nobody in particular; raises 401 without."""
    if request.user is not None:
        return request.user
    if services.settings.anonymous_reading:
        return ANONYMOUS
    raise refuse_nobody(request)


def provide_answers(state: State) -> AnswerCache:
    """The finished answers of this process."""
    answers: AnswerCache = state.answers
    return answers


def provide_refresher(state: State) -> Refresher:
    """What is to follow a change."""
    refresher: Refresher = state.refresher
    return refresher
