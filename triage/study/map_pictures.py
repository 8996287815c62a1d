"""Pictures of a week's map: the whole with its themes, and one theme near by."""

from collections.abc import Sequence
from itertools import cycle
from textwrap import fill
from typing import Any

import numpy as np

from triage.core.latex import read_latex
from triage.reading.week_map import MapPoint
from triage.study.pictures import GREY, INK, MARKERS, PALETTE, SCALE, Picture, open_figure
from triage.study.tables import shorten
from triage.study.week_themes import MappedList, MappedWeek

_FEW = 300  # papers: up to which their numbers can be large
_LARGE, _SMALL = 34, 16
_THEMES = (PALETTE[0], PALETTE[2], PALETTE[3], PALETTE[4], PALETTE[5])
_LISTS = ("black", PALETTE[1], PALETTE[0], PALETTE[2])
_BADGE = {"boxstyle": "circle", "facecolor": "white", "edgecolor": INK, "alpha": 0.9}
_BADGE_TEXT: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 10, "fontweight": "bold", "zorder": 3}
_LIGHT = 0.45  # score from which the colour is light enough for black letters
_LINE = 26  # characters
_TITLE = 48
_NAMED = 8
_KEPT = 70  # per cent that lie inside the cut: themes have stragglers
_MARGIN = 0.03  # of the map


def draw_map(mapped: MappedWeek) -> Picture:
    """Every paper as the number of its theme, the listed ones of each topic as open marks of one shape and colour."""
    points, themes = mapped.week_map.points, mapped.week_map.themes
    figure, panels = open_figure(1, 2, width=10, height=7.2, width_ratios=(3, 1))
    axes = panels[0, 0]
    size = _LARGE if len(points) <= _FEW else _SMALL
    for number, colour in zip(range(1, len(themes) + 1), cycle(_THEMES), strict=False):
        inside = [point for point in points if point.theme == number - 1]
        axes.scatter(*_place(inside), marker=f"${number}$", color=colour, s=size, linewidth=0.2, alpha=0.75)
    styles = zip(mapped.lists, cycle(_LISTS), cycle(MARKERS), strict=False)
    handles = [_mark_list(axes, points, each, color=colour, marker=marker) for each, colour, marker in styles]
    for number, theme in enumerate(themes, 1):
        axes.annotate(str(number), (theme.x, theme.y), color=INK, bbox=_BADGE, **_BADGE_TEXT)
    _strip(axes)
    axes.set_title(f"{mapped.week_map.week}: {len(points):,} papers, alike ones together")
    names = [f"{mapped.name_theme(number)} ({mapped.sizes[number - 1]:,})" for number in range(1, len(themes) + 1)]
    _write_names(panels[0, 1], names)
    figure.legend(handles=handles, loc="outside lower center", ncols=max(1, len(handles)), frameon=False)
    listed = ", ".join(f"{len(each.places)} of {each.topic.title}" for each in mapped.lists)
    return Picture(
        figure,
        f"Map of the {len(points):,} papers of {mapped.week_map.week} with the places of each list: {listed}. "
        f"Themes and their papers: {'; '.join(names)}.",
    )


def draw_theme(mapped: MappedWeek, number: int) -> Picture:
    """One theme near by: its papers coloured by score for the first topic, those on its list with their places."""
    first, inside = mapped.lists[0], mapped.select_theme(number)
    figure, panels = open_figure(width=8, height=7)
    axes = panels[0, 0]
    around = [point for point in mapped.week_map.points if point.theme != number - 1]
    axes.scatter(*_place(around), marker=".", s=14, color=GREY, alpha=0.4, label="other themes")
    unlisted = [point for point in inside if point.arxiv_id not in first.places]
    listed = [point for point in inside if point.arxiv_id in first.places]
    scale: dict[str, Any] = {"cmap": SCALE, "vmin": 0, "vmax": 1, "edgecolor": INK, "linewidth": 0.6}
    drawn = axes.scatter(*_place(unlisted), c=_score(unlisted), marker="o", s=34, label="not listed", **scale)
    listed.sort(key=lambda point: first.places[point.arxiv_id].rank)
    for order, point in enumerate(reversed(listed), 3):  # the best place on top
        label = f"listed: {first.topic.title}" if point is listed[0] else None
        axes.scatter(*_place([point]), c=_score([point]), marker="s", s=120, label=label, zorder=order, **scale)
        ink = "black" if (point.score or 0.0) > _LIGHT else "white"
        place = str(first.places[point.arxiv_id].rank)
        axes.annotate(place, (point.x, point.y), ha="center", va="center", fontsize=7, color=ink, zorder=order)
    figure.colorbar(drawn, ax=axes, label=f"score for {first.topic.title} (probability, 0 to 1)", shrink=0.8)
    _strip(axes)
    outside = _zoom(axes, inside)
    told = f"{len(inside):,} papers" + (f", {outside:,} of them outside this cut" if outside else "")
    axes.set_title(f"Theme {mapped.name_theme(number)}\n{told}", fontsize=11)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    best = [f"{first.places[each.arxiv_id].rank} {shorten(read_latex(each.title), _TITLE)}" for each in listed[:_NAMED]]
    return Picture(
        figure,
        f"The {len(inside):,} papers of theme {mapped.name_theme(number)} near by, coloured by score for "
        f"{first.topic.title}; {len(listed)} are on its list: {'; '.join(best) or 'none'}.",
    )


def _mark_list(axes: Any, points: Sequence[MapPoint], listed: MappedList, *, color: str, marker: str) -> Any:
    inside = [point for point in points if point.arxiv_id in listed.places]
    size, line = (95, 2.0) if len(points) <= _FEW else (50, 1.4)
    style = {"s": size, "facecolor": "none", "edgecolor": color, "linewidth": line, "zorder": 4}
    label = f"listed: {listed.topic.title} ({len(inside)})"
    return axes.scatter(*_place(inside), marker=marker, label=label, **style)


def _write_names(axes: Any, names: Sequence[str]) -> None:
    axes.axis("off")
    told = "\n\n".join(fill(name, _LINE, subsequent_indent="   ") for name in names)
    axes.annotate(f"Themes (papers)\n\n{told}", (0, 1), xycoords="axes fraction", va="top", fontsize=8.5)


def _place(points: Sequence[MapPoint]) -> tuple[list[float], list[float]]:
    return [point.x for point in points], [point.y for point in points]


def _score(points: Sequence[MapPoint]) -> list[float]:
    """0 for one that is not scored."""
    return [point.score or 0.0 for point in points]


def _strip(axes: Any) -> None:
    """The map has no unit: what its axes mean is said, and numbers at them would mean nothing."""
    axes.set(
        xticks=[], yticks=[], xlabel="left to right: no unit, only nearness counts", ylabel="bottom to top: no unit"
    )
    axes.set_aspect("equal")


def _zoom(axes: Any, points: Sequence[MapPoint]) -> int:
    """Cut the map to a square around their median that holds most of them, and say how many it does not."""
    places = np.column_stack(_place(points))
    across, up = np.median(places, axis=0)
    half = float(np.percentile(np.abs(places - (across, up)).max(axis=1), _KEPT)) + _MARGIN
    axes.set(xlim=(across - half, across + half), ylim=(up - half, up + half))
    return sum(max(abs(point.x - across), abs(point.y - up)) > half for point in points)
