"""Shortlist: the top of a topic's week, each place with its reasons and takeaway, rebuilt freely until published."""

import time
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.announcements import completed_at
from triage.core.prior import read_words
from triage.core.ranking import Candidate, Places, choose_places
from triage.core.reasons import explain_place, explain_verdict
from triage.core.rubric import Topic
from triage.core.week import Week
from triage.errors import InputError
from triage.pipeline.draw_audit import Field, fill_audit, keep_audit
from triage.pipeline.embed import embed_papers
from triage.pipeline.fuse import Opinion, score_topic
from triage.pipeline.report import StepReport
from triage.pipeline.score import Bench, Scored
from triage.pipeline.takeaways import choose_takeaway
from triage.store.embeddings import load_vectors, stack_vectors
from triage.store.papers import StoredPaper, select_week
from triage.store.shortlists import (
    Entry,
    Shortlist,
    confirm_shortlist,
    list_published_papers,
    load_shortlist,
    publish_shortlist,
    replace_shortlist,
)
from triage.store.verdicts import StoredVerdict

_ALIKE = 0.6  # cosine from which a voted paper is named as a reason
_NAMED = 2


class _Draft(msgspec.Struct, frozen=True):
    """A shortlist that is not stored yet, the keys of its papers in its order, and what it was chosen from."""

    shortlist: Shortlist
    keys: list[int]
    field: Field


async def select_papers_of(bench: Bench, week: Week) -> list[StoredPaper]:
    """The week's papers; `InputError` says what to do when there are none."""
    async with bench.database.read() as session:
        papers = await select_week(session, week, bench.rubric.categories)
    if not papers:
        raise InputError(
            f"The store has no papers of {week} in {', '.join(bench.rubric.categories)}. "
            "Import a file that covers it (triage import FILE), "
            f"or ask arXiv (triage harvest --week {week})."
        )
    return papers


async def build_shortlist(
    bench: Bench, topic: Topic, week: Week, size: int | None = None, *, publish: bool = False
) -> tuple[Shortlist, StepReport]:
    """The shortlist as the votes of now make it, embedding and scoring what is missing; a frozen one as it is.

    Building twice gives the same list. `size` counts ranked places; exploration stands beside them. Below the line,
    papers are drawn for the miss audit.
    """
    started = time.monotonic()
    papers = await select_papers_of(bench, week)
    async with bench.database.read() as session:
        frozen = await load_shortlist(session, topic.name, str(week))
    if frozen is not None and frozen.published_at is not None:
        await fill_audit(bench, topic, frozen, papers)
        return frozen, _report(frozen, 0, started)
    draft = await _draft(bench, topic, week, papers, size or bench.rubric.shortlist.size)
    done = await _keep(bench, week, frozen, draft)
    await keep_audit(bench, topic, draft.shortlist, draft.field)
    if publish:
        async with bench.database.write() as session:
            await publish_shortlist(session, topic.name, str(week), bench.now)
    async with bench.database.read() as session:
        stored = await load_shortlist(session, topic.name, str(week))
    if stored is None:
        raise InputError(f"The shortlist of {topic.name} for {week} was removed while it was built; run this again.")
    return stored, _report(stored, done, started)


async def _keep(bench: Bench, week: Week, old: Shortlist | None, draft: _Draft) -> int:
    """Put the draft in the old one's place if it is another, and say how many places were written."""
    shortlist = draft.shortlist
    if old is None or _is_other(old, shortlist):
        async with bench.database.write() as session:
            await replace_shortlist(session, shortlist, draft.keys)
        return len(shortlist.entries)
    if old.built_at < completed_at(week) <= bench.now:  # a list made before the week was over is never mailed
        async with bench.database.write() as session:
            await confirm_shortlist(session, shortlist.topic, shortlist.week, bench.now)
    return 0


async def draft_shortlist(
    bench: Bench, topic: Topic, week: Week, papers: Sequence[StoredPaper], size: int
) -> tuple[Shortlist, list[int]]:
    """The shortlist that these papers make, and their keys in its order; only vectors and scores are kept of it."""
    draft = await _draft(bench, topic, week, papers, size)
    return draft.shortlist, draft.keys


async def _draft(bench: Bench, topic: Topic, week: Week, papers: Sequence[StoredPaper], size: int) -> _Draft:
    await embed_papers(bench.database, bench.embedder, papers, week=str(week), progress=bench.progress)
    scored, opinion, _ = await score_topic(bench, topic, week, papers)
    return await _choose(bench, Ranking(scored, opinion, week, papers), size)


class Ranking(msgspec.Struct, frozen=True):
    """A scored week, and what a judge said of it."""

    scored: Scored
    opinion: Opinion | None
    week: Week
    papers: Sequence[StoredPaper]

    def find_verdict(self, key: int) -> StoredVerdict | None:
        """Of a paper; None where nobody was asked about it."""
        return self.opinion.verdicts.get(key) if self.opinion else None


async def _choose(bench: Bench, ranking: Ranking, size: int) -> _Draft:
    scored, papers = ranking.scored, ranking.papers
    async with bench.database.read() as session:
        shown = await list_published_papers(session, scored.topic.name, other_than=str(ranking.week))
        vectors = await load_vectors(session, [*papers, *scored.voted.relevant], bench.embedder.name)
    open_papers = {paper.key: paper for paper in papers if not paper.paper.is_withdrawn and paper.key not in shown}
    candidates = [
        Candidate(
            key,
            paper.paper.arxiv_id,
            scored.scores[key].value,
            scored.scores[key].parts["meaning"],
            vectors[key],
        )
        for key, paper in open_papers.items()
    ]
    places = choose_places(candidates, size, bench.rubric.shortlist.exploration)
    liked = [paper for paper in scored.voted.relevant if paper.key in vectors]
    chosen = [("ranked", place) for place in enumerate(places.ranked, 1)]
    chosen += [("exploration", place) for place in enumerate(places.explored, 1)]
    languages = bench.rubric.judge.languages
    entries = tuple(
        _write_entry(ranking, kind, rank, open_papers[place.key], _list_ties(place, places, liked, vectors), languages)
        for kind, (rank, place) in chosen
    )
    shortlist = Shortlist(
        topic=scored.topic.name,
        week=str(ranking.week),
        size=size,
        fingerprint=scored.key.fingerprint,
        scorer=scored.key.scorer,
        considered=len(papers),
        built_at=bench.now,
        published_at=None,
        entries=entries,
    )
    votes = {each.paper.arxiv_id: 1 for each in scored.voted.relevant}
    votes |= {each.paper.arxiv_id: -1 for each in scored.voted.irrelevant}
    return _Draft(shortlist, [place.key for _, (_, place) in chosen], Field(candidates, places.copies, votes))


def _write_entry(
    ranking: Ranking, kind: str, rank: int, stored: StoredPaper, ties: Sequence[str], languages: Sequence[str]
) -> Entry:
    paper, score = stored.paper, ranking.scored.scores[stored.key]
    found, judge = ranking.find_verdict(stored.key), ranking.opinion.key.judge if ranking.opinion else ""
    verdict = found.verdict if found else None
    takeaway = choose_takeaway(paper, verdict, judge, languages)
    return Entry(
        kind=kind,
        rank=rank,
        arxiv_id=paper.arxiv_id,
        title=paper.title,
        score=score.value,
        reasons=(*_explain(ranking, kind, stored), *ties),
        takeaway=takeaway.text,
        takeaway_source=takeaway.source,
        is_withdrawn=paper.is_withdrawn,
        version=paper.version,
        newest=paper.version,
        takeaway_by=takeaway.by,
        takeaways=takeaway.others,
        judgement="judged" if verdict else "not judged",
    )


def _explain(ranking: Ranking, kind: str, stored: StoredPaper) -> list[str]:
    """Reasons that lie in the paper itself, and in what a judge said of it."""
    words = read_words(stored.paper.title, stored.paper.abstract)
    parts = ranking.scored.scores[stored.key].parts
    reasons = explain_place(words, stored.paper.abstract, ranking.scored.topic, parts)
    if kind == "exploration":
        reasons = ["exploration: near the topic in meaning, ranked below the list by its words", *reasons]
    found = ranking.find_verdict(stored.key)
    if found is None:
        return reasons
    flags = [f"flagged: {flag}" for flag in found.flags]
    if found.verdict is None:
        # What follows the colon may quote a model or a server, which is for `triage calls` and not for readers.
        return [*reasons, f"not judged: {(found.reason or '').partition(':')[0]}", *flags]
    return [*reasons, *explain_verdict(found.verdict), *flags]


def _list_ties(
    place: Candidate, places: Places, liked: Sequence[StoredPaper], vectors: Mapping[int, NDArray[np.float32]]
) -> list[str]:
    """Reasons that lie in other papers: voted ones it is like, and near-copies that it stands for."""
    ties = [f"like {arxiv_id}, which was marked relevant" for arxiv_id in _find_alike(place, liked, vectors)]
    copies = [copy for copy, original in places.copies.items() if original == place.arxiv_id]
    return ties + [f"stands for {copy} too, which is nearly the same" for copy in copies]


def _find_alike(
    place: Candidate, liked: Sequence[StoredPaper], vectors: Mapping[int, NDArray[np.float32]]
) -> list[str]:
    """Ids of the voted papers it is most like, itself not among them."""
    others = [paper for paper in liked if paper.key != place.key]
    if not others:
        return []
    likeness = stack_vectors(others, vectors) @ place.vector
    best = np.argsort(-likeness, kind="stable")[:_NAMED]
    return [others[index].paper.arxiv_id for index in best if likeness[index] >= _ALIKE]


def _is_other(old: Shortlist, new: Shortlist) -> bool:
    return (old.size, old.fingerprint, old.scorer, old.considered, old.entries) != (
        new.size,
        new.fingerprint,
        new.scorer,
        new.considered,
        new.entries,
    )


def _report(shortlist: Shortlist, done: int, started: float) -> StepReport:
    places = len(shortlist.entries)
    return StepReport(
        step="shortlist",
        week=shortlist.week,
        seen=places,
        done=done,
        skipped=places - done,
        seconds=time.monotonic() - started,
        note=f"{shortlist.topic}: {len(shortlist.ranked)} of {shortlist.considered} papers"
        + (", published" if shortlist.published_at else ""),
    )
