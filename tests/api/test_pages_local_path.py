"""Redirects stay on this host."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.pages.local_path import choose_next, is_local_path

_HOME = "https://triage.example"
_STRIPPED = str.maketrans("", "", "\t\r\n")  # what browsers drop, as urllib does
_TRICKY = st.text(alphabet="/\\.:@?#%\t\r\n\x00 ae\u2028\u00e9", max_size=12)


@given(_TRICKY | st.text(max_size=20))
@settings(max_examples=300, deadline=None)
@example("/\t/evil.example")
@example("/\\evil.example")
def test_a_local_path_never_leaves_the_host(path: str) -> None:
    """A path taken for local resolves to our own host, as a browser would read it."""
    if not is_local_path(path):
        return
    seen = urlsplit(urljoin(_HOME, path.translate(_STRIPPED).replace("\\", "/")))
    assert (seen.scheme, seen.netloc) == ("https", "triage.example")


@given(st.lists(st.text(alphabet="abz019-._~%", min_size=1, max_size=8), max_size=4), st.booleans())
@settings(max_examples=100, deadline=None)
def test_ordinary_paths_are_local(parts: list[str], has_query: bool) -> None:
    """Paths of ours, with or without a query, are taken."""
    path = "/" + "/".join(parts) + ("?q=a&b=/c" if has_query else "")
    assert is_local_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tags",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=y",
        "/a\x00",
        "/a\x7f",
        " /a",
        "/" + "a" * 2_000,
    ],
)
def test_everything_else_ends_at_the_first_page(path: str) -> None:
    """Other hosts, schemes, control characters and what is too long are refused."""
    assert not is_local_path(path)
    assert choose_next(path) == "/"


def test_a_local_path_is_kept() -> None:
    """Whoever was sent to sign in comes back to the page asked for."""
    assert choose_next("/papers/2604.02684?topic=x") == "/papers/2604.02684?topic=x"
    assert choose_next(None) == "/"
