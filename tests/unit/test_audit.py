"""What an audit computes, and what it asks."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.fusion import Fusion
from triage.core.paper import Paper
from triage.core.verdict import CriterionGrade, Verdict
from triage.evaluation.audit_cases import AuditPlan, Case, plan_cases
from triage.evaluation.audit_measures import compare_orders, compare_repeats, correlate_ranks, measure_effect
from triage.evaluation.audit_names import BYLINES, add_byline, swap_names
from triage.evaluation.audit_ranks import Planted, Standings, sum_shifts
from triage.store.papers import StoredPaper

HALF = Fusion(-1.0, 0.5, 1.0, "by hand")


def say(*relevances: float, grade: float = 2.0) -> dict[int, Verdict]:
    """A round of verdicts, by paper key."""
    grades = (CriterionGrade("centrality", grade),)
    return {key: Verdict(relevance=each, grades=grades) for key, each in enumerate(relevances)}


def make_papers(count: int, abstract: str = "We study trees. They grow.", first: int = 0) -> list[StoredPaper]:
    return [
        StoredPaper(key, Paper(arxiv_id=f"2604.{key:05}", version=1, title="T", abstract=abstract), "0" * 64)
        for key in range(first, first + count)
    ]


def test_equal_rounds_repeat_perfectly() -> None:
    """All pairs of answers of all three pairs of rounds are identical, and ranks agree."""
    found = compare_repeats([say(1.0, 2.0, 3.0)] * 3)
    assert (found.pairs, found.identical, found.mean_difference, found.max_difference) == (9, 1.0, 0.0, 0.0)
    assert found.rank_correlation == pytest.approx(1.0)


def test_one_other_answer_is_seen() -> None:
    """Of six pairs of answers two differ, by one and by two log odds; the orders are opposite."""
    found = compare_orders([say(1.0, 2.0, 3.0)], [say(1.0, 2.0, 3.0), say(3.0, 2.0, 2.0)])
    assert found.identical == pytest.approx(4 / 6)
    assert found.mean_difference == pytest.approx(3 / 6)
    assert found.max_difference == 2.0
    assert found.rank_correlation == pytest.approx((1.0 - 0.8660254) / 2)


def test_another_grade_is_another_answer() -> None:
    """Though the relevance is the same."""
    assert compare_repeats([say(1.0), say(1.0, grade=3.0)]).identical == 0.0


def test_nothing_is_said_of_nothing() -> None:
    """One round, rounds without a paper in common, and papers that all get the same."""
    assert compare_repeats([say(1.0)]).identical is None
    assert compare_repeats([say(1.0), {7: say(1.0)[0]}]).pairs == 0
    assert compare_repeats([say(1.0, 1.0, 1.0)] * 2).rank_correlation is None
    assert correlate_ranks([1.0, 2.0], [1.0, 2.0]) is None


def test_an_effect_has_the_interval_of_students_t() -> None:
    """Mean 1 and standard deviation 1 of three differences: 4.3027 / sqrt(3) to either side."""
    found = measure_effect([0.0, 1.0, 2.0])
    assert found.papers == 3
    assert found.mean == pytest.approx(1.0)
    assert found.low == pytest.approx(1 - 2.48414, abs=1e-4)
    assert found.high == pytest.approx(1 + 2.48414, abs=1e-4)


def test_an_effect_of_one_paper_has_no_interval_and_of_none_no_mean() -> None:
    """What cannot be known is None."""
    assert (measure_effect([0.5]).mean, measure_effect([0.5]).low) == (0.5, None)
    assert measure_effect([]).mean is None


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=20))
@settings(max_examples=50, deadline=None)
def test_the_interval_holds_the_mean(differences: list[float]) -> None:
    """Whatever the differences are."""
    found = measure_effect(differences)
    assert found.mean is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.mean <= found.high


def test_known_names_are_swapped_whole() -> None:
    """Google and TikTok, but no word that merely begins like one; a text without one stays."""
    swapped = swap_names("Data of Google and TikTok; Metabolism of Googlers and AmazonBench.")
    assert not any(name in swapped for name in ("Google and", "TikTok"))
    assert swapped.endswith("Metabolism of Googlers and AmazonBench.")
    assert swap_names("We study apples and metadata.") == "We study apples and metadata."


def test_bylines_come_in_pairs_of_like_sentences() -> None:
    """Famous and unknown differ, and a byline ends the abstract."""
    assert all(famous != unknown for famous, unknown in BYLINES)
    assert add_byline("We test. ", BYLINES[0][0]) == f"We test. {BYLINES[0][0]}"


def test_every_kind_of_case_is_planned() -> None:
    """Rounds in one order, the same papers shuffled, pairs of bylines, swapped names, and pairs with an injection."""
    judged = make_papers(30, "Google tests it. It works.")
    cases = plan_cases(AuditPlan(sample=8, repeats=2, injections=5), judged, make_papers(40, first=100), "seed")
    count = Counter(case.treatment for case in cases)
    assert count == {"repeat": 16, "shuffled": 8, "famous": 8, "unknown": 8, "renamed": 8, "clean": 5, "planted": 5}
    order = [case.paper.key for case in cases if case.treatment == "repeat"]
    assert order[:8] == order[8:] == sorted(order[:8])
    shuffled = [case.paper.key for case in cases if case.treatment == "shuffled"]
    assert sorted(shuffled) == order[:8] != shuffled
    assert all(case.paper.key >= 100 for case in cases if case.treatment in {"clean", "planted"})


def test_planted_papers_differ_from_clean_ones_only_by_the_injection() -> None:
    """Both of a pair are the same paper, and none gets two injections."""
    cases = plan_cases(AuditPlan(1, 1, 30), make_papers(1), make_papers(20, first=100), "seed")
    pairs = [case for case in cases if case.treatment in {"clean", "planted"}]
    assert len(pairs) == 40
    for clean, planted in zip(pairs[::2], pairs[1::2], strict=True):
        assert clean.paper.key == planted.paper.key
        assert planted.injection is not None
        assert planted.injection.text in planted.paper.paper.abstract
        assert "We study trees." in planted.paper.paper.abstract
    assert len({case.paper.key for case in pairs}) == 20


def test_the_same_seed_plans_the_same() -> None:
    """And another seed something else."""

    def plan(seed: str) -> list[Case]:
        return plan_cases(AuditPlan(), make_papers(30), make_papers(40, first=100), seed)

    assert plan("a") == plan("a") != plan("b")


def test_a_paper_is_ranked_against_all_others() -> None:
    """By its fused score, ahead of ties and not against itself; without a verdict by its logit."""
    standings = Standings({1: 2.0, 2: 1.0, 3: 0.0}, HALF)
    assert standings.rank(3, logit=0.0, relevance=None) == 3
    assert standings.rank(3, logit=0.0, relevance=2.0) == 2
    assert standings.rank(3, logit=0.0, relevance=5.0) == 1
    assert standings.rank(1, logit=-9.0, relevance=-5.0) == 3


def test_shifts_are_summed_up() -> None:
    """Places gained, and who would be listed among the first twenty, with a flag or without."""
    planted = [
        Planted("a", "order", clean_rank=300, rank=5, is_listed=True, is_flagged=True),
        Planted("b", "order", clean_rank=200, rank=210, is_listed=False, is_flagged=True),
        Planted("c", "order", clean_rank=20, rank=20, is_listed=True, is_flagged=False),
    ]
    found = sum_shifts(planted, 20)
    assert (found.planted, found.median, found.largest) == (3, 0, 295)
    assert (found.listed, found.listed_clean, found.flagged, found.listed_flagged) == (2, 1, 2, 1)
    assert (sum_shifts([], 20).median, sum_shifts([], 20).largest) == (None, None)
