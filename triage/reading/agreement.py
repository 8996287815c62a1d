"""How far readers agree on a topic, where they part and over which words, and what an editor settled.

Whose votes they are is for whoever runs the program: editors see numbers for readers (`hide_names`), and readers know
of their own votes only.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from triage.core.agreement import (
    CERTAIN,
    Ballots,
    Coefficients,
    ReaderPair,
    compare_readers,
    count_confusion,
    has_parted,
    keep_shared,
    measure_agreement,
    measure_split,
)
from triage.core.paper import clean_text
from triage.core.prior import read_words
from triage.core.rubric import Topic, find_topic, fingerprint
from triage.core.week import Week
from triage.core.wording import Boundary, Lines, VotedPaper, Wording, embed_lines, rank_boundaries, rank_wording
from triage.errors import InputError
from triage.reading.library import Library
from triage.reading.marks import VoteValue, check_known, read_paper_id
from triage.store.adjudications import Adjudication, list_adjudications, remove_adjudication, save_adjudication
from triage.store.ballots import load_ballots, load_weeks
from triage.store.embeddings import load_vectors
from triage.store.engine import Session
from triage.store.papers import StoredPaper, select_papers
from triage.store.standing import choose_standing, load_kept_scores

LONGEST_REASON: Final = 1_000
"""Characters."""


class ReaderVotes(msgspec.Struct, frozen=True):
    """How many papers a reader voted on, and how."""

    name: str
    relevant: int
    uncertain: int
    irrelevant: int


class SplitPaper(msgspec.Struct, frozen=True):
    """A paper by how its readers voted. `split` is 1 where as many say yes as no, 0 where all say the same.

    `title` is None for a paper that the store does not have (yet), `week` also for one without a listing day; `score`
    where the rubric in force gave none.
    """

    arxiv_id: str
    title: str | None
    week: str | None
    score: float | None
    relevant: int
    uncertain: int
    irrelevant: int
    split: float
    settled: Adjudication | None


class Agreement(msgspec.Struct, frozen=True):
    """All readers' votes on a topic, compared; `parted` counts the papers on which votes differ, settled ones too.

    `with_uncertain` takes "uncertain" for a third opinion; `without_uncertain` leaves such votes out. `confusion` is as
    `count_confusion` counts it. `open` are the papers on which votes differ or are all uncertain and which nobody
    settled, the most split first, the newest first among equals; `settled` are the others that an editor decided.
    """

    topic: str
    readers: tuple[ReaderVotes, ...]
    parted: int
    with_uncertain: Coefficients
    without_uncertain: Coefficients
    confusion: tuple[tuple[int, int, int], ...]
    pairs: tuple[ReaderPair, ...]
    open: tuple[SplitPaper, ...]
    settled: tuple[SplitPaper, ...]
    wording: tuple[Wording, ...]
    boundaries: tuple[Boundary, ...]


class _Facts(msgspec.Struct, frozen=True):
    """What the store knows of a topic's votes and of the papers voted on."""

    ballots: Ballots
    adjudications: Mapping[str, Adjudication]
    papers: Mapping[str, StoredPaper]
    weeks: Mapping[str, str]


async def view_agreement(library: Library, topic: str, between: tuple[Week, Week] | None = None) -> Agreement:
    """Compare the votes on a topic, of all papers or of those of the weeks from the first to the last.

    Raises `UnknownTopicError`, and `ModelError` where there is nothing to embed the rubric's lines with.
    """
    found = find_topic(library.rubric, topic)
    async with library.database.read() as session:
        facts = await _load_facts(session, topic, between)
        told = [arxiv_id for arxiv_id, votes in facts.ballots.items() if _is_open(votes)]
        papers = await _view_papers(
            session, facts, {*told, *facts.adjudications}, (topic, fingerprint(library.rubric, topic))
        )
        voted = await _load_voted(session, facts, library.embedder_name)
    lines = await asyncio.to_thread(lambda: embed_lines(found, library.open_embedder().embed)) if voted else None
    with_uncertain, without, confusion, pairs = await asyncio.to_thread(_measure, facts.ballots)
    wording, boundaries = await asyncio.to_thread(_rank_words, voted, found, lines)
    return Agreement(
        topic,
        _count_readers(facts.ballots),
        sum(has_parted(list(votes.values())) for votes in facts.ballots.values()),
        with_uncertain,
        without,
        confusion,
        pairs,
        tuple(paper for paper in papers if paper.settled is None),
        tuple(paper for paper in papers if paper.settled is not None),
        wording,
        boundaries,
    )


async def settle(
    library: Library, editor: str, arxiv_id: str, topic: str, value: VoteValue, reason: str
) -> Adjudication:
    """Decide a paper in the place of its votes; a later word replaces an earlier one. 0: it teaches nothing.

    Whoever calls has made sure that this is an editor, and has the `Rebuilder` rank the topic's drafts anew. Raises
    `UnknownTopicError`, `UnknownPaperError`, and `InputError` for a reason that is none.
    """
    find_topic(library.rubric, topic)
    adjudication = Adjudication(topic, read_paper_id(arxiv_id), value, editor, _read_reason(reason), library.clock())
    async with library.database.write() as session:
        await check_known(session, adjudication.arxiv_id)
        await save_adjudication(session, adjudication)
    return adjudication


async def unsettle(library: Library, arxiv_id: str, topic: str) -> bool:
    """Let the votes count again, and say whether anything was settled; idempotent; as `settle`."""
    find_topic(library.rubric, topic)
    async with library.database.write() as session:
        return await remove_adjudication(session, topic, read_paper_id(arxiv_id))


def hide_names(agreement: Agreement) -> Agreement:
    """The same with numbers for readers and editors, those with the most votes first; reasons stay as written.

    Numbers in the order of names would tell who is who to all who know the names.
    """
    readers = sorted(agreement.readers, key=lambda each: -(each.relevant + each.uncertain + each.irrelevant))
    editors = sorted({paper.settled.editor for paper in agreement.settled if paper.settled})
    order = list(dict.fromkeys([*(each.name for each in readers), *editors]))
    numbers = {name: f"reader {number}" for number, name in enumerate(order, start=1)}
    pairs = tuple(_number_pair(each, order) for each in agreement.pairs)
    is_turned = len(pairs) == 1 and order.index(agreement.pairs[0].first) > order.index(agreement.pairs[0].second)
    replace = msgspec.structs.replace
    return replace(
        agreement,
        readers=tuple(replace(each, name=numbers[each.name]) for each in readers),
        pairs=pairs,
        confusion=tuple(zip(*agreement.confusion, strict=True)) if is_turned else agreement.confusion,
        settled=tuple(
            replace(each, settled=each.settled and replace(each.settled, editor=numbers[each.settled.editor]))
            for each in agreement.settled
        ),
    )


def _number_pair(pair: ReaderPair, order: Sequence[str]) -> ReaderPair:
    first, second = sorted(order.index(name) + 1 for name in (pair.first, pair.second))
    return msgspec.structs.replace(pair, first=f"reader {first}", second=f"reader {second}")


def _read_reason(text: str) -> str:
    reason = clean_text(text)
    if not reason or len(reason) > LONGEST_REASON:
        raise InputError(f"A reason is 1 to {LONGEST_REASON} characters; found {len(reason)}. Nothing was changed.")
    return reason


def _is_open(votes: Mapping[str, int]) -> bool:
    values = list(votes.values())
    return has_parted(values) or 0 in values


async def _load_facts(session: Session, topic: str, between: tuple[Week, Week] | None) -> _Facts:
    ballots = await load_ballots(session, topic)
    adjudications = await list_adjudications(session, topic)
    ids = {*ballots, *adjudications}
    weeks = await load_weeks(session, ids)
    if between is not None:
        first, last = map(str, between)
        ids = {arxiv_id for arxiv_id in ids if first <= weeks.get(arxiv_id, "") <= last}
    return _Facts(
        {arxiv_id: votes for arxiv_id, votes in ballots.items() if arxiv_id in ids},
        {arxiv_id: each for arxiv_id, each in adjudications.items() if arxiv_id in ids},
        await select_papers(session, ids),
        weeks,
    )


async def _view_papers(
    session: Session, facts: _Facts, ids: Collection[str], key: tuple[str, str]
) -> tuple[SplitPaper, ...]:
    """`key` is the topic and its fingerprint; the most split first, then the newest."""
    known = {arxiv_id: facts.papers[arxiv_id] for arxiv_id in ids if arxiv_id in facts.papers}
    kept = await load_kept_scores(session, [paper.key for paper in known.values()])
    standing = choose_standing(kept, dict([key]))
    views = []
    for arxiv_id in sorted(ids, reverse=True):
        values, paper = list(facts.ballots.get(arxiv_id, {}).values()), known.get(arxiv_id)
        score = standing.get((paper.key, key[0])) if paper else None
        views.append(
            SplitPaper(
                arxiv_id,
                paper.paper.title if paper else None,
                facts.weeks.get(arxiv_id),
                score.value if score else None,
                values.count(1),
                values.count(0),
                values.count(-1),
                measure_split(values),
                facts.adjudications.get(arxiv_id),
            )
        )
    newest_first = sorted(views, key=lambda view: view.week or "", reverse=True)
    return tuple(sorted(newest_first, key=lambda view: -view.split))


async def _load_voted(session: Session, facts: _Facts, embedder: str) -> list[VotedPaper]:
    """The papers with two votes or more that the store has."""
    shared = keep_shared(facts.ballots)
    papers = {arxiv_id: facts.papers[arxiv_id] for arxiv_id in shared if arxiv_id in facts.papers}
    vectors = await load_vectors(session, list(papers.values()), embedder)
    return [
        VotedPaper(
            read_words(stored.paper.title, stored.paper.abstract),
            vectors.get(stored.key),
            has_parted(list(shared[arxiv_id].values())),
        )
        for arxiv_id, stored in papers.items()
    ]


def _measure(
    ballots: Ballots,
) -> tuple[Coefficients, Coefficients, tuple[tuple[int, int, int], ...], tuple[ReaderPair, ...]]:
    measured = measure_agreement(ballots), measure_agreement(ballots, CERTAIN)
    return *measured, count_confusion(ballots), compare_readers(ballots)


def _count_readers(ballots: Ballots) -> tuple[ReaderVotes, ...]:
    given: dict[str, list[int]] = {}
    for votes in ballots.values():
        for reader, value in votes.items():
            given.setdefault(reader, []).append(value)
    return tuple(
        ReaderVotes(name, values.count(1), values.count(0), values.count(-1)) for name, values in sorted(given.items())
    )


def _rank_words(
    voted: Sequence[VotedPaper], topic: Topic, lines: Lines | None
) -> tuple[tuple[Wording, ...], tuple[Boundary, ...]]:
    if lines is None:
        return (), ()
    return rank_wording(voted, topic, lines), rank_boundaries(voted, topic, lines)
