"""Draw audit: a few papers below the line of each list, at random, for readers to say whether they are relevant.

Papers can be drawn that no reader of the list was shown: not those on it, beside it as exploration, thinned as
near-copies, withdrawn, or published in another week's list. Nor those that votes had made relevant or not before: they
are known, and whoever voted chose them. Drawn, they would be answered although nobody asked, and weeks would enter the
estimate for holding what is on somebody's reading list, or what votes pushed off a draft. The relevant ones among them
are counted instead (`Band.known`). Nothing is drawn before the week is over: the estimate is to speak of whole weeks.

The fair rule: a draw is made anew with its list, and stays for good from the first answer on, that is, once anybody
voted on a paper that it asks about. An answer may lift its paper onto the draft and others with it; were the draw then
made again, papers that are known to be missed would leave it, and the estimate would promise too much. So it speaks of
the list as it stood when the papers were drawn. Publishing changes no draw, and a list that was published without one
gets it when it is built next.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from triage.core.announcements import completed_at
from triage.core.bands import Band, Below, draw_papers
from triage.core.ranking import Candidate, choose_places, order_candidates
from triage.core.rubric import Topic
from triage.core.week import parse_week
from triage.pipeline.list_scores import load_list_scores
from triage.pipeline.score import Bench
from triage.store.audits import Audit, Drawn, load_audit, replace_audit
from triage.store.embeddings import load_vectors
from triage.store.papers import StoredPaper
from triage.store.shortlists import Shortlist, list_published_papers
from triage.store.votes import load_votes


class Field(msgspec.Struct, frozen=True):
    """What a list was chosen from: all that could have a place, and the ids of those thinned as near-copies.

    `votes` are 1 or -1 by arXiv id, over all readers, as of then.
    """

    candidates: Sequence[Candidate]
    copies: Collection[str]
    votes: Mapping[str, int]


async def keep_audit(bench: Bench, topic: Topic, shortlist: Shortlist, field: Field) -> None:
    """Draw below the list, unless its week is not over, the rubric asks for nothing, or the draw is answered.

    Idempotent: the same list of the same field is drawn from once.
    """
    if not _is_due(bench, shortlist):
        return
    audit, keys = draw_audit(shortlist, field, bench.rubric.shortlist.audit)
    audit = replace(audit, drawn_at=bench.now)
    async with bench.database.read() as session:
        kept = await load_audit(session, audit.topic, audit.week)
    if kept is None or replace(kept, drawn_at=bench.now) != audit:
        async with bench.database.write() as session:
            await replace_audit(session, audit, keys, topic.tags)


async def fill_audit(bench: Bench, topic: Topic, published: Shortlist, papers: Sequence[StoredPaper]) -> None:
    """Draw below a published list that has no draw, by the scores that it rests on; without those, leave it."""
    if not _is_due(bench, published):
        return
    async with bench.database.read() as session:
        if await load_audit(session, published.topic, published.week) is not None:
            return
        scores = await load_list_scores(session, published, papers)
        shown = await list_published_papers(session, published.topic, other_than=published.week)
        vectors = await load_vectors(session, papers, bench.embedder.name)
        votes = await load_votes(session, topic.name, topic.tags)
    listed = {entry.arxiv_id for entry in published.entries}
    candidates = [
        Candidate(paper.key, paper.paper.arxiv_id, scores[paper.key].value, 0.0, vectors[paper.key])
        for paper in papers
        if paper.key in scores and paper.key in vectors
        if paper.paper.arxiv_id in listed or not (paper.paper.is_withdrawn or paper.key in shown)
    ]
    if listed <= {each.arxiv_id for each in candidates}:
        places = choose_places(candidates, len(published.ranked), 0)
        await keep_audit(bench, topic, published, Field(candidates, places.copies, votes))


def draw_audit(shortlist: Shortlist, field: Field, sample: int) -> tuple[Audit, list[int]]:
    """The draw that this list makes, as of when it was built, and the keys of its papers, in their order."""
    shown = {entry.arxiv_id for entry in shortlist.entries} | set(field.copies)
    listed = {entry.arxiv_id for entry in shortlist.ranked}
    ranked = list(enumerate(order_candidates(field.candidates), 1))
    below = [Below(each.arxiv_id, rank, each.score) for rank, each in ranked if each.arxiv_id not in shown]
    known = [paper.rank for paper in below if field.votes.get(paper.arxiv_id, 0) > 0]
    unknown = [paper for paper in below if paper.arxiv_id not in field.votes]
    drawn = draw_papers(unknown, sample, f"{shortlist.topic} {shortlist.week}", known)
    band_of = dict.fromkeys(listed, 0)
    band_of |= {arxiv_id: number for number, draw in enumerate(drawn, 1) for arxiv_id in draw.arxiv_ids}
    chosen = [(rank, each) for rank, each in ranked if each.arxiv_id in band_of]
    audit = Audit(
        topic=shortlist.topic,
        week=shortlist.week,
        fingerprint=shortlist.fingerprint,
        scorer=shortlist.scorer,
        drawn_at=shortlist.built_at,
        bands=(
            _sum_up((rank, each) for rank, each in chosen if each.arxiv_id in listed),
            *(each.band for each in drawn),
        ),
        papers=tuple(Drawn(each.arxiv_id, band_of[each.arxiv_id], rank) for rank, each in chosen),
    )
    return audit, [each.key for _, each in chosen]


def _sum_up(listed: Iterable[tuple[int, Candidate]]) -> Band:
    """The list as a band of its own."""
    ranks, candidates = zip(*listed, strict=True)
    return Band(ranks[0], ranks[-1], len(ranks), sum(each.score for each in candidates))


def _is_due(bench: Bench, shortlist: Shortlist) -> bool:
    is_over = completed_at(parse_week(shortlist.week)) <= bench.now
    return is_over and bench.rubric.shortlist.audit > 0 and bool(shortlist.ranked)
