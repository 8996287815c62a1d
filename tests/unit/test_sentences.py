"""Abstracts cut into sentences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.sentences import split_sentences

WORDS = "We show it. e.g. et al. GPT-4.1 3.5% vs. (1) Why? $x. Y$ \\ours U.S. so.We Now"
PIECES = st.sampled_from(WORDS.split(" "))


@pytest.mark.parametrize(
    "sentences",
    [
        ["We test GPT-4.1 and Qwen2.5 on 3.5 million items.", "Recall rises by 2.1%."],
        ["Agents, e.g. ToolBot, fail (cf. Fig. 2) vs. people.", "We ask why."],
        ["As Doe et al. (2020) and Roe et al. show, it works.", "However, it is slow."],
        ["Models drift, etc.", "The cost grows."],
        ["We follow Doe et al.", "We extend it."],
        ["It has three parts: (1) a planner; (2) a judge; and (3) a store.", "It runs fast."],
        ["Does it help?", "It does!", "We say how."],
        ["The steps are 1. plan and 2. act.", "Both are short."],
        ["The page is at https://example.org/a.b.", "It is open."],
        ["It gains 5 pp.", "A second study agrees."],
        ["Scores fall.", "iRec and \u03c4-test remain.", "\\textbf{Ours} wins.", "$k$ is small."],
        ["The U.S. market is large.", "Prof. Doe and J. Smith agree."],
        ["We call it \u201cthe gap.\u201d", "It shrinks (see below).)", "Done."],
    ],
)
def test_splits_where_sentences_end(sentences: list[str]) -> None:
    """Stops after abbreviations, initials, enumerators and inside numbers end no sentence; the others do."""
    assert split_sentences(" ".join(sentences)) == sentences


def test_splits_where_the_space_is_missing() -> None:
    """A stop glued to an opening word ends the sentence, one inside a name does not."""
    assert split_sentences("It has one strategy.Evaluated once, it wins.") == [
        "It has one strategy.",
        "Evaluated once, it wins.",
    ]
    assert split_sentences("It is slow.We use Node.js instead.") == ["It is slow.", "We use Node.js instead."]


def test_keeps_formulas_whole() -> None:
    """A full stop inside a formula ends nothing."""
    assert split_sentences("For $x = 0. Y$ we stop. Then we go.") == ["For $x = 0. Y$ we stop.", "Then we go."]


def test_empty_text_has_no_sentence() -> None:
    """Nothing comes out of nothing."""
    assert split_sentences(" \n ") == []


@given(st.lists(PIECES, max_size=30).map(" ".join) | st.text(max_size=120))
@settings(max_examples=200, deadline=None)
def test_loses_nothing_but_white_space(text: str) -> None:
    """The sentences, joined, are the text."""
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())
