import io

import pytest
import structlog

from triage.log import configure_logging


def test_events_go_to_the_standard_error_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A standard error that was replaced and closed since logging was configured breaks nothing."""
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", first)
    configure_logging()
    first.close()
    monkeypatch.setattr("sys.stderr", second)

    structlog.get_logger("triage").warning("paper_scored", arxiv_id="2604.00001")

    assert "paper_scored" in second.getvalue()


def test_what_is_below_the_level_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only events of the level and above are written."""
    errors = io.StringIO()
    monkeypatch.setattr("sys.stderr", errors)
    configure_logging("error")

    structlog.get_logger("triage").warning("paper_scored")

    assert errors.getvalue() == ""
