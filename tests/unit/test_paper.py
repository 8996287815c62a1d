import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.paper import ArxivId, clean_text, hash_content, parse_arxiv_id

_YEARS_AND_MONTHS = st.builds(lambda year, month: (year, month), st.integers(0, 99), st.integers(1, 12))
_ARCHIVES = st.sampled_from(["cs", "math", "hep-th", "cond-mat", "astro-ph", "q-bio", "cmp-lg", "physics"])
_VERSIONS = st.none() | st.integers(1, 120)


@st.composite
def new_ids(draw: st.DrawFn) -> str:
    """`YYMM.NNNN` until 1412, `YYMM.NNNNN` after."""
    yymm = "{:02}{:02}".format(*draw(_YEARS_AND_MONTHS.filter(lambda pair: pair >= (7, 4))))
    digits = 5 if yymm >= "1501" else 4
    return f"{yymm}.{draw(st.integers(1, 10**digits - 1)):0{digits}}"


@st.composite
def old_ids(draw: st.DrawFn) -> str:
    """`archive/YYMMNNN`."""
    year, month = draw(_YEARS_AND_MONTHS)
    return f"{draw(_ARCHIVES)}/{year:02}{month:02}{draw(st.integers(1, 999)):03}"


@given(new_ids() | old_ids(), _VERSIONS)
def test_printing_and_parsing_again_is_identity(arxiv_id: str, version: int | None) -> None:
    """Every canonical id, old or new, with or without version, survives parse, print, parse."""
    parsed = parse_arxiv_id(str(ArxivId(arxiv_id, version)))
    assert parsed == ArxivId(arxiv_id, version)
    assert parse_arxiv_id(str(parsed)) == parsed


@given(
    new_ids() | old_ids(),
    _VERSIONS,
    st.sampled_from(["", "arXiv:", "ARXIV:", "oai:arXiv.org:", "https://arxiv.org/abs/"]),
)
def test_accepted_spellings_mean_the_same_paper(arxiv_id: str, version: int | None, prefix: str) -> None:
    """Prefixes, links, blanks around and letter case do not matter."""
    suffix = "" if version is None else f"v{version}"
    assert parse_arxiv_id(f" {prefix}{arxiv_id}{suffix}\n") == ArxivId(arxiv_id, version)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("math.GT/0309136", ArxivId("math/0309136")),
        ("cond-mat.stat-mech/0309136v2", ArxivId("cond-mat/0309136", 2)),
        ("CS/9907004", ArxivId("cs/9907004")),
        ("http://arxiv.org/abs/2604.02684v10", ArxivId("2604.02684", 10)),
        ("https://export.arxiv.org/pdf/2604.02684v1.pdf", ArxivId("2604.02684", 1)),
        ("0704.0001", ArxivId("0704.0001")),
        ("1412.9999", ArxivId("1412.9999")),
        ("1501.00001", ArxivId("1501.00001")),
    ],
)
def test_known_spellings(text: str, expected: ArxivId) -> None:
    """Subject classes are dropped, links are read, both lengths of number are known."""
    assert parse_arxiv_id(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2604.2684",  # a number lost its zero
        "1501.0031099999999",  # a number was kept as a float
        "1412.00001",
        "2613.00001",
        "0703.0001",
        "0101.0001",
        "2604.02684v0",
        "2604.02684v",
        "2604.02684 2604.02685",
        "\uff12604.02684",  # a full-width digit
        "abcdefghijkl/0309136",
        "cs/03091365",
        "cs/0013136",
        "10.1145/3366423.3380130",
    ],
)
def test_what_is_no_id_is_refused_with_the_text(text: str) -> None:
    """Near misses raise `ValueError` that repeats what was given."""
    with pytest.raises(ValueError, match="is no arXiv id") as caught:
        parse_arxiv_id(text)
    assert repr(text) in str(caught.value)


@given(st.text())
def test_any_text_is_an_id_or_a_value_error(text: str) -> None:
    """No text makes the parser fail in another way, and what it accepts it also prints canonically."""
    try:
        parsed = parse_arxiv_id(text)
    except ValueError:
        return
    assert parse_arxiv_id(parsed.id).id == parsed.id


@given(st.text(st.characters(exclude_categories=[])))
def test_cleaned_text_is_storable_and_cleaning_is_idempotent(text: str) -> None:
    """Cleaned text encodes to UTF-8, has no NUL, no double blanks, and is left alone by a second cleaning."""
    cleaned = clean_text(text)
    cleaned.encode()
    assert "\0" not in cleaned
    assert cleaned == " ".join(cleaned.split())
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\tc", "a b c"),
        ("one\rtwo\x0bthree\x85four\u2028five", "one two three four five"),
        ("zero\u200bwidth", "zerowidth"),
        ("\u202eright\u202c \u2066to left\u2069", "right to left"),
        ("tag\U000e0041\U000e0042s", "tags"),
        ("nul\0 \ud800surrogate", "nul surrogate"),
        ("e\u0301", "\u00e9"),
        ("$\\alpha$ <script>", "$\\alpha$ <script>"),
    ],
)
def test_cleaning_keeps_words_apart_and_drops_what_is_invisible(text: str, expected: str) -> None:
    """White space of every kind becomes one blank; invisible characters go; LaTeX and markup stay."""
    assert clean_text(text) == expected


def test_the_hash_depends_on_title_and_abstract_and_on_where_one_ends() -> None:
    """Equal texts have equal hashes; moving words from title to abstract changes it."""
    assert hash_content("a b", "c") == hash_content("a b", "c")
    assert len({hash_content("a b", "c"), hash_content("a", "b c"), hash_content("a b", "d")}) == 3
