import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.search_query import LONGEST_QUERY, read_query
from triage.errors import InputError


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("semantic IDs", (("semantic",), ("IDs",))),
        ("LLM-as-a-judge", (("LLM", "as", "a", "judge"),)),
        ('agents "tool calling"', (("agents",), ("tool", "calling"))),
        ("“tool calling”", (("tool", "calling"),)),
        ("Traoré Brückner", (("Traore",), ("Bruckner",))),
        ('title:x AND y* NEAR(z) "', (("title", "x"), ("AND",), ("y",), ("NEAR", "z"))),
        ("a\x00b \u200bc", (("ab",), ("c",))),
        ("推荐 系统", (("推荐",), ("系统",))),
        ("ﬁne-tuning \uff2c\uff2c\uff2d", (("fine", "tuning"), ("LLM",))),
        ("Pass³ Pass$^3$", (("Pass", "3"), ("Pass", "3"))),
        ("τ-bench $\\tau$-bench", (("tau", "bench"), ("tau", "bench"))),
        ("5µm", (("5", "mu", "m"),)),
        ("$k$NN", (("kNN",),)),
        ("Łukasz Splettstösser Weiß", (("Lukasz",), ("Splettstosser",), ("Weiss",))),
        (r"{\L}ukasz G\"odel Fran\c{c}ois", (("Lukasz",), ("Godel",), ("Francois",))),
    ],
)
def test_terms_are_words_and_phrases(text: str, terms: tuple[tuple[str, ...], ...]) -> None:
    """Quotes and hyphens hold words together, diacritics and control characters go, nothing is syntax."""
    assert read_query(text).terms == terms


@pytest.mark.parametrize(
    ("text", "name"),
    [("Wei Zhang", ("Wei", "Zhang")), ("Zhang, Wei", ("Wei", "Zhang")), ("a, b, c", ("a", "b", "c"))],
)
def test_a_family_name_before_a_comma_goes_last(text: str, name: tuple[str, ...]) -> None:
    """As authors are written; with more commas it is no name."""
    assert read_query(text).name == name


@pytest.mark.parametrize(
    ("text", "is_literal", "has_prefix"),
    [
        ("recom", False, True),
        ("semantic re", False, False),
        ('"semantic ids"', True, False),
        ('"semantic" recom', True, True),
        ("recom ???", False, False),
    ],
)
def test_quotes_and_the_last_word_say_how_strict_to_be(text: str, is_literal: bool, has_prefix: bool) -> None:
    """A phrase in quotes is meant literally; a last word of three letters or more may go on."""
    query = read_query(text)
    assert (query.is_literal, query.has_prefix) == (is_literal, has_prefix)


@pytest.mark.parametrize(
    "text", ["2604.02684", "arXiv:2604.02684v2", "https://arxiv.org/abs/2604.02684", "https://arxiv.org/pdf/2604.02684"]
)
def test_an_arxiv_id_is_seen_in_any_spelling(text: str) -> None:
    """Without its version."""
    assert read_query(text).arxiv_id == "2604.02684"


@pytest.mark.parametrize("text", ["", " \n", "\x00", '""', "?!", "_"])
def test_a_query_without_words_is_refused(text: str) -> None:
    """The message says what was expected."""
    with pytest.raises(InputError, match="nothing to search for"):
        read_query(text)


def test_a_query_has_a_greatest_length() -> None:
    """300 characters pass, 301 do not."""
    assert read_query("x" * LONGEST_QUERY).terms
    with pytest.raises(InputError, match="301 characters long"):
        read_query("x" * (LONGEST_QUERY + 1))


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_terms_hold_letters_and_digits_alone(text: str) -> None:
    """Whatever is typed, the database gets words that need no quoting, or nothing."""
    try:
        query = read_query(text)
    except InputError:
        return
    assert query.terms
    assert all(words and all(word.isalnum() for word in words) for words in query.terms)
