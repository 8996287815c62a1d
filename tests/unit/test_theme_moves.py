import random

from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.theme_moves import MOST_THEMES, Move, Text, find_moves

TOPIC = "Generative recommendation"
REST = [Text(f"Paper {number} on proteins", "We fold proteins in water and look at them.") for number in range(200)]
OTHERS = [Text(f"Ordering goods {number}", "Goods are ordered by price, and people buy them.") for number in range(20)]


def say(*phrases: str, title: str = "A title") -> Text:
    return Text(title, " ".join(f"We study {phrase}." for phrase in phrases))


def move(listed: list[Text], before: list[Text] | None = None, others: list[Text] = OTHERS) -> tuple[Move, ...]:
    return find_moves(listed, others, before or [], REST, TOPIC)


def test_a_theme_counts_who_says_it() -> None:
    """Papers of this week and the last, singular, plural and hyphenated, under the form that most abstracts use."""
    listed = [
        say("semantic IDs", title="Semantic IDs for all"),
        say("nothing"),
        say("semantic IDs"),
        say("semantic-ID spaces"),
    ]
    before = [say("a semantic ID"), say("proteins")]
    assert move(listed, before, [*OTHERS, say("Semantic IDs")]) == (Move("semantic IDs", 4, 1, (0, 2, 3)),)


def test_abbreviations_count_for_what_they_stand_for() -> None:
    """A paper that says RAG says what it stands for, once a listed one spells it out."""
    listed = [
        Text("Retrieval-augmented generation", "Retrieval-augmented generation (RAG) finds passages first."),
        Text("Passages", "We look at RAG."),
        Text("More passages", "RAG is slow."),
    ]
    assert [(one.label, one.places) for one in move(listed)] == [("Retrieval-augmented generation", (0, 1, 2))]


def test_what_is_no_theme() -> None:
    """The topic's own words, turns of phrase that no title has, what fewer than three say, and what nearly all say."""
    listed = [say("generative recommendation", "weary walruses", title="Generative recommendation") for _ in range(4)]
    assert move(listed) == ()
    assert move([say("beam search", title="Beam search") for _ in range(2)]) == ()
    assert move([say("beam search", title="Beam search") for _ in range(3)])[0].label == "beam search"
    assert move([say("beam search", title="Beam search") for _ in range(40)]) == ()


def test_what_the_whole_week_says_is_no_theme() -> None:
    """A phrase must be more frequent among the candidates than elsewhere."""
    listed = [say("beam search", title="Beam search") for _ in range(3)]
    rest = [say("beam search") for _ in range(200)]
    assert find_moves(listed, OTHERS, [], rest, TOPIC) == ()


def test_themes_are_told_apart() -> None:
    """At most five, without a word in common, those with the most listed papers first and then those that grew."""
    names = [f"{first} {second}" for first in ("apple", "pear", "plum") for second in ("tree", "cake", "wine", "jam")]
    listed = [say(*names[number % 4 :: 4], title=f"On {names[number]}") for number in range(12)]
    found = move(listed, [say("apple tree")])
    words = [word for one in found for word in one.label.split()]
    assert len(words) == len(set(words))
    assert 1 < len(found) <= MOST_THEMES
    assert list(found) == sorted(found, key=lambda one: (-len(one.places), one.before - one.papers, one.label))


def test_order_of_the_others_does_not_matter() -> None:
    """The same papers make the same themes."""
    listed = [say("latent reasoning", "beam search", title=f"Latent reasoning {number}") for number in range(3)]
    others = [*OTHERS, *(say(f"beam search of kind {number}", title="Beam search") for number in range(5))]
    mixed = random.Random(0).sample(others, len(others))
    assert move(listed, [], others) == move(listed, [], mixed) != ()


PIECES = st.sampled_from(
    ["semantic IDs", "semantic-ID", "Latent reasoning", "e-commerce", "$x^2$", "the", "of", "RAG", "beam", "\\textbf{",
     "(SID)", "日本", ".", "harness", "harnesses", "policies", "walks", "\u202e", "’s"]  # noqa: RUF001 -- as typed
)  # fmt: skip
TEXTS = st.lists(
    st.builds(Text, st.lists(PIECES, max_size=6).map(" ".join), st.lists(PIECES, max_size=20).map(" ".join)), max_size=6
)


@settings(max_examples=30)
@given(TEXTS, TEXTS, TEXTS)
def test_any_texts(listed: list[Text], others: list[Text], before: list[Text]) -> None:
    """Whatever texts hold: counts are possible, labels are said by the papers behind them, and nothing raises."""
    for one in find_moves(listed, others, before, REST[:20], TOPIC):
        assert 1 <= len(one.places) <= one.papers <= len(listed) + len(others)
        assert one.before <= len(before)
        assert all(any(map(str.isalpha, word)) for word in one.label.split())
