"""Laws of the draw below the line: every band is drawn from, every paper of a band has the same chance."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.bands import MOST_BANDS, Below, draw_papers, order_at_random, share_sample

LINE = 20


def make_below(count: int, score: float = 0.1) -> list[Below]:
    return [Below(f"2604.{rank:05}", rank, score) for rank in range(LINE + 1, LINE + 1 + count)]


RANKS = st.lists(st.integers(1, 3000), unique=True, max_size=120)


@given(ranks=RANKS, sample=st.integers(0, 20))
def test_bands_share_out_all_papers_and_the_whole_sample(ranks: list[int], sample: int) -> None:
    """In order of rank and without overlap, whatever gaps the ranks have, and no band goes without a draw."""
    below = [Below(f"2604.{rank:05}", rank, rank / 3000) for rank in ranks]
    draws = draw_papers(below, sample, "key")
    assert sum(len(draw.arxiv_ids) for draw in draws) == min(sample, len(ranks))
    assert all(draw.arxiv_ids for draw in draws)
    assert len(draws) <= min(sample, MOST_BANDS)
    if draws:
        assert sum(draw.band.papers for draw in draws) == len(ranks)
        assert sum(draw.band.expected for draw in draws) == pytest.approx(sum(rank / 3000 for rank in ranks))
        assert (draws[0].band.first, draws[-1].band.last) == (min(ranks), max(ranks))
    for upper, lower in pairwise(draws):
        assert upper.band.last < lower.band.first
    for draw in draws:
        for arxiv_id in draw.arxiv_ids:
            assert draw.band.first <= int(arxiv_id[5:]) <= draw.band.last


def test_bands_of_a_week_grow_geometrically() -> None:
    """Of 1,930 papers below 20 places the first band holds those just below the line, the last most of the week."""
    draws = draw_papers(make_below(1930), 6, "key")
    assert [(draw.band.first, draw.band.last, len(draw.arxiv_ids)) for draw in draws] == [
        (21, 43, 1),
        (44, 92, 1),
        (93, 197, 1),
        (198, 424, 1),
        (425, 909, 1),
        (910, 1950, 1),
    ]


def test_known_papers_are_counted_with_their_bands() -> None:
    """Each with the band that its rank lies in, or else with the one above; they are not drawn and change no draw."""
    plain, known = draw_papers(make_below(80), 3, "key"), draw_papers(make_below(80), 3, "key", (3, 21, 50, 500))
    assert [(draw.band.first, draw.band.last) for draw in known] == [(21, 34), (35, 58), (59, 100)]
    assert [draw.band.known for draw in known] == [2, 1, 1]
    assert [draw.arxiv_ids for draw in known] == [draw.arxiv_ids for draw in plain]
    assert draw_papers([], 3, "key", (3,)) == ()


def test_the_same_key_draws_the_same_papers_and_another_key_others() -> None:
    """Whatever order the papers come in."""
    below = make_below(500)
    first = draw_papers(below, 6, "agent-evaluation 2026-W13")
    assert draw_papers(below[::-1], 6, "agent-evaluation 2026-W13") == first
    assert draw_papers(below, 6, "agent-evaluation 2026-W14") != first


def test_every_paper_of_a_band_is_drawn_equally_often() -> None:
    """Over 1,200 keys: within five standard deviations of its band's share, each."""
    keys, below = 1200, make_below(60)
    counts = Counter(
        arxiv_id for key in range(keys) for draw in draw_papers(below, 9, str(key)) for arxiv_id in draw.arxiv_ids
    )
    for draw in draw_papers(below, 9, ""):
        chance = len(draw.arxiv_ids) / draw.band.papers
        allowed = 5 * (keys * chance * (1 - chance)) ** 0.5
        for rank in range(draw.band.first, draw.band.last + 1):
            assert abs(counts[f"2604.{rank:05}"] - keys * chance) <= allowed


def test_answers_weighted_by_their_bands_are_unbiased() -> None:
    """The mean over 600 draws of what the drawn papers stand for is the number of relevant papers, within 5 %."""
    below = make_below(150)
    relevant = {paper.arxiv_id for paper in below if paper.rank % 3 == 0 or paper.rank < 40}
    estimates = [
        draw.band.papers / len(draw.arxiv_ids) * len(relevant.intersection(draw.arxiv_ids))
        for key in range(600)
        for draw in draw_papers(below, 12, str(key))
    ]
    assert sum(estimates) / 600 == pytest.approx(len(relevant), rel=0.05)


@pytest.mark.parametrize(
    ("sizes", "sample", "shares"),
    [([23, 49, 105], 5, (2, 2, 1)), ([1, 2, 9], 7, (1, 2, 4)), ([3, 4], 20, (3, 4)), ([3], 0, (0,)), ([], 6, ())],
)
def test_a_sample_is_shared_in_turn(sizes: list[int], sample: int, shares: tuple[int, ...]) -> None:
    """The nearest bands get what is over, a band never more than it has."""
    assert share_sample(sizes, sample) == shares


@given(ids=st.lists(st.text(max_size=5), unique=True, max_size=20), key=st.text(max_size=5))
def test_a_random_order_keeps_every_id(ids: list[str], key: str) -> None:
    """And does not depend on the order they come in."""
    ordered = order_at_random(ids, key)
    assert sorted(ordered) == sorted(ids)
    assert order_at_random(ids[::-1], key) == ordered
