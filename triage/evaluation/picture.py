"""What all pictures share: colours, markers, lines, and files that come out the same each time."""

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from triage.errors import InputError, tell_install

# Okabe and Ito (2008): eight colours that colour-blind readers tell apart; black is ours.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")
MARKERS = ("s", "^", "D", "v", "P", "X", "<", ">")
"""Beside the colours, for print without them."""
LINES: Final[tuple[Any, ...]] = ("--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (6, 2, 1, 2)))
"""The same for lines; the whole line is ours."""
_SUFFIXES = frozenset({".png", ".svg"})


def cycle_styles() -> Iterator[tuple[str, str, Any]]:
    """Colour, marker and line of one after the other, without end; the first seven share none of them."""
    return zip(cycle(PALETTE), cycle(MARKERS), cycle(LINES), strict=False)


def check_picture(path: Path) -> None:
    """Raise `InputError` where no picture can be drawn: to be asked before an hour of measuring, too."""
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{path}: a picture is a .png or an .svg file.")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: cannot be written: there is no folder {path.parent}.")
    if find_spec("matplotlib") is None:
        raise InputError(f"Drawing pictures needs matplotlib: {tell_install('eval')}.")


def save_picture(figure: Any, path: Path) -> None:
    """Without a date or a version in it, so that the same figure gives the same bytes; raises `InputError`."""
    metadata = {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
    try:
        figure.savefig(path, dpi=150, metadata=metadata)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}.") from error
