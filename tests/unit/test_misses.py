"""Laws of the estimate of missed papers; benchmarks/miss_audit.py measures its coverage."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.core.bands import Band
from triage.core.misses import AuditedWeek, BandAnswers, ListAnswers, estimate_misses

FIRSTS, LASTS = (21, 43, 92, 197, 424, 909), (42, 91, 196, 423, 908, 1950)
EXPECTED = (12.0, 14.0, 10.0, 5.0, 2.0, 1.0)
LIST = ListAnswers(places=20, answered=14, relevant=12, expected=18.0)


def make_week(
    relevant: Sequence[int], answered: Sequence[int], *, scale: float = 1.0, listed: ListAnswers = LIST
) -> AuditedWeek:
    """Six bands such as those of a real week; as many papers are asked as answered, and one more."""
    bands = [Band(*ranks, ranks[1] - ranks[0] + 1, 0.0) for ranks in zip(FIRSTS, LASTS, strict=True)]
    parts = [
        BandAnswers(Band(band.first, band.last, band.papers, expected * scale), count + 1, count, hits)
        for band, expected, count, hits in zip(bands, EXPECTED, answered, relevant, strict=True)
    ]
    return AuditedWeek("2026-W13", listed, tuple(parts))


ONES, NONE = (1,) * 6, (0,) * 6


@st.composite
def weeks(draw: st.DrawFn) -> AuditedWeek:
    """Consistent answers to up to twenty papers a band, of which some band may have none."""
    answered = [draw(st.integers(0, 20)) for _ in FIRSTS]
    relevant = [draw(st.integers(0, count)) for count in answered]
    votes = draw(st.integers(0, 20))
    listed = ListAnswers(20, votes, draw(st.integers(0, votes)), draw(st.floats(0, 20)))
    return make_week(relevant, answered, scale=draw(st.floats(0, 1.5)), listed=listed)


@given(audited=st.lists(weeks(), min_size=1, max_size=3), wanted=st.floats(0.1, 1), level=st.floats(0.5, 0.99))
@settings(max_examples=40)
def test_bounds_hold_the_estimate_and_what_is_known(audited: list[AuditedWeek], wanted: float, level: float) -> None:
    """Never fewer missed than were answered as relevant, never more than were not answered as irrelevant."""
    found = estimate_misses(audited, wanted=wanted, level=level)
    if found is None:
        assert not any(part.answered for week in audited for part in week.bands)
        return
    for interval in (found.missed, found.missed_per_week, found.found, found.recall):
        assert 0 <= interval.low <= interval.estimate <= interval.high
    assert found.relevant <= found.missed.low
    assert found.missed.high <= found.below - found.answered + found.relevant
    assert found.recall.high <= 1
    assert found.missed_per_week.high == pytest.approx(found.missed.high / found.weeks)
    assert found.cut is None or FIRSTS[0] - 1 <= found.cut < FIRSTS[-1]


@given(audited=st.lists(weeks(), max_size=3))
@settings(max_examples=20)
def test_the_same_answers_give_the_same_estimate_in_any_order(audited: list[AuditedWeek]) -> None:
    """And weeks without an answer below the line change nothing."""
    silent = make_week(NONE, NONE)
    assert estimate_misses([silent, *audited]) == estimate_misses(audited[::-1])


@pytest.mark.parametrize("audited", [[], [make_week(NONE, NONE)], [AuditedWeek("2026-W13", LIST, ())]])
def test_without_answers_there_is_no_estimate(audited: list[AuditedWeek]) -> None:
    """No week, a week that nobody answered, and a week of which nothing was drawn."""
    assert estimate_misses(audited) is None


def answer_everything(relevant: Sequence[int]) -> AuditedWeek:
    sizes = [last - first + 1 for first, last in zip(FIRSTS, LASTS, strict=True)]
    return make_week(relevant, sizes, listed=ListAnswers(20, 20, 15, 18.0))


def test_when_everything_is_answered_nothing_is_left_to_estimate() -> None:
    """The count, and intervals that are points; the cut is the rank that holds the wanted share."""
    found = estimate_misses([answer_everything((5, 0, 0, 0, 0, 0))] * 2, wanted=0.8)
    assert found is not None
    assert (found.weeks, found.below, found.answered, found.relevant) == (2, 3860, 3860, 10)
    assert (found.missed.low, found.missed.estimate, found.missed.high) == (10, 10, 10)
    assert (found.missed_per_week.low, found.missed_per_week.high) == (5, 5)
    assert (found.found.low, found.found.high) == (30, 30)
    assert found.recall.low == found.recall.high == 0.75
    assert found.cut == 25  # 15 + 5 * 5 / 22 are 16 of 20


def test_papers_known_to_be_missed_are_added() -> None:
    """They move every bound by as much, and change nothing that was estimated from answers."""
    week = make_week((1, 0, 0, 0, 0, 0), ONES)
    first, *rest = week.bands
    known = BandAnswers(replace(first.band, known=7), first.asked, first.answered, first.relevant)
    plain, found = estimate_misses([week]), estimate_misses([replace(week, bands=(known, *rest))])
    assert plain is not None
    assert found is not None
    assert (found.missed.low, found.missed.high) == (plain.missed.low + 7, plain.missed.high + 7)
    assert (found.relevant, found.answered, found.found) == (plain.relevant, plain.answered, plain.found)
    assert found.recall.estimate < plain.recall.estimate


def test_lists_that_hold_the_wanted_share_need_no_more_places() -> None:
    """The cut is never above the line that there is."""
    found = estimate_misses([answer_everything((5, 0, 0, 0, 0, 0))], wanted=0.7)
    assert found is not None
    assert found.cut == 20


def test_no_cut_is_told_where_the_last_band_would_be_needed() -> None:
    """With relevant papers deep down, and where so few answers cannot exclude them."""
    deep = estimate_misses([answer_everything((0, 0, 0, 0, 0, 9))], wanted=0.95)
    few = estimate_misses([make_week((1, 0, 0, 0, 0, 0), ONES)], wanted=0.95)
    assert deep is not None
    assert few is not None
    assert (deep.cut, few.cut) == (None, None)


def test_more_answers_narrow_the_interval() -> None:
    """The same answers from four and from 25 weeks."""
    week = make_week((1, 0, 0, 0, 0, 0), ONES)
    found = [estimate_misses([week] * count) for count in (1, 4, 25)]
    widths = [each.missed_per_week.high - each.missed_per_week.low for each in found if each]
    assert widths[0] > 1.3 * widths[1] > 1.3 * 1.3 * widths[2]


def test_answers_overrule_scores() -> None:
    """Where scores expect a quarter or four times as much, 50 weeks of answers lead to about the same estimate."""
    answers = [make_week((1, int(week % 4 == 0), 0, 0, 0, 0), ONES, scale=1) for week in range(50)]
    for scale in (0.25, 1.8):
        moved = [make_week((1, int(week % 4 == 0), 0, 0, 0, 0), ONES, scale=scale) for week in range(50)]
        plain, other = estimate_misses(answers), estimate_misses(moved)
        assert plain is not None
        assert other is not None
        assert other.missed.estimate == pytest.approx(plain.missed.estimate, rel=0.25)


def test_answers_move_all_bands() -> None:
    """Relevant papers in two bands mean more in the others too: the scores were too low."""
    none, some = [estimate_misses([make_week((hit, hit, 0, 0, 0, 0), (3, 3, 0, 0, 0, 0))]) for hit in (0, 3)]
    assert none is not None
    assert some is not None
    assert some.missed.estimate - 6 > 2 * none.missed.estimate


def test_listed_papers_without_a_vote_are_not_taken_for_relevant() -> None:
    """They are like those that have votes, and like their scores; votes on the list say nothing of what lies below."""
    audited = [
        make_week((1, 0, 0, 0, 0, 0), ONES, listed=ListAnswers(20, votes, relevant, 10.0))
        for votes, relevant in ((0, 0), (10, 1), (10, 10))
    ]
    silent, poor, rich = [estimate_misses([week]) for week in audited]
    assert silent is not None
    assert poor is not None
    assert rich is not None
    assert poor.found.estimate < silent.found.estimate < rich.found.estimate
    assert 1 <= poor.found.low <= poor.found.high <= 11
    assert 10 <= rich.found.low <= rich.found.high <= 20
    assert silent.missed == poor.missed == rich.missed


def test_samples_of_other_sizes_are_estimated_together() -> None:
    """A week of one band beside weeks of six: its papers count too."""
    coarse = AuditedWeek("2026-W14", LIST, (BandAnswers(Band(21, 1950, 1930, 44.0), 1, 1, 0),))
    fine = make_week(NONE, ONES)
    alone, both = estimate_misses([fine]), estimate_misses([fine, coarse])
    assert alone is not None
    assert both is not None
    assert (both.weeks, both.below) == (2, 2 * alone.below)
    assert both.missed.estimate > alone.missed.estimate
