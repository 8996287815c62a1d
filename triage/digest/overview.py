"""What moved in a topic's week; made once per published list, and the same in every digest of it from then on."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import msgspec

from triage.core.theme_moves import Text, find_moves
from triage.core.week import parse_week, week_of
from triage.digest.records import Overview, Sentence, Theme
from triage.digest.told_overview import tell_overview
from triage.pipeline.asking import JudgeDesk
from triage.reading.library import Library
from triage.reading.shortlists import find_shortlist
from triage.store.engine import Session
from triage.store.overviews import load_overview, save_overview
from triage.store.papers import StoredPaper, select_papers
from triage.store.shortlists import Shortlist
from triage.store.theme_papers import list_texts
from triage.store.week_maps import load_embedded, load_week_scores

_CANDIDATES = 100  # of a topic and week, by score
_OF_WEEK = 4  # at most a quarter of the week's papers: the topic's own, which the rest is compared with


class KeptOverview(msgspec.Struct, frozen=True):
    """As it is stored: `sentences` by language, written by the model `by`; `counted` as in `Overview`."""

    themes: tuple[Theme, ...] = ()
    sentences: dict[str, tuple[Sentence, ...]] = {}
    by: str | None = None
    counted: int = 0

    def tell(self, language: str) -> Overview:
        """What a reader of the language gets; a sentence in another one is no help."""
        sentences = self.sentences.get(language, ())
        return Overview(self.themes, sentences, self.by if sentences else None, self.counted)


class _Material(msgspec.Struct, frozen=True):
    """The listed papers by rank, the topic's other candidates, those of the week before, and what the others say.

    `before` is empty where not as many were scored the week before: then nothing can be compared.
    """

    listed: Sequence[StoredPaper]
    others: Sequence[StoredPaper]
    before: Sequence[StoredPaper]
    rest: Sequence[Text]


async def find_overview(library: Library, shortlist: Shortlist, language: str) -> Overview:
    """The one that is kept of a published list, else one from the data for this once; writes nothing."""
    kept = await _load(library, shortlist)
    return (kept or await _make(library, shortlist)).tell(language)


async def make_overview(library: Library, topic: str, week: str, desk: JudgeDesk | None) -> None:
    """Make the overview of a published list and keep it for good; nothing where one is kept, or the list is a draft.

    With a desk, the judge tells it in the rubric's languages too; whatever fails there leaves what the data says.
    Raises `NotFoundError` where there is no list.
    """
    shortlist = await find_shortlist(library, topic, week)
    if shortlist.published_at is None or await _load(library, shortlist) is not None:
        return
    made = await _make(library, shortlist)
    if desk is not None and library.rubric.judge.form == "fill":  # small models answer yes or no, and no more
        made = await _tell(library, shortlist, made, desk)
    async with library.database.write() as session:
        await save_overview(session, shortlist.topic, shortlist.week, msgspec.to_builtins(made), library.clock())


async def _load(library: Library, shortlist: Shortlist) -> KeptOverview | None:
    if shortlist.published_at is None:
        return None
    async with library.database.read() as session:
        kept = await load_overview(session, shortlist.topic, shortlist.week)
    return None if kept is None else msgspec.convert(kept, KeptOverview)


async def _tell(library: Library, shortlist: Shortlist, made: KeptOverview, desk: JudgeDesk) -> KeptOverview:
    async with library.database.read() as session:
        papers = await _load_listed(session, shortlist)
    told = {
        language: await tell_overview(desk, shortlist, papers, language) for language in library.rubric.judge.languages
    }
    sentences = {language: each for language, each in told.items() if each}
    by = desk.judge.name.rpartition("/")[2] if sentences else None
    return msgspec.structs.replace(made, sentences=sentences, by=by)


async def _make(library: Library, shortlist: Shortlist) -> KeptOverview:
    async with library.database.read() as session:
        material = await _gather(session, shortlist)
    titles = {topic.name: topic.title for topic in library.rubric.topics}
    title = titles.get(shortlist.topic, shortlist.topic)
    themes = await asyncio.to_thread(_find_themes, material, title)
    return KeptOverview(themes, counted=len(material.listed) + len(material.others))


async def _gather(session: Session, shortlist: Shortlist) -> _Material:
    topic, week, print_ = shortlist.topic, shortlist.week, shortlist.fingerprint
    earlier = str(week_of(parse_week(week).monday - timedelta(days=7)))
    listed = await _load_listed(session, shortlist)
    keys = {paper.key for paper in listed}
    scores = await load_week_scores(session, week, topic, print_)
    count = max(min(_CANDIDATES, len(scores) // _OF_WEEK), len(keys))
    candidates = [*keys, *_rank(scores, but=keys)][:count]
    before = _rank(await load_week_scores(session, earlier, topic, print_))
    return _Material(
        listed,
        await load_embedded(session, set(candidates) - keys),
        await load_embedded(session, before[: len(candidates)] if len(before) >= len(candidates) else ()),
        [Text(*text) for text in await list_texts(session, week, set(candidates))],
    )


async def _load_listed(session: Session, shortlist: Shortlist) -> list[StoredPaper]:
    """The ranked papers, in order."""
    found = await select_papers(session, [entry.arxiv_id for entry in shortlist.ranked])
    return [found[entry.arxiv_id] for entry in shortlist.ranked]


def _rank(scores: Mapping[int, float], but: Collection[int] = ()) -> list[int]:
    """Keys of papers, the best first."""
    return sorted(scores.keys() - set(but), key=lambda key: (-scores[key], key))


def _find_themes(material: _Material, title: str) -> tuple[Theme, ...]:
    """The listed papers' ranks are their places from 1, as a shortlist counts them."""
    listed, others, before = (
        [Text(stored.paper.title, stored.paper.abstract) for stored in papers]
        for papers in (material.listed, material.others, material.before)
    )
    return tuple(
        Theme(move.label, move.papers, move.before if before else None, tuple(place + 1 for place in move.places))
        for move in find_moves(listed, others, before, material.rest, title)
    )
