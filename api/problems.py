"""Every error as problem+json (RFC 9457): what happened and what to do, never a stack or a statement."""

import structlog
from litestar.plugins.problem_details import ProblemDetailsConfig, ProblemDetailsException, ProblemDetailsPlugin

from triage.errors import ConflictError, InputError, NotFoundError, SignInError, StoreError, TriageError

_log = structlog.get_logger(__name__)
_STATUS: tuple[tuple[type[TriageError], int, str], ...] = (
    (NotFoundError, 404, "Not found"),
    (ConflictError, 409, "Conflict"),
    (InputError, 400, "Bad input"),
    (SignInError, 401, "Not signed in"),
    (StoreError, 503, "The database failed"),
    (TriageError, 500, "Failed"),
)


def problem_details() -> ProblemDetailsPlugin:
    """Litestar's own errors, ours and everything unforeseen."""
    return ProblemDetailsPlugin(
        ProblemDetailsConfig(
            enable_for_all_http_exceptions=True,
            exception_to_problem_detail_map={TriageError: to_problem, Exception: hide_problem},
        )
    )


def to_problem(error: TriageError) -> ProblemDetailsException:
    """Ours, by the first class that fits; what a database or model says stays in the log."""
    status, title = next((status, title) for kind, status, title in _STATUS if isinstance(error, kind))
    if status >= 500:  # noqa: PLR2004 - RFC 9110: the server's own fault
        _log.error("request_failed", error=str(error))
        return ProblemDetailsException(status_code=status, title=title, detail="See the server's log.")
    return ProblemDetailsException(status_code=status, title=title, detail=str(error))


def hide_problem(error: Exception) -> ProblemDetailsException:
    """The unforeseen: all of it into the log, nothing of it into the answer."""
    _log.error("request_failed", exc_info=error)
    return ProblemDetailsException(status_code=500, title="Failed", detail="See the server's log.")
