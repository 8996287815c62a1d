"""Tuning a rubric: what each cue reaches in a week, what another wording would change, what a score is made of."""

import statistics
from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec.structs import replace

from triage.core.cues import count_phrases, normalise_words
from triage.core.latex import read_latex
from triage.core.map_drawing import name_themes
from triage.core.rubric import Cue, Rubric, Topic, find_topic, fold_phrase
from triage.pipeline.embed import embed_papers
from triage.pipeline.fuse import score_topic
from triage.pipeline.rescore import Change, Rescore, plan_rescore
from triage.store.papers import StoredPaper
from triage.store.scores import Score
from triage.store.shortlists import Shortlist
from triage.study.opening import Study
from triage.study.tables import Link, Table, link_paper

_MOST_ROWS = 15
_LAST = 3  # places
_BELOW = 2  # as many papers below the line as twice the list holds are near it


class RankedPaper(msgspec.Struct, frozen=True):
    """A paper of the week, its score with parts, and its rank among all of them, from 1."""

    rank: int
    stored: StoredPaper
    score: Score

    @property
    def title(self) -> str:
        """In plain Unicode."""
        return read_latex(self.stored.paper.title)


class Reach(msgspec.Struct, frozen=True):
    """The week's papers that say a phrase, the best ranked first; `in_title` those that say it there."""

    phrase: str
    papers: tuple[RankedPaper, ...]
    in_title: frozenset[int]
    """Keys of papers."""


async def rank_week(study: Study, topic: Topic) -> tuple[RankedPaper, ...]:
    """Every paper of the week as the topic's score ranks it; what has no vector or score yet gets one."""
    papers = await study.list_papers()
    await embed_papers(study.bench.database, study.bench.embedder, papers, week=str(study.week))
    scored, _, _ = await score_topic(study.bench, topic, study.week, papers)
    ordered = sorted(papers, key=lambda each: (-scored.scores[each.key].value, each.paper.arxiv_id))
    return tuple(RankedPaper(rank, each, scored.scores[each.key]) for rank, each in enumerate(ordered, 1))


def find_reach(ranked: Sequence[RankedPaper], phrase: str) -> Reach:
    """Who says a phrase, matched as cues are."""
    found, in_title = [], set()
    for each in ranked:
        paper = each.stored.paper
        title, abstract = (count_phrases(normalise_words(text), (phrase,))[0] for text in (paper.title, paper.abstract))
        if title or abstract:
            found.append(each)
        if title:
            in_title.add(each.stored.key)
    return Reach(phrase, tuple(found), frozenset(in_title))


def list_cues(ranked: Sequence[RankedPaper], topic: Topic, shortlist: Shortlist) -> Table:
    """The cues that listed papers say, those of the most first, and how far each reaches beyond them."""
    listed = {entry.arxiv_id for entry in shortlist.ranked}
    counted = [(cue, *_count_listed(find_reach(ranked, cue.phrase), listed)) for cue in topic.cues]
    counted.sort(key=lambda row: (-row[2], row[1], row[0].phrase))
    silent = sum(count == 0 for _, count, _, _ in counted)
    return Table(
        columns=("Cue", "Weight", "Papers that say it", "Of them on the list", "Their median rank"),
        rows=tuple(
            (cue.phrase, f"{cue.weight:g}", f"{count:,}", f"{inside:,}", "–" if rank is None else f"{rank:,.0f}")  # noqa: RUF001 - a dash for none
            for cue, count, inside, rank in counted[:_MOST_ROWS]
        ),
        caption=(
            f"{min(_MOST_ROWS, len(counted))} of {len(counted)} cues, by listed papers that say them, in "
            f"{len(ranked):,} papers; {silent} cues are said by none this week."
        ),
        numbers=(1, 2, 3, 4),
    )


def choose_cue(ranked: Sequence[RankedPaper], topic: Topic, shortlist: Shortlist) -> Cue:
    """The cue that carries the last places most, by its weight times the papers there that say it.

    Papers further up say several cues and would stay without any one of them.
    """
    listed = {entry.arxiv_id for entry in shortlist.ranked[-_LAST:]}
    carried = {cue: cue.weight * _count_listed(find_reach(ranked, cue.phrase), listed)[1] for cue in topic.cues}
    return max(carried, key=lambda cue: (carried[cue], cue.phrase))


def suggest_cues(ranked: Sequence[RankedPaper], rubric: Rubric, shortlist: Shortlist) -> tuple[str, ...]:
    """What titles just below the line say and the rest of the week hardly does, as far as it is no topic's cue yet.

    Whether a phrase is a good cue, only a reader can tell: papers just below the line are often rightly there.
    """
    listed = {entry.arxiv_id for entry in shortlist.entries}
    others = [each for each in ranked if each.stored.paper.arxiv_id not in listed]
    near = _BELOW * shortlist.size
    groups = np.array([0] * min(near, len(others)) + [1] * max(0, len(others) - near), np.int64)
    words = name_themes([each.title for each in others], groups)[0].split(", ") if others else []
    cues = tuple(cue.phrase for topic in rubric.topics for cue in topic.cues)
    return tuple(word for word in words if word and not any(count_phrases(normalise_words(word), cues)))


def find_nearest_miss(ranked: Sequence[RankedPaper], shortlist: Shortlist) -> RankedPaper:
    """The best paper below the line, near-copies and withdrawn ones aside; the week's last where all have places."""
    listed = {entry.arxiv_id for entry in shortlist.entries}
    bar = shortlist.ranked[-1].score if shortlist.ranked else 1.0
    below = (
        each
        for each in ranked
        if each.score.value <= bar and not each.stored.paper.is_withdrawn and each.stored.paper.arxiv_id not in listed
    )
    return next(below, ranked[-1])


def find_weight(topic: Topic, phrase: str) -> float:
    """Of the topic's cue for a phrase; 0 where it has none."""
    return next((cue.weight for cue in topic.cues if fold_phrase(cue.phrase) == fold_phrase(phrase)), 0.0)


def set_cue(rubric: Rubric, topic: Topic, phrase: str, weight: float) -> Rubric:
    """The rubric with that cue of the topic at that weight, new or not; 0 takes it out. The file stays as it is."""
    kept = tuple(cue for cue in topic.cues if fold_phrase(cue.phrase) != fold_phrase(phrase))
    changed = replace(topic, cues=(*kept, Cue(phrase, weight)) if weight else kept)
    return replace(rubric, topics=tuple(changed if each.name == topic.name else each for each in rubric.topics))


def write_cue(phrase: str, weight: float) -> str:
    """The line that says it in a rubric file, below `cues`; for weight 0 the one to delete."""
    line = f"      - {{ phrase: {msgspec.json.encode(phrase).decode()}, weight: {weight:g} }}"
    return line if weight else f"# delete the line of the cue {phrase}"


async def compare_rubrics(study: Study, rubric: Rubric, topic: Topic) -> Rescore:
    """What another rubric makes of the topic's week, as `triage rescore --dry-run` does; no list is stored."""
    find_topic(rubric, topic.name)
    return await plan_rescore(study.bench, replace(study.bench, rubric=rubric), topic.name, study.week)


def list_changes(rescore: Rescore) -> Table:
    """Who enters, leaves and moves by three places or more, and why."""
    kinds = (("enters", rescore.entered), ("leaves", rescore.left), ("moves", rescore.moved))
    counts = (
        f"{len(rescore.entered)} enter, {len(rescore.left)} leave, {len(rescore.moved)} move by three places or more"
    )
    return Table(
        columns=("", "Place", "Score", "Paper", "Title", "Why"),
        rows=tuple(_to_row(kind, change) for kind, changes in kinds for change in changes),
        caption=f"{rescore.new_places} places: {counts}",
        numbers=(1, 2),
    )


def list_places(shortlist: Shortlist) -> Table:
    """The ranked places with their reasons."""
    state = "published, as it stands for good" if shortlist.published_at else "a draft"
    return Table(
        columns=("Place", "Score", "Paper", "Title", "Why"),
        rows=tuple(
            (
                str(entry.rank),
                f"{entry.score:.2f}",
                link_paper(entry.arxiv_id),
                read_latex(entry.title),
                "; ".join(entry.reasons),
            )
            for entry in shortlist.ranked
        ),
        caption=f"{len(shortlist.ranked)} of {shortlist.considered:,} papers of {shortlist.week}; {state}",
        numbers=(0, 1),
    )


def _to_row(kind: str, change: Change) -> tuple[str | Link, ...]:
    places = " → ".join("–" if rank is None else str(rank) for rank in (change.old_rank, change.new_rank))  # noqa: RUF001
    scores = " → ".join("?" if score is None else f"{score:.2f}" for score in (change.old_score, change.new_score))
    return kind, places, scores, link_paper(change.arxiv_id), read_latex(change.title), "; ".join(change.why)


def _count_listed(reach: Reach, listed: set[str]) -> tuple[int, int, float | None]:
    """All papers, those on the list, and the median rank of all, None where there are none."""
    inside = sum(each.stored.paper.arxiv_id in listed for each in reach.papers)
    ranks = [each.rank for each in reach.papers]
    return len(ranks), inside, statistics.median(ranks) if ranks else None
