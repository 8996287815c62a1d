"""Few calls, the same list: the cascade against judging everything."""

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.cascade import draw_sample, find_surest, list_open
from triage.core.fusion import SHIPPED, Fusion
from triage.core.verdict import CERTAIN

PLAIN = Fusion(0.0, 1.0, 1.0, "the sum")
IDS = [f"2604.{number:05d}" for number in range(2_000)]
# Coarse numbers, so that ties are common; a judge may be as sure as can be, and may fail.
LOGITS = st.lists(st.integers(-16, 16).map(lambda half: half / 2), max_size=40)
SAID = st.none() | st.sampled_from([-CERTAIN, CERTAIN]) | st.integers(-10, 10).map(lambda half: half / 2)
FUSIONS = st.builds(
    Fusion,
    st.sampled_from([-2.0, 0.0, 3.0]),
    st.sampled_from([0.0, 0.5, 1.0, 1.5]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.just("any"),
)


def _run(
    candidates: list[tuple[str, float]], says: Mapping[str, float | None], fusion: Fusion, size: int, batch: int
) -> list[list[str]]:
    """The batches until the end, each answered by the judge."""
    verdicts: dict[str, float | None] = {}
    batches = []
    while keys := list_open(candidates, verdicts, fusion, size)[:batch]:
        assert not verdicts.keys() & set(keys), "a paper was asked about twice"
        verdicts |= {key: says[key] for key in keys}
        batches.append(keys)
    return batches


def _top(
    candidates: list[tuple[str, float]], verdicts: Mapping[str, float | None], fusion: Fusion, size: int
) -> list[tuple[float, str]]:
    """Places by score, ties by arXiv id, as the shortlist settles them."""
    scores = [
        (-(logit if (said := verdicts.get(key)) is None else fusion.combine(logit, said)), key)
        for key, logit in candidates
    ]
    return sorted(scores)[:size]


@settings(max_examples=300)
@given(logits=LOGITS, data=st.data(), fusion=FUSIONS, size=st.integers(1, 8), batch=st.integers(1, 5))
def test_the_list_is_that_of_judging_everything(
    logits: list[float], data: st.DataObject, fusion: Fusion, size: int, batch: int
) -> None:
    """Whatever the judge says, whichever calls fail and however scores tie; nobody is asked about twice."""
    candidates = list(zip(IDS, logits, strict=False))
    said = data.draw(st.lists(SAID, min_size=len(logits), max_size=len(logits)))
    says = dict(zip(IDS, said, strict=False))
    asked = [key for keys in _run(candidates, says, fusion, size, batch) for key in keys]
    verdicts = {key: says[key] for key in asked}
    places = _top(candidates, verdicts, fusion, size)
    assert places == _top(candidates, says, fusion, size)
    assert {key for _, key in places} <= set(asked)


@settings(max_examples=60)
@given(logits=LOGITS, fusion=FUSIONS, size=st.integers(1, 8))
def test_papers_to_ask_about_come_best_first(logits: list[float], fusion: Fusion, size: int) -> None:
    """The first of them is the best of all, and none is missing that stands on the list unjudged."""
    keys = list_open(list(zip(IDS, logits, strict=False)), {}, fusion, size)
    found = dict(zip(IDS, logits, strict=False))
    assert [found[key] for key in keys] == sorted((found[key] for key in keys), reverse=True)
    assert [found[key] for key in keys[:size]] == sorted(logits, reverse=True)[:size]


def test_a_yes_for_the_first_ends_it_where_no_yes_could_follow() -> None:
    """List of 1, sum of both voices: 4 + 2 beats the surest yes for 0.5, but not that for 1."""
    candidates = [("a", 4.0), ("b", 1.0), ("c", 0.5)]
    assert list_open(candidates, {}, PLAIN, 1) == ["a", "b", "c"]
    assert list_open(candidates, {"a": 2.0}, PLAIN, 1) == ["b"]
    assert list_open(candidates, {"a": 2.0, "b": -5.0}, PLAIN, 1) == []


def test_a_no_for_the_first_lets_others_up() -> None:
    """After 4 - 5 the next paper stands in first place, and must be asked about itself."""
    assert list_open([("a", 4.0), ("b", 1.0), ("c", -6.0)], {"a": -5.0}, PLAIN, 1) == ["b"]


def test_a_paper_that_could_not_be_judged_is_left_alone() -> None:
    """It keeps its place with its logit, and the rest is asked about as before."""
    assert list_open([("a", 4.0), ("b", 1.0), ("c", -2.0)], {"a": None}, PLAIN, 1) == ["b"]


def test_a_paper_on_the_list_is_judged_though_no_verdict_could_raise_it() -> None:
    """Its own logit holds it there, 9 against at most 9 / 2 + 5 / 2: only a verdict can take it down."""
    assert list_open([("a", 9.0), ("b", -9.0)], {}, Fusion(0.0, 0.5, 0.5, "half"), 1) == ["a"]


def test_a_tie_at_the_last_place_is_judged() -> None:
    """The surest yes for the second would draw level with the first, and then the arXiv id decides."""
    assert list_open([("b", 4.0), ("a", 1.0)], {"b": 2.0}, PLAIN, 1) == ["a"]


def test_a_short_week_is_judged_whole() -> None:
    """Three papers for a list of five, the best first, ties as they come; none for none."""
    assert list_open([("c", 1.0), ("a", -1.0), ("b", 1.0)], {}, PLAIN, 5) == ["c", "b", "a"]
    assert list_open([], {}, PLAIN, 5) == []


def test_most_of_a_week_is_never_asked_about() -> None:
    """Of 2,000 papers, logits evenly from 8 to -12, 15 % are enough for 20 places with a judge who agrees."""
    candidates = [(key, 8.0 - 20.0 * place / len(IDS)) for place, key in enumerate(IDS)]
    says = {key: max(-CERTAIN, min(CERTAIN, logit)) for key, logit in candidates}
    batches = _run(candidates, says, SHIPPED["yes-no"], 20, 4)
    assert 20 <= sum(map(len, batches)) <= 0.15 * len(IDS)


@settings(max_examples=40)
@given(share=st.floats(0, 1), less=st.floats(0, 1), rest=st.sets(st.sampled_from(IDS[:200])))
def test_a_sample_depends_on_each_paper_alone(share: float, less: float, rest: set[str]) -> None:
    """Fewer papers or a smaller share draw a part of the same papers, in the same order."""
    drawn = draw_sample(IDS[:200], share, "2026-W17")
    assert draw_sample(rest, share, "2026-W17") == [arxiv_id for arxiv_id in drawn if arxiv_id in rest]
    assert set(draw_sample(IDS[:200], share * less, "2026-W17")) <= set(drawn)


def test_a_sample_has_the_size_that_was_asked_for() -> None:
    """2 % of 2,000 are 40, give or take four standard deviations of 6.3; nobody at 0, everybody at 1."""
    assert 15 <= len(draw_sample(IDS, 0.02, "2026-W17")) <= 65
    assert draw_sample(IDS, 0.0, "2026-W17") == []
    assert sorted(draw_sample(IDS, 1.0, "2026-W17")) == IDS


def test_every_week_draws_anew() -> None:
    """Another seed gives other papers, in an order that is not theirs."""
    one, other = draw_sample(IDS, 0.1, "2026-W17"), draw_sample(IDS, 0.1, "2026-W18")
    assert set(one) != set(other)
    assert one != sorted(one)


def test_the_surest_yes_is_that_of_the_judge_once_a_list_is_judged() -> None:
    """Until then it is certainty; papers that could not be judged do not count."""
    assert find_surest({"a": 2.0, "b": None}, 2) == CERTAIN
    assert find_surest({"a": 2.0, "b": None, "c": -1.0}, 2) == 2.0
