import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.rank_fusion import fuse_ranks

_RANKINGS = st.lists(st.lists(st.integers(0, 30), unique=True, max_size=20), max_size=4)


def test_ranks_are_fused_as_in_the_paper() -> None:
    """1/61 and 1/62 make 0.9919 of the most that two rankings can give."""
    fused = fuse_ranks([[7, 8], [9, 7]])
    assert fused == pytest.approx({7: (1 / 61 + 1 / 62) / (2 / 61), 8: 61 / 62 / 2, 9: 0.5})


def test_the_first_of_the_only_ranking_is_1() -> None:
    """A ranking that is empty takes nothing from the others; none at all is no error."""
    assert fuse_ranks([[], [5]]) == {5: 1.0}
    assert fuse_ranks([[], []]) == fuse_ranks([]) == {}


@given(_RANKINGS)
@settings(max_examples=50, deadline=None)
def test_better_in_every_ranking_is_better(rankings: list[list[int]]) -> None:
    """Values lie in (0, 1], and what stands before another in each ranking that has either comes first."""
    fused = fuse_ranks(rankings)
    assert set(fused) == {key for ranking in rankings for key in ranking}
    assert all(0 < value <= 1 + 1e-12 for value in fused.values())
    for one in fused:
        for other in fused:
            places = [(_place(ranking, one), _place(ranking, other)) for ranking in rankings]
            if one != other and all(a <= b for a, b in places):
                assert fused[one] > fused[other]


def _place(ranking: list[int], key: int) -> int:
    return ranking.index(key) if key in ranking else len(ranking)
