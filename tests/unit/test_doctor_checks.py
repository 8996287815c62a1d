from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from triage.adapters.hashing import HashingEmbedder
from triage.errors import ModelError
from triage.pipeline.doctor import (
    Check,
    check_clock,
    check_contact,
    check_embedder,
    check_extras,
    check_python,
    check_rubric,
    check_space,
    sum_up,
)
from triage.ports import Embedder

NOW = datetime(2026, 5, 18, tzinfo=UTC)


def test_weights_that_are_missing() -> None:
    """The sentence of the `ModelError`, which says what to install, is the message."""

    def fail() -> Embedder:
        raise ModelError("The weights are missing; reinstall them.")

    assert check_embedder(fail) == Check("embedder", "failed", "The weights are missing; reinstall them.")


def test_a_broken_library() -> None:
    """A library that cannot be loaded is a failure, not a traceback."""

    def fail() -> Embedder:
        raise ImportError("libgomp.so.1: cannot open shared object file")

    assert check_embedder(fail).status == "failed"
    assert "libgomp" in check_embedder(fail).message


class BrokenEmbedder(HashingEmbedder):
    """Gives what no text has."""

    def embed(self, texts: Any) -> NDArray[np.float32]:
        """Not numbers."""
        return np.full((len(texts), self.dimension), np.nan, np.float32)


def test_vectors_that_are_no_numbers() -> None:
    """An embedder that gives NaN has failed; one that gives a unit vector has not."""
    assert check_embedder(BrokenEmbedder).status == "failed"
    assert check_embedder(HashingEmbedder).status == "ok"


@pytest.mark.parametrize(("version", "status"), [((3, 10, 14), "failed"), ((3, 11, 0), "ok"), ((4, 0, 0), "ok")])
def test_python(version: tuple[int, ...], status: str) -> None:
    """3.11 is the oldest."""
    assert check_python(version).status == status


@pytest.mark.parametrize(("days", "status"), [(2, "failed"), (0.5, "ok"), (-400, "ok")])
def test_the_clock(days: float, status: str) -> None:
    """A clock more than a day before the installation is wrong."""
    assert check_clock(NOW, NOW + timedelta(days=days)).status == status


@pytest.mark.parametrize(("free", "status"), [(10_000_000, "failed"), (500_000_000, "warning"), (10**10, "ok")])
def test_space(tmp_path: Path, free: int, status: str) -> None:
    """Little room is a warning, next to none a failure."""
    assert check_space(tmp_path / "not" / "there", lambda path: free if path == tmp_path else 0).status == status


def test_the_contact() -> None:
    """Without one only harvesting fails, so it is a warning."""
    assert [check_contact(contact).status for contact in ("", " ", "me@example.org")] == ["warning", "warning", "ok"]


def test_extras_are_never_a_problem() -> None:
    """What is missing is told with how to add it."""
    missing = check_extras(lambda _module: False)
    assert [check.status for check in missing] == ["ok"] * 5
    assert "pip install '.[models]'" in missing[0].message
    assert "is installed" in check_extras(lambda _module: True)[1].message


def test_a_rubric_that_cannot_be_reached() -> None:
    """A folder that may not be looked into is a failure, not a traceback."""

    def fail() -> tuple[Path, int]:
        raise PermissionError(13, "Permission denied", "rubric.yaml")

    assert check_rubric(fail).status == "failed"
    assert "Permission denied: 'rubric.yaml'" in check_rubric(fail).message


def test_the_worst_counts() -> None:
    """One failure outweighs everything, one warning what is well."""
    checks = [Check("a", "ok", ""), Check("b", "warning", ""), Check("c", "failed", "")]
    assert [sum_up(checks[:count]) for count in range(4)] == ["ok", "ok", "warning", "failed"]
