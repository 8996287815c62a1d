import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.cues import count_near, count_phrases, find_near, find_phrase, normalise_words
from triage.core.rubric import NearCue

WORDS = st.lists(st.sampled_from(["agent", "agents", "benchmark", "a", "of", "evaluating"]), max_size=30)


@pytest.mark.parametrize(
    ("text", "phrase", "count"),
    [
        ("Semantic-ID and semantic IDs", "semantic id*", 2),
        ("Semantic Idea", "semantic id", 0),
        ("SWE-bench, AgentBench and benches", "*bench", 2),
        ("an agentic agent", "agent*", 2),
        ("Rank, then recommend", "generative recommend*", 0),
        ("generative   recommenders\nand Generative-Recommendation", "generative recommend*", 2),
    ],
)
def test_phrase_is_counted(text: str, phrase: str, count: int) -> None:
    """A phrase matches whole words, hyphens are blanks, and a star stands for the rest of a word."""
    assert count_phrases(normalise_words(text), (phrase,)) == [count]


@given(st.text(st.sampled_from("aAé_ -1\u00a0\x1cß東\u212a"), max_size=30))
@settings(max_examples=100, deadline=None)
def test_words_are_runs_of_letters_and_digits(text: str) -> None:
    """The short way for plain ASCII gives what the definition gives."""
    words = re.findall(r"[^\W_]+", text.lower())
    assert normalise_words(text) == f" {' '.join(words)} "


@given(WORDS)
@settings(max_examples=100, deadline=None)
def test_phrases_are_counted_as_a_plain_pattern_does(words: list[str]) -> None:
    """Phrases with whole words, with stars and with both; a word that ends one may begin the next."""
    text = normalise_words(" ".join(words))
    wanted = {
        "agent": r"agent",
        "agent*": r"agent[^ ]*",
        "evaluating agent*": r"evaluating agent[^ ]*",
        "a of": r"a of",
    }
    wanted["*ts benchmark"] = r"[^ ]*ts benchmark"
    expected = [len(re.findall(f"(?<= ){pattern}(?= )", text)) for pattern in wanted.values()]
    assert count_phrases(text, tuple(wanted)) == expected


def test_found_phrase_is_the_papers_own_words() -> None:
    """What is told to readers is what the paper says, not the pattern."""
    assert find_phrase(normalise_words("On Semantic IDs"), "semantic id*") == "semantic ids"
    assert find_phrase(normalise_words("On ships"), "semantic id*") is None


@given(WORDS, st.integers(1, 20))
@settings(max_examples=150, deadline=None)
def test_near_counts_as_a_plain_double_loop_does(words: list[str], within: int) -> None:
    """Each left word counts once if a right word, itself not counted, stands within the window."""
    cue = NearCue(("agent*",), ("benchmark", "evaluat*"), within)
    left = [i for i, word in enumerate(words) if word.startswith("agent")]
    right = [i for i, word in enumerate(words) if word == "benchmark" or word.startswith("evaluat")]
    expected = sum(any(0 < abs(i - j) <= within for j in right) for i in left)

    assert count_near(normalise_words(" ".join(words)), cue) == expected


def test_near_pair_is_told_in_the_papers_own_words() -> None:
    """The closest pair, in the order it stands, and nothing when none is near enough."""
    cue = NearCue(("agent*",), ("benchmark*", "evaluat*"), 3)

    assert find_near(normalise_words("Benchmarks for evaluating web agents"), cue) == ("evaluating", "agents")
    assert find_near(normalise_words("Benchmarks of many kinds and no agents"), cue) is None


def test_a_word_is_no_neighbour_of_itself() -> None:
    """A word on both sides of a near cue needs a second word beside it."""
    cue = NearCue(("agent",), ("agent", "bench"), 5)

    assert count_near(normalise_words("agent"), cue) == 0
    assert count_near(normalise_words("agent agent"), cue) == 2


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_normalising_twice_changes_nothing(text: str) -> None:
    """Normalised words are a fixed point."""
    once = normalise_words(text)

    assert normalise_words(once) == once
