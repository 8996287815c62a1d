"""Pictures, as a notebook shows them."""

import base64
import re
import sys
from pathlib import Path

import pytest

from triage.errors import InputError
from triage.study.pictures import Picture, open_figure


@pytest.fixture
def picture() -> Picture:
    """A line, and words that need escaping."""
    figure, panels = open_figure(1, 2, sharey=True)
    panels[0, 1].plot([0, 1], [1, 0])
    return Picture(figure, 'A "line" that falls')


def test_a_picture_says_in_words_what_it_shows(picture: Picture) -> None:
    """The words stand beside the image on a page, escaped, and alone where there are no images."""
    page = picture._repr_html_()
    assert 'alt="A &quot;line&quot; that falls"' in page
    assert repr(picture) == 'A "line" that falls'
    image = re.search(r"data:image/png;base64,([^\"]+)", page)
    assert image is not None
    assert base64.b64decode(image[1]) == picture.to_png()


def test_the_same_picture_gives_the_same_bytes(picture: Picture, tmp_path: Path) -> None:
    """No date and no version is in it, shown or saved."""
    assert picture.to_png() == picture.to_png()
    assert picture.to_png().startswith(b"\x89PNG")
    for name in ("one.png", "two.png"):
        picture.save(tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_what_is_missing_for_pictures_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without matplotlib, the extra to install is told."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match=r"\.\[notebooks\]"):
        open_figure()
