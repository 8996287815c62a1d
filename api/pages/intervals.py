"""An estimate and its interval as a small picture: a line on a scale, with a dot where the estimate lies."""

import math
from typing import Final

import msgspec

WIDTH: Final = 240
_EDGE: Final = 8  # room for half of a dot, and of a number


class Tick(msgspec.Struct, frozen=True):
    """A number on the scale, and where it stands."""

    x: float
    text: str


class IntervalPicture(msgspec.Struct, frozen=True):
    """Where line and dot stand in a picture `WIDTH` wide, and the scale below them; `text` says the same in words."""

    low: float
    estimate: float
    high: float
    ticks: tuple[Tick, ...]
    text: str


def write_number(number: float) -> str:
    """For reading: one decimal below 10, none above, a true minus, and no noughts at the end."""
    digits = 1 if abs(number) < 10 else 0  # noqa: PLR2004 - see above
    text = f"{number:.{digits}f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text.replace("-", "\u2212")


def draw_interval(
    estimate: float, low: float, high: float, text: str, scale: tuple[float, float] | None = None
) -> IntervalPicture:
    """On a scale from 0 to a round number, or on the one that is wanted."""
    first, last = scale or (0.0, _round_up(max(high, estimate)))

    def place(value: float) -> float:
        share = (min(max(value, first), last) - first) / (last - first)
        return round(_EDGE + share * (WIDTH - 2 * _EDGE), 1)

    ticks = tuple(
        Tick(place(value), f"{value:g}".replace("-", "\u2212")) for value in (first, (first + last) / 2, last)
    )
    return IntervalPicture(place(low), place(estimate), place(high), ticks, text)


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 10, 20, 40 and so on, so that half of it is easily read too."""
    if value <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 4, 10) if value <= power * step)
