"""Errors as pages: what happened and what to do; a program under /api gets problem+json instead."""

from typing import Final
from urllib.parse import quote

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from api.pages.templating import PageRequest, is_htmx, render, see_other
from api.problems import hide_problem, to_http_problem, to_problem
from triage.errors import BusyError, TriageError

_TITLES: Final = {
    400: "That cannot be read",
    401: "Please sign in",
    403: "This is not yours to do",
    404: "There is no such page",
    405: "This page takes no such request",
    409: "That contradicts what is there",
    413: "That is too much",
    429: "Too many requests",
    503: "The database failed",
}
_PROGRAMS: Final = ("/api/", "/mcp", "/feeds/", "/healthz", "/readyz", "/metrics")
_BUSY = "Too much is waiting"
_FAILED = "Something broke here"
_log = structlog.get_logger(__name__)


def show_problem(request: PageRequest, error: Exception) -> Response[str] | Redirect:
    """A page for people; whoever must sign in first is sent there and comes back to what was asked for."""
    problem = _name_problem(error)
    status = problem.status_code
    may_sign_in = "authorization" not in request.headers and not request.url.path.startswith("/sign-in")
    if status == 401 and may_sign_in and not is_htmx(request):  # noqa: PLR2004 - RFC 9110: not signed in
        return see_other(f"/sign-in?next={quote(_find_way_back(request), safe='')}")
    title = _BUSY if isinstance(error, BusyError) else _TITLES.get(status, _FAILED)
    detail = _explain_parameters(error) if isinstance(error, ValidationException) else problem.detail
    return render(request, "error.html.j2", status_code=status, headers=problem.headers, title=title, detail=detail)


def route_problem(request: PageRequest, error: HTTPException) -> Response[str] | Redirect | Response[dict[str, object]]:
    """For what no route answers: a page, or problem+json for programs."""
    if request.url.path.startswith(_PROGRAMS):
        return to_http_problem(error).to_response(request)
    return show_problem(request, error)


def _name_problem(error: Exception) -> HTTPException:
    if isinstance(error, HTTPException):
        return error
    if isinstance(error, TriageError):
        return to_problem(error)
    return hide_problem(error)


def _explain_parameters(error: ValidationException) -> str:
    """Which part of the request was wrong, and what was expected."""
    wrong = [each for each in error.extra or [] if isinstance(each, dict)]
    return "; ".join(f"{each.get('key', 'The form')}: {each.get('message', '')}" for each in wrong) or error.detail


def _find_way_back(request: PageRequest) -> str:
    if request.method != "GET":
        return "/"
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


PAGE_ERRORS: Final[ExceptionHandlersMap] = {
    HTTPException: show_problem,
    TriageError: show_problem,
    Exception: show_problem,
}
"""For the router of the pages."""

UNROUTED_ERRORS: Final[ExceptionHandlersMap] = {404: route_problem, 405: route_problem}
"""For the application: addresses and methods that no route has."""
