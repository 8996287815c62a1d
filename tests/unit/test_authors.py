import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.authors import split_authors


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        ("Ada Example", ("Ada Example",)),
        ("A. One, B. Two and C. Three", ("A. One", "B. Two", "C. Three")),
        ("A. One, B. Two, and C. Three", ("A. One", "B. Two", "C. Three")),
        ("A. One (MIT, Cambridge), B. Two (CERN)", ("A. One", "B. Two")),
        ("A. One (1), B. Two (1 and 2) ((1) MIT, (2) CERN, Geneva)", ("A. One", "B. Two")),
        ("C. Bal\\'azs,\n  Alexander Sandoz", ("C. Bal\\'azs", "Alexander Sandoz")),
    ],
)
def test_names_are_split_from_each_other_and_from_affiliations(text: str, names: tuple[str, ...]) -> None:
    """As arXiv's author lines write them; an affiliation of two levels leaves no name behind."""
    assert split_authors(text) == names


@given(st.text())
def test_any_text_gives_clean_names(text: str) -> None:
    """None is empty and none holds the comma that parts them."""
    assert all(name and "," not in name for name in split_authors(text))
