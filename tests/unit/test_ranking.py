import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.ranking import Candidate, choose_places, order_candidates


def _candidate(number: int, score: float, *, meaning: float = 0.0, angle: float | None = None) -> Candidate:
    """Different angles give different papers, equal ones near-copies."""
    turn = number if angle is None else angle
    vector = np.zeros(64, np.float32)
    vector[int(turn) % 64] = 1
    return Candidate(number, f"2604.{number:05d}", score, meaning, vector)


SCORES = st.lists(st.sampled_from([0.1, 0.5, 0.5, 0.9]), max_size=40)


@given(SCORES, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_does_not_depend_on_the_order_of_the_input(scores: list[float], random: object) -> None:
    """Ties are broken by arXiv id, so the order is total."""
    candidates = [_candidate(number, score) for number, score in enumerate(scores)]
    shuffled = candidates.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis hands out a random.Random

    assert [each.key for each in order_candidates(shuffled)] == [each.key for each in order_candidates(candidates)]


@given(SCORES, st.integers(1, 10), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_places_are_filled_once_each(scores: list[float], size: int, exploration: int) -> None:
    """No paper has two places, no list is longer than asked, and scores descend."""
    places = choose_places([_candidate(n, s) for n, s in enumerate(scores)], size, exploration)
    keys = [each.key for each in (*places.ranked, *places.explored)]

    assert len(keys) == len(set(keys))
    assert len(places.ranked) == min(size, len(scores))
    assert len(places.explored) <= exploration
    assert [each.score for each in places.ranked] == sorted((each.score for each in places.ranked), reverse=True)


def test_near_copy_leaves_its_place_to_the_next() -> None:
    """Of two papers that tell the same, the better one stays, and the other is named as its copy."""
    candidates = [_candidate(1, 0.9, angle=7), _candidate(2, 0.8, angle=7), _candidate(3, 0.7)]

    places = choose_places(candidates, 2, 0)

    assert [each.key for each in places.ranked] == [1, 3]
    assert places.copies == {"2604.00002": "2604.00001"}


def test_exploration_shows_what_the_ranking_doubts_nearest_in_meaning_first() -> None:
    """A paper the words score below one half, but close to the topic in meaning, gets a place beside the list."""
    candidates = [
        _candidate(1, 0.9),
        _candidate(2, 0.8, meaning=0.9),  # likely: the next list's business, not exploration's
        _candidate(3, 0.1, meaning=0.2),
        _candidate(4, 0.05, meaning=0.6),
    ]

    assert [each.key for each in choose_places(candidates, 1, 1).explored] == [4]


@pytest.mark.parametrize("size", [1, 5])
def test_nothing_to_rank_gives_an_empty_list(size: int) -> None:
    """An empty week has empty places."""
    places = choose_places([], size, 2)

    assert (places.ranked, places.explored) == ((), ())
