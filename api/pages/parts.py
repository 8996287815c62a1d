"""The parts of a score as a small chart: bars to the right speak for the paper, bars to the left against it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from triage.core.prior import INTERCEPT

_NAMES: Final = {
    "title_cues": "words in the title",
    "abstract_cues": "words in the abstract",
    "title_near": "word pairs in the title",
    "abstract_near": "word pairs in the abstract",
    "meaning": "likeness in meaning",
    "taste": "votes",
    "judge": "weighing in the judge",
}
_START: Final = "start of every paper"
_SMALLEST_SCALE: Final = 1.0


class PartBar(msgspec.Struct, frozen=True):
    """One part: its share in the log odds, and where its bar stands in a chart 200 wide with 0 at 100."""

    name: str
    share: float
    x: float
    width: float

    @property
    def text(self) -> str:
        """The share as it is printed."""
        return write_share(self.share)


def write_share(share: float) -> str:
    """With its sign, a true minus."""
    return f"{share:+.1f}".replace("-", "\u2212")


def draw_parts(parts: Mapping[str, float]) -> Sequence[PartBar]:
    """The intercept first, then the parts that are not 0, the largest first; empty without parts."""
    if not parts:
        return ()
    shares = {_NAMES.get(name, name.replace("_", " ")): share for name, share in parts.items() if round(share, 1)}
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    scale = 100 / max(_SMALLEST_SCALE, *(abs(share) for share in (INTERCEPT, *shares.values())))
    return [_draw(name, share, scale) for name, share in ((_START, INTERCEPT), *ordered)]


def _draw(name: str, share: float, scale: float) -> PartBar:
    width = round(abs(share) * scale, 1)
    return PartBar(name, share, 100.0 if share >= 0 else round(100 - width, 1), width)
