"""Every error as problem+json (RFC 9457): what happened and what to do, never a stack or a statement."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar.exceptions import HTTPException
from litestar.plugins.problem_details import ProblemDetailsConfig, ProblemDetailsException, ProblemDetailsPlugin

from triage.errors import (
    BusyError,
    ConflictError,
    InputError,
    LimitError,
    MailError,
    NotFoundError,
    RubricError,
    SignInError,
    StoreError,
    TriageError,
)

PROBLEM_TYPE = "application/problem+json"
BUSY: Final = "Busy"
"""The title of what was not begun since so much else waits."""
MAIL_FAILED: Final = "The mail system failed"
"""The title of what needed a letter that could not be sent."""
_OWN_FAULT = 500
_log = structlog.get_logger(__name__)
_STATUS: tuple[tuple[type[TriageError], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (RubricError, 500),  # names a file of the server
    (InputError, 400),
    (SignInError, 401),
    (LimitError, 429),
    (BusyError, 503),
    (MailError, 503),
    (StoreError, 503),
    (TriageError, 500),
)
_TITLES = {
    400: "Bad input",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    429: "Too many requests",
    500: "Failed",
    503: "The database failed",
}
_DETAILS = {
    401: "Sign in, or send a key: Authorization: Bearer triage_…",
    403: "Your role or the scopes of your key do not include this.",
    404: "Nothing is at this address; /api/v1/openapi.json lists all that there is.",
    405: "This address takes other methods; the header Allow lists them.",
    413: "The body of the request is larger than this server takes.",
    429: "Ask again after the seconds that the header Retry-After names.",
}


class FieldProblem(msgspec.Struct, frozen=True):
    """One field that is wrong. `source` is `query`, `path`, `header`, `cookie` or `body`."""

    field: str
    source: str
    expected: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every error looks like. `type` and `code` name its kind and never change; `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: tuple[FieldProblem, ...] = ()


def problem_details() -> ProblemDetailsPlugin:
    """Litestar's own errors, ours and everything unforeseen."""
    return ProblemDetailsPlugin(
        ProblemDetailsConfig(
            exception_to_problem_detail_map={
                HTTPException: to_http_problem,
                TriageError: to_problem,
                Exception: hide_problem,
            }
        )
    )


def to_problem(error: TriageError) -> ProblemDetailsException:
    """Ours, by the first class that fits; what a database or model says stays in the log."""
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    if isinstance(error, BusyError):  # no fault of the server, and nothing that its log need say more of
        return _describe(status, str(error), headers={"Retry-After": str(error.retry_after)}, title=BUSY)
    if isinstance(error, MailError):  # whoever raises it to an address has seen to what strangers may know
        _log.warning("request_failed", error=str(error))
        return _describe(status, str(error), title=MAIL_FAILED)
    if status >= _OWN_FAULT:
        _log.error("request_failed", error=str(error))
        return _describe(status, "See the server's log.")
    return _describe(status, str(error))


def to_http_problem(error: HTTPException) -> ProblemDetailsException:
    """What Litestar refuses, with the fields that were wrong and what was expected of them."""
    if error.status_code >= _OWN_FAULT:
        return hide_problem(error)
    errors = tuple(_read_field(each) for each in error.extra) if isinstance(error.extra, list) else ()
    if errors:
        detail = "; ".join(f"{each.field}: {each.expected}" for each in errors)
    elif error.detail == HTTPStatus(error.status_code).phrase:
        detail = _DETAILS.get(error.status_code, error.detail)
    else:
        detail = error.detail
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.TOO_MANY_REQUESTS and "RateLimit-Reset" in headers:
        headers["Retry-After"] = headers["RateLimit-Reset"]  # the one that programs look at (RFC 6585, section 4)
    return _describe(error.status_code, detail, errors, headers)


def hide_problem(error: Exception) -> ProblemDetailsException:
    """The unforeseen: all of it into the log, nothing of it into the answer."""
    _log.error("request_failed", exc_info=error)
    return _describe(500, "See the server's log.")


def example_problem(status: int) -> Problem:
    """How a problem of this status looks, for the documentation."""
    return _make_problem(status, _DETAILS.get(status, "A sentence that says what to do."))


def list_problems() -> tuple[Problem, ...]:
    """One of each kind that an address may answer with, by status."""
    others = [_make_problem(503, "A sentence that says what to do.", title=title) for title in (BUSY, MAIL_FAILED)]
    return (*(example_problem(status) for status in sorted(_TITLES)), *others)


def _describe(
    status: int,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
    title: str | None = None,
) -> ProblemDetailsException:
    problem = _make_problem(status, detail, tuple(errors), title)
    more: dict[str, Any] = {"code": problem.code}
    if problem.errors:
        more["errors"] = problem.errors
    if status == HTTPStatus.UNAUTHORIZED:
        headers = {"WWW-Authenticate": "Bearer"} | (headers or {})
    return ProblemDetailsException(
        status_code=status, type_=problem.type, title=problem.title, detail=detail, headers=headers, extra=more
    )


def _make_problem(status: int, detail: str, errors: tuple[FieldProblem, ...] = (), title: str | None = None) -> Problem:
    title = title or _TITLES.get(status) or HTTPStatus(status).phrase
    code = title.lower().replace(" ", "-")
    return Problem(f"/problems/{code}", title, status, detail, code, errors)


def _read_field(error: dict[str, str]) -> FieldProblem:
    field, expected = error.get("key", ""), error.get("message", "")
    if field == "data":  # Litestar's word for the body as a whole
        field, expected = "body", "expected a JSON object" if expected == "'data'" else expected
    return FieldProblem(field, error.get("source", ""), expected)
