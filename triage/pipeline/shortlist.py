"""Shortlist: the top of a topic's week, each place with its reasons and takeaway, rebuilt freely until published."""

import time
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from triage.core.prior import read_words
from triage.core.ranking import Candidate, Places, choose_places
from triage.core.reasons import explain_place
from triage.core.rubric import Topic
from triage.core.takeaway import extract_takeaway
from triage.core.week import Week
from triage.errors import InputError
from triage.pipeline.embed import embed_papers
from triage.pipeline.report import StepReport
from triage.pipeline.score import Bench, Scored, score_topic
from triage.store.embeddings import load_vectors, stack_vectors
from triage.store.papers import StoredPaper, select_week
from triage.store.shortlists import (
    Entry,
    Shortlist,
    list_published_papers,
    load_shortlist,
    publish_shortlist,
    replace_shortlist,
)

_ALIKE = 0.6  # cosine from which a voted paper is named as a reason
_NAMED = 2


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

    Building twice gives the same list. `size` counts ranked places; exploration stands beside them.
    """
    started = time.monotonic()
    papers = await select_papers_of(bench, week)
    async with bench.database.read() as session:
        frozen = await load_shortlist(session, topic.name, str(week))
    if frozen is not None and frozen.published_at is not None:
        return frozen, _report(frozen, 0, started)
    await embed_papers(bench.database, bench.embedder, papers, week=str(week), progress=bench.progress)
    scored, _ = await score_topic(bench, topic, week, papers)
    shortlist, keys = await _choose(bench, scored, week, papers, size or bench.rubric.shortlist.size)
    done = 0
    if frozen is None or _is_other(frozen, shortlist):
        done = len(shortlist.entries)
        async with bench.database.write() as session:
            await replace_shortlist(session, shortlist, keys)
    if publish:
        async with bench.database.write() as session:
            await publish_shortlist(session, topic.name, str(week), bench.now)
    async with bench.database.read() as session:
        stored = await load_shortlist(session, topic.name, str(week))
    if stored is None:
        raise InputError(f"The shortlist of {topic.name} for {week} was removed while it was built; run this again.")
    return stored, _report(stored, done, started)


async def _choose(
    bench: Bench, scored: Scored, week: Week, papers: Sequence[StoredPaper], size: int
) -> tuple[Shortlist, list[int]]:
    async with bench.database.read() as session:
        shown = await list_published_papers(session, scored.topic.name, other_than=str(week))
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
    entries = tuple(
        _write_entry(kind, rank, open_papers[place.key], scored, _list_ties(place, places, liked, vectors))
        for kind, (rank, place) in chosen
    )
    shortlist = Shortlist(
        topic=scored.topic.name,
        week=str(week),
        size=size,
        fingerprint=scored.key.fingerprint,
        scorer=scored.key.scorer,
        considered=len(papers),
        built_at=bench.now,
        published_at=None,
        entries=entries,
    )
    return shortlist, [place.key for _, (_, place) in chosen]


def _write_entry(kind: str, rank: int, stored: StoredPaper, scored: Scored, ties: Sequence[str]) -> Entry:
    paper, score = stored.paper, scored.scores[stored.key]
    words = read_words(paper.title, paper.abstract)
    reasons = [*explain_place(words, paper.abstract, scored.topic, score.parts), *ties]
    if kind == "exploration":
        reasons = ["exploration: near the topic in meaning, ranked below the list by its words", *reasons]
    takeaway = extract_takeaway(paper.title, paper.abstract)
    return Entry(
        kind=kind,
        rank=rank,
        arxiv_id=paper.arxiv_id,
        title=paper.title,
        score=score.value,
        reasons=tuple(reasons),
        takeaway=takeaway.text if takeaway else None,
        takeaway_source=takeaway.source if takeaway else None,
        is_withdrawn=paper.is_withdrawn,
        version=paper.version,
        newest=paper.version,
    )


def _list_ties(
    place: Candidate, places: Places, liked: Sequence[StoredPaper], vectors: Mapping[int, NDArray[np.float32]]
) -> list[str]:
    """Reasons that lie in other papers: voted ones it is like, and near-copies that it stands for."""
    ties = [f"like {arxiv_id}, which you marked relevant" for arxiv_id in _find_alike(place, liked, vectors)]
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
