"""Whether a mail can be read in light and in dark."""

import re
from importlib.resources import files
from itertools import product


def test_colours_have_contrast_in_light_and_dark() -> None:
    """Every text colour reaches WCAG AA (4.5 to 1) on both grounds it may stand on, edges of buttons 3 to 1."""
    sheets = ((files("triage") / f"templates/digest/{name}.css").read_text() for name in ("mail", "screen"))
    light, dark = "\n".join(sheets).split("@media (prefers-color-scheme: dark)")
    for sheet in (light, dark):
        grounds = [find_colour(sheet, name, "background") for name in (r"\.mail", r"\.box", r"\.notice")]
        texts = [find_colour(sheet, name, "color") for name in (r"\.mail", r"\ba", r"\.soft", r"\.good", r"\.bad")]
        for text, ground in product(texts, grounds):
            assert contrast(text, ground) >= 4.5, (text, ground)
        assert contrast(find_colour(sheet, r"\.vote", r"border(?:-color)?"), grounds[0]) >= 3


def find_colour(sheet: str, selector: str, name: str) -> str:
    """The last colour that a rule for the selector gives."""
    rules = re.findall(rf"(?:^|[\s,]){selector}(?:,[^{{]*)? \{{([^}}]*)\}}", sheet)
    return next(
        found[1] for rule in rules if (found := re.search(rf"(?:^|[\s;]){name}: [^;]*?#(\w{{6}})", rule)) is not None
    )


def contrast(first: str, second: str) -> float:
    """WCAG 2.2's ratio of two colours."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
