"""The API against its own OpenAPI document, by a program that reads it; `make bench-api-fuzz` does it for longer."""

from pathlib import Path

import pytest

from benchmarks.api_fuzz import Violation, fuzz, open_database


@pytest.mark.parametrize(("accounts", "requests"), [(False, 2500), (True, 900)], ids=["sole_reader", "readers_key"])
def test_the_api_keeps_its_word(accounts: bool, requests: int, tmp_path: Path) -> None:
    """Allowed input, and the sole reader's forbidden one, in all phases: no 5xx, every answer as the document says."""
    with open_database("sqlite", tmp_path) as url:
        tally = fuzz(tmp_path, url, requests, 20261122, accounts=accounts, examples=4)
    assert (tally.failures, tally.violations, tally.errors) == (0, dict[str, Violation](), [])
    assert set(tally.phases) >= {"examples", "coverage", "fuzzing", "stateful"}
    assert tally.statuses[200] > 100
