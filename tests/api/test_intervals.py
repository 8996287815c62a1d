"""Intervals as pictures."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.pages.intervals import WIDTH, draw_interval, write_number


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=3).map(sorted))
def test_everything_lies_on_the_scale(values: list[float]) -> None:
    """In order, within the picture; the scale begins at 0 and ends at a round number that is not far off."""
    low, estimate, high = values
    picture = draw_interval(estimate, low, high, "")
    assert 0 < picture.ticks[0].x <= picture.low <= picture.estimate <= picture.high <= picture.ticks[-1].x < WIDTH
    last = float(picture.ticks[-1].text)
    assert high <= last * (1 + 1e-5)
    assert last == 1 or math.isclose(last, 10 ** round(math.log10(last))) or last <= 3 * high


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.04, "0"), (-0.04, "0"), (0.44, "0.4"), (3, "3"), (9.96, "10"), (12.5, "12"), (-2.5, "\u22122.5")],
)
def test_numbers_are_written_for_reading(number: float, text: str) -> None:
    """No more digits than the estimate is worth."""
    assert write_number(number) == text


def test_a_wanted_scale_is_kept() -> None:
    """Kappa may be negative."""
    picture = draw_interval(0.2, -0.4, 0.6, "", (-1.0, 1.0))
    assert [tick.text for tick in picture.ticks] == ["\u22121", "0", "1"]
    assert picture.low < picture.ticks[1].x < picture.estimate
