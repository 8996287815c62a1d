"""Rescore: what another rubric would make of a week's shortlist, and why; nothing but scores is kept of it."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from triage.core.rubric import find_topic, fingerprint, judge_fingerprint
from triage.core.week import Week
from triage.pipeline.comparison import Comparison, Side, explain_change, find_score
from triage.pipeline.list_scores import load_list_scores
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import draft_shortlist, select_papers_of
from triage.store.engine import Database
from triage.store.papers import StoredPaper, select_papers
from triage.store.scores import Score
from triage.store.shortlists import Shortlist, load_shortlist

_FAR = 3  # places from which a move is told


class Change(msgspec.Struct, frozen=True):
    """A paper's place on the old and on the new list, None where it has none, and why; scores where they are known."""

    arxiv_id: str
    title: str
    old_rank: int | None
    new_rank: int | None
    old_score: float | None
    new_score: float | None
    why: tuple[str, ...]


class Rescore(msgspec.Struct, frozen=True, kw_only=True):
    """Two lists of one topic and week compared, exploration left aside; `moved` are those by three places and more.

    The old list is the published one as it stands where `is_published`, else what the rubric in force makes now.
    """

    topic: str
    week: str
    is_published: bool
    old_fingerprint: str
    new_fingerprint: str
    old_places: int
    new_places: int
    old_judged: int
    new_judged: int
    entered: tuple[Change, ...]
    left: tuple[Change, ...]
    moved: tuple[Change, ...]

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.entered or self.left or self.moved)


async def plan_rescore(bench_now: Bench, bench_new: Bench, topic: str, week: Week) -> Rescore:
    """Compare the lists of two rubrics with the same votes and vectors, each with the verdicts given under its wording.

    A published list is compared as it stands, a draft as it would be rebuilt, in the size somebody gave it. Stores no
    list; scores are kept under their own fingerprints. Raises `UnknownTopicError`, and `InputError` without papers.
    """
    now, new = find_topic(bench_now.rubric, topic), find_topic(bench_new.rubric, topic)
    async with bench_now.database.read() as session:
        stored = await load_shortlist(session, topic, str(week))
    size_now, size_new = bench_now.rubric.shortlist.size, bench_new.rubric.shortlist.size
    papers_now, papers_new = await select_papers_of(bench_now, week), await select_papers_of(bench_new, week)
    if stored is not None and stored.published_at is not None:
        before = stored
    else:
        before, _ = await draft_shortlist(bench_now, now, week, papers_now, stored.size if stored else size_now)
    size = before.size if size_now == size_new else size_new
    after, _ = await draft_shortlist(bench_new, new, week, papers_new, size)
    async with bench_now.database.read() as session:
        papers = await select_papers(session, (entry.arxiv_id for entry in (*before.ranked, *after.ranked)))
    compared = Comparison(
        old=await _open_side(bench_now.database, before, papers_now, papers),
        new=await _open_side(bench_new.database, after, papers_new, papers),
        papers=papers,
        topics=(now, new) if before.fingerprint == fingerprint(bench_now.rubric, topic) else None,
        is_reworded=judge_fingerprint(bench_now.rubric, topic) != judge_fingerprint(bench_new.rubric, topic),
    )
    return _compare(compared)


async def _open_side(
    database: Database, shortlist: Shortlist, week: Sequence[StoredPaper], papers: Mapping[str, StoredPaper]
) -> Side:
    return Side(
        shortlist=shortlist,
        ranks={entry.arxiv_id: entry.rank for entry in shortlist.ranked},
        read=frozenset(paper.paper.arxiv_id for paper in week),
        scores=await _load_kept(database, shortlist, papers),
    )


async def _load_kept(database: Database, shortlist: Shortlist, papers: Mapping[str, StoredPaper]) -> dict[str, Score]:
    """The scores behind a list, by arXiv id: fused ones, and under the name before the judge's those not judged."""
    async with database.read() as session:
        found = await load_list_scores(session, shortlist, list(papers.values()))
    return {arxiv_id: found[paper.key] for arxiv_id, paper in papers.items() if paper.key in found}


def _compare(compared: Comparison) -> Rescore:
    old, new = compared.old, compared.new
    stayed = [arxiv_id for arxiv_id in new.ranks if arxiv_id in old.ranks]
    return Rescore(
        topic=new.shortlist.topic,
        week=new.shortlist.week,
        is_published=old.shortlist.published_at is not None,
        old_fingerprint=old.shortlist.fingerprint,
        new_fingerprint=new.shortlist.fingerprint,
        old_places=len(old.ranks),
        new_places=len(new.ranks),
        old_judged=old.judged,
        new_judged=new.judged,
        entered=_tell(compared, (each for each in new.ranks if each not in old.ranks)),
        left=_tell(compared, (each for each in old.ranks if each not in new.ranks)),
        moved=_tell(compared, (each for each in stayed if abs(new.ranks[each] - old.ranks[each]) >= _FAR)),
    )


def _tell(compared: Comparison, arxiv_ids: Iterable[str]) -> tuple[Change, ...]:
    return tuple(
        Change(
            arxiv_id=arxiv_id,
            title=compared.papers[arxiv_id].paper.title,
            old_rank=compared.old.ranks.get(arxiv_id),
            new_rank=compared.new.ranks.get(arxiv_id),
            old_score=find_score(compared.old, arxiv_id),
            new_score=find_score(compared.new, arxiv_id),
            why=tuple(explain_change(compared, arxiv_id)),
        )
        for arxiv_id in arxiv_ids
    )
