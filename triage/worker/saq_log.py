"""What SAQ and the pool of connections have to say, in our log: warnings only, in a line, without what jobs hold."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from triage.errors import TriageError

_POOL = "psycopg.pool"
_NAMES = ("saq", _POOL)
_REST = 30.0  # seconds in which the pool, that tries again and again, is heard once
_log = structlog.get_logger(__name__)


class _Handler(logging.Handler):
    _heard_at = -_REST

    def emit(self, record: logging.LogRecord) -> None:
        """A job's `TriageError` was told already; another error is a fault of the program, and shown whole."""
        error = record.exc_info[1] if record.exc_info else None
        if record.name == _POOL:
            self._tell_of_pool(record)
            return
        if isinstance(error, TriageError):
            return
        if error is not None and record.msg.startswith("Error processing job"):
            _log.error("job_broke", exc_info=error)
        elif error is not None:
            _log.warning("queue", says=record.msg, error=f"{type(error).__name__}: {error}")
        else:
            _log.warning("queue", says=record.msg)

    def _tell_of_pool(self, record: logging.LogRecord) -> None:
        """In full: it speaks of connections only, without passwords."""
        if time.monotonic() - self._heard_at >= _REST:
            self._heard_at = time.monotonic()
            _log.warning("queue", says=" ".join(record.getMessage().split()))


@contextmanager
def tell_of_saq() -> Iterator[None]:
    """While the context is open."""
    handler = _Handler(logging.WARNING)
    loggers = [logging.getLogger(name) for name in _NAMES]
    former = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, former, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagate
