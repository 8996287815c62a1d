"""Pictures as notebooks show them: one palette that the colour-blind can read, and words for those who see none.

A colour never speaks alone: markers, line styles or labels say the same. matplotlib is imported when one is drawn.
"""

import base64
import io
from html import escape
from pathlib import Path
from typing import Any

from triage.errors import InputError, tell_install
from triage.evaluation.picture import MARKERS, PALETTE, save_picture

__all__ = ["GREY", "INK", "MARKERS", "PALETTE", "SCALE", "Picture", "open_figure"]

INK = "#222222"
"""Text, and whatever is ours."""
GREY = "#999999"
"""What stands behind."""
SCALE = "cividis"
"""The colour map of quantities."""
_DOTS = 150  # per inch, shown at two thirds: sharp on screens of today
_SHOWN = 96


class Picture:
    """A figure of matplotlib and the same in words (`alt`): what is on the axes, and what is to be seen.

    Show it as the last expression of a cell.
    """

    def __init__(self, figure: Any, alt: str) -> None:
        self.figure = figure
        self.alt = alt

    def save(self, path: Path) -> None:
        """As a PNG or SVG, by suffix; the same figure gives the same bytes; raises `InputError`."""
        save_picture(self.figure, path)

    def to_png(self) -> bytes:
        """150 dots per inch."""
        image = io.BytesIO()
        self.figure.savefig(image, format="png", dpi=_DOTS, metadata={"Software": None})
        return image.getvalue()

    def _repr_html_(self) -> str:
        """For Jupyter: an image that says in words what it shows, as neither Jupyter nor nbconvert would write it."""
        width = round(float(self.figure.get_figwidth()) * _SHOWN)
        source = f"data:image/png;base64,{base64.b64encode(self.to_png()).decode()}"
        return f'<img src="{source}" alt="{escape(self.alt)}" width="{width}" style="max-width: 100%; height: auto">'

    def __repr__(self) -> str:
        return self.alt


def open_figure(rows: int = 1, columns: int = 1, *, width: float = 7.5, height: float = 4.5, **wishes: Any) -> Any:
    """A figure and its axes as a `(rows, columns)` array, sizes in inches; `wishes` go to `Figure.subplots`.

    Light grid, no frame at the top and on the right. Raises `InputError` where matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise InputError(f"The notebooks draw with matplotlib: {tell_install('notebooks')}.") from error

    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, **wishes)
    for axes in panels.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, alpha=0.3)
        axes.set_axisbelow(True)
    return figure, panels
