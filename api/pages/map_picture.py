"""The map of a week as a picture: where themes, papers and labels stand, in units of the drawing."""

from collections.abc import Sequence
from typing import Final

import msgspec

from triage.reading.week_map import MapPoint, WeekMap

WIDTH: Final = 1000
LEAST_HEIGHT, MOST_HEIGHT = 400, 1000
MARGIN: Final = 28
_LABEL_HEIGHT: Final = 22.0
_STEP: Final = 11
_LETTER_WIDTH: Final = 9.0  # in map.css; 8.0 to 9.4 measured in Chromium with DejaVu Sans, a wide font
_NUMBER_WIDTH: Final = 24.0
_RING: Final = 26.0
"""The ring around a listed paper, across."""
_LONGEST_LABEL: Final = 34
_UNNAMED: Final = "others"


class DrawnPaper(msgspec.Struct, frozen=True):
    """A paper's place in the drawing."""

    arxiv_id: str
    title: str
    x: float
    y: float
    is_listed: bool


class DrawnTheme(msgspec.Struct, frozen=True):
    """A theme with its papers, the listed ones first. `x` and `y` are the middle of its label; `number` counts from 1.

    `is_shown` is false where a reader asked to see another theme alone.
    """

    number: int
    label: str
    x: float
    y: float
    papers: tuple[DrawnPaper, ...]
    is_shown: bool

    @property
    def short_label(self) -> str:
        """As many whole words as the drawing has room for."""
        kept = self.label[: _LONGEST_LABEL + 1].rpartition(",")[0] if len(self.label) > _LONGEST_LABEL else self.label
        return kept or self.label[:_LONGEST_LABEL]

    @property
    def listed(self) -> tuple[DrawnPaper, ...]:
        """Those on the shortlist."""
        return tuple(paper for paper in self.papers if paper.is_listed)


class Picture(msgspec.Struct, frozen=True):
    """A drawing `WIDTH` wide, and what is on it; the largest theme first."""

    height: int
    themes: tuple[DrawnTheme, ...]


def draw_picture(week_map: WeekMap, only: int | None = None) -> Picture:
    """The map, filled by its points; `only` is the number of the one theme to be seen, if not all are."""
    scale = _fit(week_map.points)
    papers: list[list[DrawnPaper]] = [[] for _ in week_map.themes]
    for point in week_map.points:
        papers[point.theme].append(_place(point, scale))
    drawn = [
        DrawnTheme(
            number,
            theme.label or _UNNAMED,
            *scale.place(theme.x, theme.y),
            tuple(sorted(of_theme, key=lambda paper: (not paper.is_listed, paper.title.casefold(), paper.arxiv_id))),
            only in {None, number},
        )
        for number, (theme, of_theme) in enumerate(zip(week_map.themes, papers, strict=True), start=1)
    ]
    return Picture(scale.height, tuple(part_labels(drawn, scale.height)))


def part_labels(themes: Sequence[DrawnTheme], height: int) -> list[DrawnTheme]:
    """Labels inside the drawing, and moved up or down off the labels before them and off listed papers, if they can."""
    taken = [_Box(paper.x, paper.y, _RING, _RING) for theme in themes for paper in theme.listed]
    placed: list[DrawnTheme] = []
    for theme in themes:
        boxes = _list_places(theme, height)
        free = next((box for box in boxes if not any(box.overlaps(other) for other in taken)), boxes[0])
        taken.append(free)
        placed.append(msgspec.structs.replace(theme, x=free.x, y=free.y))
    return placed


def _list_places(theme: DrawnTheme, height: int) -> "list[_Box]":
    """Where the label may stand, the place wanted first."""
    width = len(theme.short_label) * _LETTER_WIDTH + _NUMBER_WIDTH
    x = round(min(max(theme.x, width / 2), WIDTH - width / 2), 1)
    count = int((height - 2 * MARGIN) / _STEP) + 1
    ys = sorted((MARGIN + number * _STEP for number in range(count)), key=lambda y: abs(y - theme.y))
    return [_Box(x, y, width, _LABEL_HEIGHT) for y in (theme.y, *ys)]


class _Box(msgspec.Struct, frozen=True):
    """A rectangle by its middle."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: "_Box") -> bool:
        return (
            abs(self.x - other.x) * 2 < self.width + other.width
            and abs(self.y - other.y) * 2 < self.height + other.height
        )


class _Scale(msgspec.Struct, frozen=True):
    """From the map's 0..1 to the drawing's units, the same in both directions."""

    left: float
    top: float
    factor: float
    height: int

    def place(self, x: float, y: float) -> tuple[float, float]:
        return round(MARGIN + (x - self.left) * self.factor, 1), round(MARGIN + (y - self.top) * self.factor, 1)


def _fit(points: Sequence[MapPoint]) -> _Scale:
    """The points fill the drawing's width, or its height where that would be more than `MOST_HEIGHT`."""
    xs, ys = [point.x for point in points] or [0.0], [point.y for point in points] or [0.0]
    across, down = max(xs) - min(xs), max(ys) - min(ys)
    room = MOST_HEIGHT - 2 * MARGIN
    factor = min((WIDTH - 2 * MARGIN) / across if across else room, room / down if down else room)
    height = max(LEAST_HEIGHT, round(down * factor) + 2 * MARGIN)
    spare_x, spare_y = WIDTH - 2 * MARGIN - across * factor, height - 2 * MARGIN - down * factor
    return _Scale(min(xs) - spare_x / 2 / factor, min(ys) - spare_y / 2 / factor, factor, height)


def _place(point: MapPoint, scale: _Scale) -> DrawnPaper:
    return DrawnPaper(point.arxiv_id, point.title, *scale.place(point.x, point.y), point.is_listed)
