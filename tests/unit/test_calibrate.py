"""Refitting a judge's weight to votes: what is learned from, what is held out, what can never happen."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from fakes.evaluation_case import TOPIC, make_paper
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.adapters.hashing import HashingEmbedder
from triage.core.fusion import SHIPPED, Fusion, fit_fusion
from triage.core.rubric import Rubric, judge_fingerprint
from triage.core.verdict import Verdict
from triage.core.week import week_of
from triage.errors import InputError
from triage.evaluation.calibrate import (
    LEAST_LABELS,
    Labels,
    _label_week,
    _refit,
    _split,
    keep_refit,
    read_ballot,
    refit_topic,
)
from triage.evaluation.reliability import JudgedWeek
from triage.pipeline.fuse import find_fusion
from triage.pipeline.score import Bench
from triage.store.engine import Database
from triage.store.papers import StoredPaper, select_papers
from triage.store.schema import ensure_schema
from triage.store.upsert import upsert_papers
from triage.store.verdicts import StoredVerdict, VerdictKey, save_verdict
from triage.store.votes import record_votes

NOW = datetime(2026, 4, 20, tzinfo=UTC)
RUBRIC = Rubric(version=1, categories=("cs.AI",), topics=(TOPIC,))
KEY = VerdictKey(TOPIC.name, judge_fingerprint(RUBRIC, TOPIC.name), "made-up", "p1", "yes-no")
SHIPPED_YES_NO = SHIPPED["yes-no"]
MONDAYS = (date(2026, 3, 16), date(2026, 3, 23))
ON, ALL = 12, 36  # papers on the topic, and in all, per week: taste wants 20 others


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Two weeks of 36 papers, a third of each on the topic; a judge that agrees, and no vote."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'triage.db'}")
    await ensure_schema(database)
    papers = [
        replace(make_paper(week * 100 + n, relevant=n < ON, announced=monday), categories=("cs.AI",))
        for week, monday in enumerate(MONDAYS)
        for n in range(ALL)
    ]
    async with database.write() as session:
        await upsert_papers(session, papers, NOW)
        stored = await select_papers(session, [paper.arxiv_id for paper in papers])
        for paper in stored.values():
            said = Verdict(relevance=3.0 if is_on_topic(paper) else -3.0, grades=())
            await save_verdict(session, paper, KEY, StoredVerdict(said, None, (), 0, "cascade", NOW))
    yield Bench(database, HashingEmbedder(), RUBRIC, NOW)
    await database.close()


def is_on_topic(paper: StoredPaper) -> bool:
    """As `make_paper` made it."""
    return paper.paper.title.startswith("Agent")


async def vote(bench: Bench, votes: Mapping[str, int]) -> None:
    """1 or -1 by arXiv id."""
    async with bench.database.write() as session:
        await record_votes(session, TOPIC.name, votes, "test", NOW)


def votes_on(week: int, value: int = 1) -> dict[str, int]:
    """A vote on every paper of a week, `value` for those on the topic and the opposite for the rest."""
    return {make_paper(week * 100 + n).arxiv_id: value if n < ON else -value for n in range(ALL)}


async def read_logits(bench: Bench, week: int) -> list[float]:
    """The cheap logits that a week's papers are fitted with."""
    ballot = await read_ballot(bench, TOPIC)
    papers = [paper for paper in ballot.papers.values() if paper.paper.announced == MONDAYS[week]]
    labels = await _label_week(bench, ballot, week_of(MONDAYS[week]), papers)
    logits: list[float] = labels.rows.cheap.tolist()
    return logits


async def test_a_week_is_not_taught_by_its_own_votes(bench: Bench) -> None:
    """Turning all its votes round leaves its logits to the last bit; those of the other week move them."""
    await vote(bench, votes_on(0) | votes_on(1))
    first = await read_logits(bench, 1)
    await vote(bench, votes_on(1, -1))
    assert await read_logits(bench, 1) == first
    await vote(bench, votes_on(0, -1))
    assert await read_logits(bench, 1) != first


async def test_a_refit_is_kept_once_and_weighs_from_then_on(bench: Bench) -> None:
    """The second one finds its own coefficients in force and keeps nothing; none of it touches votes or verdicts."""
    await vote(bench, votes_on(0) | votes_on(1))
    ballot = await read_ballot(bench, TOPIC)
    refit = await refit_topic(bench, ballot)
    assert (refit.before, await find_fusion(bench.database, KEY)) == (SHIPPED_YES_NO, SHIPPED_YES_NO)
    assert (refit.labels, refit.positives, refit.weeks) == (72, 24, {"2026-W12": 36, "2026-W13": 36})
    assert await keep_refit(bench, refit)
    assert await find_fusion(bench.database, KEY) == refit.after
    again = await refit_topic(bench, await read_ballot(bench, TOPIC))
    assert (again.after, again.before) == (refit.after, refit.after)
    assert again.shift.mean == 0
    assert not await keep_refit(bench, again)


async def test_a_clock_that_stands_still_is_refused(bench: Bench) -> None:
    """Of two calibrations of one moment only the first would count."""
    await vote(bench, votes_on(0) | votes_on(1))
    refit = await refit_topic(bench, await read_ballot(bench, TOPIC))
    await keep_refit(bench, refit)
    later = replace(refit, after=Fusion(0.0, 1.0, 1.0, "another"))
    with pytest.raises(InputError, match="set the clock right"):
        await keep_refit(bench, later)
    assert await find_fusion(bench.database, KEY) == refit.after


async def test_too_few_labels_are_counted(bench: Bench) -> None:
    """All votes of one kind are too few of the other, however many there are."""
    with pytest.raises(InputError, match=r"0 votes on judged papers \(0 relevant, 0 not\)"):
        await read_ballot(bench, TOPIC)
    await vote(bench, dict.fromkeys(votes_on(0) | votes_on(1), 1))
    with pytest.raises(InputError, match=r"72 votes on judged papers \(72 relevant, 0 not\)"):
        await read_ballot(bench, TOPIC)


async def test_a_topic_that_was_never_judged_is_told_so(bench: Bench) -> None:
    """Also one whose wording changed since: its verdicts were given on another question."""
    reworded = replace(TOPIC, definition="Something else.")
    rubric = replace(RUBRIC, topics=(reworded,))
    with pytest.raises(InputError, match="agent-evaluation: 0 votes on judged papers"):
        await read_ballot(replace(bench, rubric=rubric), reworded)


def make_labels(seed: int, size: int = LEAST_LABELS) -> Labels:
    """Labels that have nothing to do with what was said."""
    random = np.random.default_rng(seed)
    rows = JudgedWeek(random.normal(0, 3, size), random.normal(0, 3, size), random.random(size) < 0.5)
    return Labels(tuple(f"2603.{seed * 100 + n:05d}" for n in range(size)), rows)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.floats(-10, 10), st.floats(-5, 5), st.floats(0, 5))
def test_no_votes_teach_that_a_surer_yes_is_worth_less(
    first: int, second: int, cheap: float, relevance: float, more: float
) -> None:
    """Nor that a better logit is, whatever the labels."""
    fusion = _refit(KEY, {"2026-W12": make_labels(first), "2026-W13": make_labels(second)}, SHIPPED_YES_NO).after
    assert fusion.combine(cheap, relevance + more) >= fusion.combine(cheap, relevance)
    assert fusion.combine(cheap + more, relevance) >= fusion.combine(cheap, relevance)


def test_held_out_labels_teach_nothing_of_themselves() -> None:
    """The probabilities measured for a week are those of a fit to the other week."""
    weeks = {"2026-W12": make_labels(1), "2026-W13": make_labels(2)}
    made = _refit(KEY, weeks, SHIPPED_YES_NO)
    others = [weeks["2026-W13"].rows, weeks["2026-W12"].rows]
    fits = [fit_fusion(each.cheap, each.relevance, each.relevant, SHIPPED_YES_NO) for each in others]
    odds = [fit.combine(week.rows.cheap, week.rows.relevance) for fit, week in zip(fits, weeks.values(), strict=True)]
    said, relevant = 1 / (1 + np.exp(-np.concatenate(odds))), np.concatenate([w.rows.relevant for w in weeks.values()])
    assert made.reliability["refitted"].brier == pytest.approx(float(np.mean((said - relevant) ** 2)))
    assert made.reliability["refitted"].papers == 2 * LEAST_LABELS


def test_fifths_hold_every_label_once_and_in_no_order_of_time() -> None:
    """Of 23 labels three fifths hold five and two hold four; the ids alone say which."""
    labels = make_labels(3, size=23)
    folds = _split(labels)
    assert sorted(len(fold.arxiv_ids) for fold in folds.values()) == [4, 4, 5, 5, 5]
    held = [arxiv_id for fold in folds.values() for arxiv_id in fold.arxiv_ids]
    assert sorted(held) == sorted(labels.arxiv_ids)
    assert held != sorted(held)
    logits = dict(zip(labels.arxiv_ids, labels.rows.cheap, strict=True))
    for fold in folds.values():
        assert [logits[arxiv_id] for arxiv_id in fold.arxiv_ids] == fold.rows.cheap.tolist()
