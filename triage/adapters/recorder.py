"""Sorts raw answers into sessions as they come: what one harvest asked stands in one folder."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from triage.adapters.raw_answers import RawAnswers, Recording


class Recorder:
    """Hands each answer to the session begun last; sessions older than `days` are removed when one is begun.

    For one thread. With 0 days nothing is kept.
    """

    def __init__(self, raw: RawAnswers, days: int) -> None:
        self._raw = raw
        self._days = days
        self._recording: Recording | None = None

    def begin(self, kind: str, started_at: datetime, details: Mapping[str, Any]) -> None:
        """Open a session; raises `TriageError` where old ones cannot be removed."""
        self._raw.expire(started_at - timedelta(days=self._days))
        self._recording = self._raw.begin(kind, started_at, details) if self._days else None

    def keep(self, url: str, body: bytes) -> None:
        """Keep an answer that was believed; outside of a session it is let go."""
        if self._recording is not None:
            self._recording.keep(url, body)
