"""One paper with all there is to say of it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec

from triage.core.prior import PaperWords, read_words
from triage.core.reasons import explain_place, explain_verdict
from triage.core.rubric import Rubric, Topic, fingerprint, judge_fingerprint
from triage.core.takeaway import Takeaway, extract_takeaway
from triage.pipeline.takeaways import PlacedTakeaway
from triage.reading.records import Change, PaperView, PlaceView, Settled, TagView, TopicScore, VersionView
from triage.store.adjudications import list_adjudications
from triage.store.engine import Session
from triage.store.papers import StoredPaper
from triage.store.reading import (
    History,
    OwnMarks,
    PlacedPaper,
    VisibleTag,
    list_places,
    list_visible_tags,
    load_history,
    load_own_marks,
)
from triage.store.standing import KeptScore, load_kept_scores
from triage.store.verdicts import StoredVerdict, choose_key, load_verdicts

_REMEMBERED = 1000  # some MB


class PaperFacts(msgspec.Struct, frozen=True):
    """All that was looked up of one paper for one reader; `verdicts` are by topic."""

    stored: StoredPaper
    week: str | None
    history: History
    places: tuple[PlacedPaper, ...]
    scores: tuple[KeptScore, ...]
    verdicts: Mapping[str, StoredVerdict]
    tags: tuple[VisibleTag, ...]
    marks: OwnMarks
    settled: tuple[Settled, ...]


async def load_facts(
    session: Session, rubric: Rubric, paper: tuple[StoredPaper, str | None], reader: str
) -> PaperFacts:
    """Look everything up, of a paper and the week that it was put in."""
    stored, week = paper
    scores = await load_kept_scores(session, [stored.key])
    return PaperFacts(
        stored,
        week,
        await load_history(session, stored.key),
        await list_places(session, stored.key),
        scores,
        await _load_verdicts(session, rubric, stored, scores),
        await list_visible_tags(session, [stored.paper.arxiv_id], reader),
        await load_own_marks(session, stored.paper.arxiv_id, reader),
        await _load_settled(session, rubric, stored.paper.arxiv_id) if reader else (),
    )


def write_view(rubric: Rubric, facts: PaperFacts, reader: str) -> PaperView:
    """As the reader sees it."""
    paper, takeaway = facts.stored.paper, _choose_takeaway(facts)
    return PaperView(
        arxiv_id=paper.arxiv_id,
        version=paper.version,
        title=paper.title,
        abstract=paper.abstract,
        authors=paper.authors,
        categories=paper.categories,
        primary_category=paper.primary_category,
        announced=paper.announced,
        week=facts.week,
        published=paper.published,
        updated=paper.updated,
        comment=paper.comment,
        doi=paper.doi,
        journal_ref=paper.journal_ref,
        is_withdrawn=paper.is_withdrawn,
        url=f"https://arxiv.org/abs/{paper.arxiv_id}",
        takeaway=takeaway.text,
        takeaway_source=takeaway.source,
        takeaway_by=takeaway.by,
        scores=_write_scores(rubric, facts),
        places=tuple(_write_place(place) for place in facts.places),
        versions=tuple(VersionView(each.version, each.submitted, each.is_withdrawn) for each in facts.history.versions),
        changes=tuple(Change(seen_at, fields) for seen_at, fields in facts.history.changes),
        votes=facts.marks.votes,
        tags=tuple(write_tag(tag, reader) for tag in facts.tags),
        note=facts.marks.note,
        settled=facts.settled,
    )


def _choose_takeaway(facts: PaperFacts) -> PlacedTakeaway:
    for place in facts.places:
        if place.takeaway is not None:
            return PlacedTakeaway(place.takeaway, place.takeaway_source, place.takeaway_by)
    extract = _extract(facts.stored.paper.title, facts.stored.paper.abstract)
    return PlacedTakeaway(None, None) if extract is None else PlacedTakeaway(extract.text, extract.source)


@lru_cache(maxsize=_REMEMBERED)
def _extract(title: str, abstract: str) -> Takeaway | None:
    """As `extract_takeaway`, which takes some milliseconds, for papers that many ask for."""
    return extract_takeaway(title, abstract)


def _write_scores(rubric: Rubric, facts: PaperFacts) -> tuple[TopicScore, ...]:
    paper = facts.stored.paper
    words = read_words(paper.title, paper.abstract)
    written = (_write_score(topic, fingerprint(rubric, topic.name), facts, words) for topic in rubric.topics)
    return tuple(each for each in written if each is not None)


def _write_score(topic: Topic, in_force: str, facts: PaperFacts, words: PaperWords) -> TopicScore | None:
    """The score that stands; where rubric or text changed since, the newest there is."""
    ours = [score for score in facts.scores if score.topic == topic.name]
    if not ours:
        return None
    score = max(ours, key=lambda each: (each.is_of_text, each.fingerprint == in_force, each.standing))
    verdict = facts.verdicts.get(topic.name)
    said = explain_verdict(verdict.verdict) if verdict and verdict.verdict else []
    return TopicScore(
        topic=topic.name,
        score=score.value,
        parts=score.parts,
        why=(*explain_place(words, facts.stored.paper.abstract, topic, score.parts), *said),
        fingerprint=score.fingerprint,
        scorer=score.scorer,
        scored_at=score.scored_at,
        is_current=score.is_of_text and score.fingerprint == in_force,
    )


def _write_place(place: PlacedPaper) -> PlaceView:
    return PlaceView(
        place.shortlist.topic,
        place.shortlist.week,
        place.kind,
        place.rank,
        place.score,
        place.takeaway,
        place.reasons,
        place.shortlist.is_published,
    )


def write_tag(tag: VisibleTag, reader: str) -> TagView:
    """As the reader sees it."""
    return TagView(tag.name, tag.reader, tag.is_shared, tag.reader == reader)


async def _load_verdicts(
    session: Session, rubric: Rubric, stored: StoredPaper, scores: Sequence[KeptScore]
) -> dict[str, StoredVerdict]:
    """What was said of the paper's present text under the rubric in force, by topics in whose scores a judge speaks."""
    verdicts: dict[str, StoredVerdict] = {}
    judged = {score.topic for score in scores if "judge" in score.parts}
    for topic in (each.name for each in rubric.topics if each.name in judged):
        key = await choose_key(session, [stored], topic, judge_fingerprint(rubric, topic))
        if key is not None:
            verdicts[topic] = (await load_verdicts(session, [stored], key))[stored.key]
    return verdicts


async def _load_settled(session: Session, rubric: Rubric, arxiv_id: str) -> tuple[Settled, ...]:
    found = [(await list_adjudications(session, topic.name)).get(arxiv_id) for topic in rubric.topics]
    return tuple(Settled(each.topic, each.value, each.reason, each.created_at) for each in found if each is not None)
