import numpy as np
import pytest

from triage.adapters.hashing import HashingEmbedder
from triage.core.taste import MIN_OTHERS, MIN_RELEVANT, Examples, fit_taste, has_seen_enough

LIKED = [
    (f"Catalogue tokens {i}", "Semantic tokens name the items of a catalogue and a decoder writes them.")
    for i in range(8)
]
OTHERS = [(f"Topic {i}", f"Bridges, rivers and weather of region {i}, measured by sensors.") for i in range(40)]
NEW = [("Tokens for a catalogue", "A decoder writes semantic tokens of items."), ("Rivers", "Sensors measure rivers.")]


def _examples(texts: list[tuple[str, str]]) -> Examples:
    return Examples(texts, HashingEmbedder().embed([f"{title}\n{abstract}" for title, abstract in texts]))


EMPTY = Examples([], np.zeros((0, 64), np.float32))


def test_taste_lifts_what_is_like_the_votes() -> None:
    """A paper like the relevant ones gains, a paper like the background does not."""
    taste = fit_taste(_examples(LIKED), EMPTY, _examples(OTHERS))

    like, unlike = taste.measure(_examples(NEW))

    assert like > 0.1
    assert like > unlike + 0.1


def test_taste_is_silent_until_it_has_seen_enough() -> None:
    """Four relevant votes, or nineteen papers to tell them from, are too few."""
    assert has_seen_enough(MIN_RELEVANT, MIN_OTHERS)
    assert not has_seen_enough(MIN_RELEVANT - 1, MIN_OTHERS)
    assert not has_seen_enough(MIN_RELEVANT, MIN_OTHERS - 1)


def test_fitting_twice_gives_the_same_share() -> None:
    """The same votes give the same scores, to the last bit."""
    first, second = (fit_taste(_examples(LIKED), EMPTY, _examples(OTHERS)).measure(_examples(NEW)) for _ in range(2))

    assert first.tolist() == second.tolist()


def test_explicit_no_weighs_more_than_background() -> None:
    """A paper voted irrelevant is pushed further down than by standing in the background."""
    rejected, rest = _examples(OTHERS[:5]), _examples(OTHERS[5:])
    candidate = _examples([("Topic 2", "Bridges, rivers and weather of region 2, measured by sensors.")])

    with_vote = fit_taste(_examples(LIKED), rejected, rest).measure(candidate)[0]
    without = fit_taste(_examples(LIKED), EMPTY, _examples(OTHERS)).measure(candidate)[0]

    assert with_vote < without


def test_more_votes_give_taste_a_louder_voice() -> None:
    """The share in the logit grows with the number of votes."""
    few = fit_taste(_examples(LIKED[:5]), EMPTY, _examples(OTHERS)).measure(_examples(NEW))[0]
    many = fit_taste(_examples(LIKED * 5), EMPTY, _examples(OTHERS)).measure(_examples(NEW))[0]

    assert many > few


def test_papers_that_share_no_word_are_told_apart_by_meaning() -> None:
    """Titles alone may have no word in common; the embedding still speaks."""
    liked, others = [(f"liked{i}", "") for i in range(5)], [(f"other{i}", "") for i in range(20)]
    side = np.eye(2, dtype=np.float32)

    taste = fit_taste(Examples(liked, side[[0] * 5]), Examples([], side[:0]), Examples(others, side[[1] * 20]))

    like, unlike = taste.measure(Examples([("new", ""), ("newer", "")], side))
    assert like > unlike


def test_no_papers_have_no_shares() -> None:
    """Measuring nothing gives an empty array."""
    taste = fit_taste(_examples(LIKED), EMPTY, _examples(OTHERS))

    assert taste.measure(EMPTY).shape == (0,)


@pytest.mark.parametrize("votes", [5, 8])
def test_zero_lies_between_background_and_relevant_votes(votes: int) -> None:
    """The background loses and the relevant papers gain, however many votes there are: 35 % against 65 %."""
    background, liked = _examples(OTHERS), _examples(LIKED[:votes])

    taste = fit_taste(liked, EMPTY, background)

    assert taste.measure(background).mean() * -65 == pytest.approx(taste.measure(liked).mean() * 35)
