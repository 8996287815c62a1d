"""Calibrate: how a judge is weighed, refitted to a reader's own votes on papers that it judged.

A paper's own vote must not speak for it through taste, so the cheap logits of a week's papers come from a taste that
was learned without the votes on that week. What is fitted are probabilities of papers like those that were voted on:
who votes only on what is listed teaches nothing about the rest.
"""

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.fusion import SHIPPED, Fusion, fit_fusion, fuse_week
from triage.core.rubric import Topic, judge_fingerprint
from triage.core.taste import BACKGROUND_SIZE
from triage.core.week import Week, week_of
from triage.errors import InputError
from triage.evaluation import reliability
from triage.evaluation.corpus import gather_pool, gather_week
from triage.evaluation.ours import TriageRanker, to_probabilities
from triage.evaluation.records import Votes
from triage.evaluation.reliability import Bin, JudgedWeek, bin_papers, leave_one_week_out, measure_calibration
from triage.pipeline.fuse import find_fusion
from triage.pipeline.score import ENOUGH_BACKGROUND, SURELY_NOT, Bench
from triage.store.background import hash_order, sample_background
from triage.store.calibrations import Calibration, load_calibration, save_calibration
from triage.store.papers import StoredPaper, select_papers, select_week
from triage.store.verdicts import VerdictKey, choose_key, load_verdicts
from triage.store.votes import list_voted, load_votes

LEAST_LABELS, LEAST_OF_EACH = 20, 5
"""Votes on judged papers, and relevant and irrelevant ones among them, below which a fit would be noise: assumed."""

_FOLDS = 5  # of the labels, where they are all of one week


class Ballot(msgspec.Struct, frozen=True):
    """A topic's votes, 1 or -1 by arXiv id, the voted papers that the store has, and what the judge said of them."""

    topic: Topic
    key: VerdictKey
    votes: Mapping[str, int]
    papers: Mapping[str, StoredPaper]
    relevances: Mapping[str, float]


class Labels(msgspec.Struct, frozen=True, eq=False):
    """The voted and judged papers of one week, in the order of the rows."""

    arxiv_ids: tuple[str, ...]
    rows: JudgedWeek


class Shift(msgspec.Struct, frozen=True):
    """How far the labelled papers' probabilities move: the mean distance, and the paper that moves most."""

    mean: float
    arxiv_id: str
    before: float
    after: float


class Refit(msgspec.Struct, frozen=True, kw_only=True):
    """New coefficients of one topic beside those in force; `weeks` counts the labels of each.

    `reliability` is measured on the labels: of `shipped` and `refitted` coefficients on labels they never saw, and of
    those `in force`, where they are not the shipped ones, on labels that may have taught them. `bins` draw it.
    """

    key: VerdictKey
    weeks: dict[str, int]
    labels: int
    positives: int
    before: Fusion
    after: Fusion
    reliability: dict[str, reliability.Calibration]
    bins: dict[str, tuple[Bin, ...]]
    shift: Shift

    @property
    def is_better(self) -> bool:
        """Whether the Brier score on held-out labels is below that of the shipped coefficients."""
        return self.reliability["refitted"].brier < self.reliability["shipped"].brier


async def read_ballot(bench: Bench, topic: Topic) -> Ballot:
    """The votes on papers that the judge of most of them judged; raises `InputError` where they are too few."""
    async with bench.database.read() as session:
        votes = await load_votes(session, topic.name, topic.tags)
        papers = await select_papers(session, votes)
        print_ = judge_fingerprint(bench.rubric, topic.name)
        key = await choose_key(session, list(papers.values()), topic.name, print_)
        if key is None:
            raise _count_short(topic.name, 0, 0)
        verdicts = await load_verdicts(session, list(papers.values()), key)
    said = {each.key: each.paper.arxiv_id for each in papers.values() if _find_week(each)}
    relevances = {
        said[key]: stored.verdict.relevance
        for key, stored in verdicts.items()
        if stored.verdict is not None and key in said
    }
    positives = sum(votes[arxiv_id] > 0 for arxiv_id in relevances)
    _check_labels(topic.name, positives, len(relevances) - positives)
    return Ballot(topic, key, votes, papers, relevances)


async def refit_topic(bench: Bench, ballot: Ballot) -> Refit:
    """Fit to the ballot, and measure on held-out weeks; stores nothing but missing vectors; the same votes, the same.

    With labels of a single week, a fifth of them is held out at a time, chosen by a hash of the ids.
    """
    labels: dict[str, Labels] = {}
    weeks = _sort_by_week(ballot)
    for done, (week, papers) in enumerate(weeks.items()):
        bench.progress(f"calibrate {ballot.topic.name}", done, len(weeks))
        labels[str(week)] = await _label_week(bench, ballot, week, papers)
    bench.progress(f"calibrate {ballot.topic.name}", len(weeks), len(weeks))
    return _refit(ballot.key, labels, await find_fusion(bench.database, ballot.key))


async def keep_refit(bench: Bench, refit: Refit) -> bool:
    """Put it in force, unless these very coefficients are; whether that was so. Idempotent.

    Raises `InputError` where the clock says that another one is newer.
    """
    if refit.after == refit.before:
        return False
    error = refit.reliability["refitted"].error_count
    made = Calibration(refit.after, refit.labels, refit.positives, error, bench.now)
    async with bench.database.write() as session:
        await save_calibration(session, refit.key, made)
        found = await load_calibration(session, refit.key)
        if found != made:
            raise InputError(
                f"The store holds a calibration of {found.created_at if found else bench.now:%Y-%m-%d %H:%M:%S} UTC, "
                "which is not older than this one: set the clock right, and run this again."
            )
    return True


def _check_labels(topic: str, positives: int, negatives: int) -> None:
    if positives + negatives >= LEAST_LABELS and min(positives, negatives) >= LEAST_OF_EACH:
        return
    raise _count_short(topic, positives, negatives)


def _count_short(topic: str, positives: int, negatives: int) -> InputError:
    return InputError(
        f"{topic}: {positives + negatives} votes on judged papers ({positives} relevant, {negatives} not), where "
        f"{LEAST_LABELS} with {LEAST_OF_EACH} of each kind are needed. "
        "Vote on papers that triage judge has judged, those marked ? on the "
        f"shortlist too: triage shortlist --week WEEK --topic {topic}, then triage vote."
    )


def _find_week(paper: StoredPaper) -> Week | None:
    return None if paper.paper.announced is None else week_of(paper.paper.announced)


def _sort_by_week(ballot: Ballot) -> dict[Week, list[StoredPaper]]:
    weeks: dict[Week, list[StoredPaper]] = {}
    for arxiv_id in sorted(ballot.relevances):
        paper = ballot.papers[arxiv_id]
        if week := _find_week(paper):
            weeks.setdefault(week, []).append(paper)
    return {week: weeks[week] for week in sorted(weeks)}


async def _label_week(bench: Bench, ballot: Ballot, week: Week, papers: list[StoredPaper]) -> Labels:
    candidates = await gather_week(bench, week, papers)
    ids = tuple(paper.arxiv_id for paper in candidates.papers)
    votes = await _draw_votes(bench, ballot, week)
    cheap = TriageRanker(bench.embedder.embed).measure_logits(ballot.topic, votes, candidates)
    relevance = np.array([ballot.relevances[arxiv_id] for arxiv_id in ids])
    return Labels(ids, JudgedWeek(cheap, relevance, np.array([ballot.votes[arxiv_id] > 0 for arxiv_id in ids])))


async def _draw_votes(bench: Bench, ballot: Ballot, week: Week) -> Votes:
    """What taste may learn from: all votes but those on papers of the week, and the background of that week."""
    others = [paper for _, paper in sorted(ballot.papers.items()) if _find_week(paper) != week]
    liked = [paper for paper in others if ballot.votes[paper.paper.arxiv_id] > 0]
    disliked = [paper for paper in others if ballot.votes[paper.paper.arxiv_id] < 0]
    # Without other votes taste is silent, whatever the background.
    background = await _draw_background(bench, ballot.topic, week) if others else []
    return Votes(*[await gather_pool(bench, papers) for papers in (liked, disliked, background)])


async def _draw_background(bench: Bench, topic: Topic, week: Week) -> list[StoredPaper]:
    """As `pipeline.score` does when it scores the week."""
    async with bench.database.read() as session:
        voted = await list_voted(session, [tag for each in bench.rubric.topics for tag in each.tags])
        found = await sample_background(session, bench.embedder.name, week, BACKGROUND_SIZE, without=voted)
        papers = await select_week(session, week, bench.rubric.categories)
    if len(found) >= ENOUGH_BACKGROUND:
        return found
    pool = await gather_week(bench, week, papers)
    nobody = pool.take(())
    prior = TriageRanker(bench.embedder.embed).score(topic, Votes(nobody, nobody, nobody), pool)
    return found + [
        paper
        for paper, probability in zip(papers, prior, strict=True)
        if probability < SURELY_NOT and paper.paper.arxiv_id not in voted
    ]


def _refit(key: VerdictKey, weeks: Mapping[str, Labels], before: Fusion) -> Refit:
    shipped = SHIPPED[key.form]
    folds = weeks if len(weeks) > 1 else _split(*weeks.values())
    labels = _join(folds)
    rows = labels.rows
    after = fit_fusion(rows.cheap, rows.relevance, rows.relevant, shipped)
    held_out = leave_one_week_out({name: fold.rows for name, fold in folds.items()}, shipped)
    said = {"shipped": _fuse(rows, shipped), "in force": _fuse(rows, before)}
    said["refitted"] = np.concatenate([fold.said for fold in held_out.values()])
    if before == shipped:
        del said["in force"]
    return Refit(
        key=key,
        weeks={week: len(each.arxiv_ids) for week, each in weeks.items()},
        labels=len(labels.arxiv_ids),
        positives=int(rows.relevant.sum()),
        before=before,
        after=after,
        reliability={name: measure_calibration(each, rows.relevant) for name, each in said.items()},
        bins={name: bin_papers(each, rows.relevant) for name, each in said.items()},
        shift=_measure_shift(labels, before, after),
    )


def _split(week: Labels) -> dict[str, Labels]:
    """Fifths, each as large as the others."""
    order = sorted(range(len(week.arxiv_ids)), key=lambda row: hash_order(week.arxiv_ids[row]))
    return {f"fold {fold + 1}": _take(week, order[fold::_FOLDS]) for fold in range(_FOLDS)}


def _take(labels: Labels, rows: list[int]) -> Labels:
    held = labels.rows
    return Labels(
        tuple(labels.arxiv_ids[row] for row in rows),
        JudgedWeek(held.cheap[rows], held.relevance[rows], held.relevant[rows]),
    )


def _join(parts: Mapping[str, Labels]) -> Labels:
    rows = [part.rows for part in parts.values()]
    return Labels(
        tuple(arxiv_id for part in parts.values() for arxiv_id in part.arxiv_ids),
        JudgedWeek(
            np.concatenate([each.cheap for each in rows]),
            np.concatenate([each.relevance for each in rows]),
            np.concatenate([each.relevant for each in rows]),
        ),
    )


def _fuse(rows: JudgedWeek, fusion: Fusion) -> NDArray[np.float64]:
    return to_probabilities(fuse_week(rows.cheap, rows.relevance, fusion))


def _measure_shift(labels: Labels, before: Fusion, after: Fusion) -> Shift:
    old, new = _fuse(labels.rows, before), _fuse(labels.rows, after)
    most = int(np.argmax(np.abs(new - old)))
    return Shift(float(np.mean(np.abs(new - old))), labels.arxiv_ids[most], float(old[most]), float(new[most]))
