"""Coefficients of agreement: as published, as other programs reckon them, and as they must be by their nature."""

from collections.abc import Sequence
from itertools import chain, repeat
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from triage.core.agreement import (
    CERTAIN,
    LEAST_FOR_INTERVAL,
    SCALE,
    Coefficients,
    Measure,
    compare_readers,
    count_confusion,
    has_parted,
    keep_shared,
    measure_agreement,
    measure_split,
    wilson_interval,
)

Ballots = dict[str, dict[str, int]]
_VOTES = st.sampled_from(SCALE)
_BALLOTS = st.lists(st.dictionaries(st.sampled_from("abcd"), _VOTES), max_size=25).map(
    lambda papers: {f"2604.{number:05}": votes for number, votes in enumerate(papers)}
)


def make_ballots(*readers: Sequence[int | None]) -> Ballots:
    """The votes of readers a, b and so on, on the same papers; None where one did not vote."""
    return {
        f"2604.{number:05}": {
            name: value for name, value in zip("abcdefghijklmn", votes, strict=False) if value is not None
        }
        for number, votes in enumerate(zip(*readers, strict=True))
    }


def make_table(both: int, first: int, second: int, neither: int) -> Ballots:
    """Two readers who say yes on so many papers: both, only the first, only the second, neither."""
    cells = zip((both, first, second, neither), ((1, 1), (1, -1), (-1, 1), (-1, -1)), strict=True)
    votes = list(chain.from_iterable(repeat(cell, count) for count, cell in cells))
    return make_ballots(*zip(*votes, strict=True))


def take(measure: Measure | None) -> float:
    """Its value, which must be there."""
    assert measure is not None
    return measure.value


@pytest.mark.parametrize(
    ("cells", "kappa"),
    [((20, 5, 10, 15), 0.4), ((45, 15, 25, 15), 0.1304), ((25, 35, 5, 35), 0.2593)],
)
def test_cohens_kappa_is_as_published(cells: tuple[int, int, int, int], kappa: float) -> None:
    """The three worked examples of https://en.wikipedia.org/wiki/Cohen%27s_kappa."""
    assert take(measure_agreement(make_table(*cells), CERTAIN).kappa) == pytest.approx(kappa, abs=5e-5)


def test_ac1_withstands_prevalence_as_published() -> None:
    """Gwet (2002, Kappa statistic is not satisfactory), table 1: 94 % agree, and kappa calls that worse than chance."""
    found = measure_agreement(make_table(118, 5, 2, 0), CERTAIN)
    assert take(found.observed) == 0.944
    assert take(found.kappa) == pytest.approx(-0.0234, abs=5e-5)
    assert take(found.ac1) == pytest.approx(0.9408, abs=5e-5)


def test_fleiss_kappa_is_as_published() -> None:
    """The worked example of https://en.wikipedia.org/wiki/Fleiss%27_kappa: 14 readers, 10 papers, 5 values."""
    counts = (
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    )  # fmt: skip
    papers = [[value for value, count in enumerate(row) for _ in range(count)] for row in counts]
    found = measure_agreement(make_ballots(*zip(*papers, strict=True)), range(5))
    assert take(found.observed) == pytest.approx(0.378, abs=5e-4)
    assert take(found.kappa) == pytest.approx(0.210, abs=5e-4)


def test_missing_votes_are_as_another_program_takes_them() -> None:
    """By irrCAC 0.4.4 on Krippendorff's example (2011, Computing alpha) without its last unit, rated but once."""
    found = measure_agreement(
        make_ballots(
            (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
            (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, None),
            (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3),
            (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
        ),
        range(1, 6),
    )
    assert (found.papers, found.readers, found.votes) == (11, 4, 40)
    assert [round(take(each), 5) for each in (found.observed, found.kappa, found.ac1)] == [0.81818, 0.76248, 0.77515]


@given(st.lists(st.tuples(_VOTES, _VOTES), min_size=1, max_size=40))
@settings(max_examples=30)
def test_kappa_of_two_readers_is_that_of_scikit_learn(votes: list[tuple[int, int]]) -> None:
    """Also that there is none where all votes are alike."""
    first, second = zip(*votes, strict=True)
    found = measure_agreement(make_ballots(first, second)).kappa
    if len({*first, *second}) == 1:
        assert found is None
    else:
        assert take(found) == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)


@given(_BALLOTS)
@settings(max_examples=40)
def test_coefficients_keep_their_bounds(ballots: Ballots) -> None:
    """None is above the share that agrees; with more than two readers AC1 is never below kappa; ends hold the value."""
    found = measure_agreement(ballots)
    if found.papers == 0:
        assert found == Coefficients(0, 0, 0, None, None, None)
        return
    observed, ac1 = take(found.observed), take(found.ac1)
    assert -1 <= ac1 <= observed + 1e-9
    if found.kappa is not None:
        assert found.kappa.value <= observed + 1e-9
        assert found.readers == 2 or found.kappa.value <= ac1 + 1e-9
    for each in (found.observed, found.kappa, found.ac1):
        if each is not None and each.low is not None and each.high is not None:
            assert found.papers >= LEAST_FOR_INTERVAL
            assert each.low <= each.value <= each.high


@given(_BALLOTS, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_neither_order_nor_names_matter(ballots: Ballots, random: Random) -> None:
    """Papers shuffled and renamed change nothing at all, readers renamed no coefficient."""
    found = measure_agreement(ballots)
    votes = list(ballots.values())
    random.shuffle(votes)
    assert measure_agreement({f"x{number}": each for number, each in enumerate(votes)}) == found
    names = dict(zip("abcd", "dacb", strict=True))
    renamed = {arxiv_id: {names[name]: value for name, value in each.items()} for arxiv_id, each in ballots.items()}
    other = measure_agreement(renamed)
    for mine, theirs in ((found.observed, other.observed), (found.kappa, other.kappa), (found.ac1, other.ac1)):
        assert (mine is None) == (theirs is None)
        if mine is not None:
            assert take(theirs) == pytest.approx(mine.value, abs=1e-9)


@pytest.mark.parametrize("readers", [2, 3, 7])
def test_readers_who_agree_have_all_of_it(readers: int) -> None:
    """1 in every coefficient once both kinds of papers are there; 20 papers do not prove that they always will."""
    found = measure_agreement(make_ballots(*[[1, -1, 0, -1] * 5] * readers))
    for each in (found.observed, found.kappa, found.ac1):
        assert each is not None
        assert (each.value, each.high) == (1.0, 1.0)
        assert each.low is not None
        assert 0.6 < each.low < 0.97


def test_one_paper_that_parts_readers_is_no_certainty() -> None:
    """Of 50 alike but for one, kappa is 0: it may be much better, and the interval says so."""
    found = measure_agreement(make_ballots([1] * 50, [1] * 49 + [-1]), CERTAIN).kappa
    assert found is not None
    assert found.high is not None
    assert found.value == 0
    assert found.high > 0.3


def test_intervals_hold_the_truth() -> None:
    """That two readers agree on 96 of 100 papers; it is known of them by 20 papers at a time."""
    random = np.random.default_rng(11)
    held = 0
    for _ in range(40):
        said = np.where(random.random(20) < 0.7, 1, -1)
        other = np.where(random.random(20) < 0.96, said, -said)
        found = measure_agreement(make_ballots(said.tolist(), other.tolist()), CERTAIN).observed
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.96 <= found.high
    assert held >= 36


@pytest.mark.parametrize("readers", [2, 4])
def test_votes_by_chance_have_no_kappa_to_speak_of(readers: int) -> None:
    """3,000 papers, each reader tossing a coin that says yes one time in five: kappa is 0, and so says its interval."""
    tosses = np.random.default_rng(7).random((readers, 3_000)) < 0.2
    found = measure_agreement(make_ballots(*np.where(tosses, 1, -1).tolist())).kappa
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high
    assert found.high - found.low < 0.1


def test_votes_all_alike_have_no_kappa() -> None:
    """Chance would explain them; AC1 still says that readers agree. Few papers have no interval."""
    found = measure_agreement(make_ballots([1] * 9, [1] * 9))
    assert (found.kappa, found.ac1) == (None, Measure(1.0, None, None))


def test_uncertain_votes_may_be_left_out() -> None:
    """As an opinion they part readers; without them the paper is none of those that two readers voted on."""
    ballots = make_ballots([1, -1, 0], [1, -1, 1], [None, None, 0])
    assert [
        (each.papers, each.votes) for each in (measure_agreement(ballots, kinds) for kinds in (SCALE, CERTAIN))
    ] == [
        (3, 7),
        (2, 4),
    ]
    assert take(measure_agreement(ballots, CERTAIN).kappa) == 1.0
    assert keep_shared({"x": {"a": 1, "b": 0}}, CERTAIN) == {}


def test_who_parts_most_surely_comes_first() -> None:
    """Six of ten papers say more than one of one; readers without a common paper are no pair."""
    ballots = make_ballots(
        [1, 1, 1, 1, 1, -1, -1, -1, -1, -1, 1, None],
        [1, 1, -1, -1, -1, -1, -1, 1, 1, 1, None, None],
        [None] * 10 + [-1, 1],
    )
    first, second = compare_readers(ballots)
    assert (first.first, first.second, first.papers, first.parted) == ("a", "b", 10, 6)
    assert first.kappa == pytest.approx(-0.2)
    assert first.ac1 == pytest.approx(0.2)
    assert (second.first, second.second, second.papers, second.parted) == ("a", "c", 1, 1)


def test_two_readers_have_a_confusion_of_their_own() -> None:
    """The first by name has the rows; of three readers every pair counts both ways."""
    two = make_ballots([1, 1, 0, -1], [1, -1, 0, 0])
    assert count_confusion(two) == ((1, 0, 1), (0, 1, 0), (0, 1, 0))
    three = {"x": {"a": 1, "b": 1, "c": -1}}
    assert count_confusion(three) == ((2, 0, 2), (0, 0, 0), (2, 0, 0))
    assert count_confusion({}) == ((0, 0, 0),) * 3


@pytest.mark.parametrize(
    ("values", "split"), [((), 0), ((1,), 0), ((0, 0), 0), ((1, 0), 0.25), ((1, 1, -1, -1), 1), ((1, 1, 1, -1), 0.75)]
)
def test_a_paper_is_split_by_its_votes(values: tuple[int, ...], split: float) -> None:
    """Most where as many say yes as no, less with "uncertain", not at all where all say the same."""
    assert measure_split(values) == split
    assert has_parted(values) == (split > 0)


def test_wilsons_interval_is_as_published() -> None:
    """Newcombe (1998, Statistics in Medicine 17), table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    found = [wilson_interval(*each) for each in ((81, 263), (15, 148), (0, 20), (1, 29))]
    told = [(round(each.low, 4), round(each.high, 4)) for each in found]
    assert told == [(0.2553, 0.3662), (0.0624, 0.1605), (0.0, 0.1611), (0.0061, 0.1718)]
