"""The map of a week: papers that are alike stand together."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.map_drawing import DRAWING, group_themes, name_themes, place_points, place_themes, reduce_vectors
from triage.core.rubric import find_topic, fingerprint
from triage.errors import NotFoundError
from triage.reading.library import Library
from triage.reading.naming import read_week
from triage.store.embeddings import load_vectors, stack_vectors
from triage.store.engine import Session
from triage.store.paper_lists import ListedPaper, Wishes, list_by_date
from triage.store.papers import StoredPaper, select_papers
from triage.store.week_maps import (
    Drawing,
    DrawnPoint,
    DrawnTheme,
    list_embedded,
    list_shortlisted,
    load_drawing,
    load_week_scores,
    save_drawing,
)

_EVERY_PAPER = 100_000
_DIGITS = 4  # of a coordinate: a ten-thousandth of the map
_DRAWER = ThreadPoolExecutor(1, "week-map")  # one map at a time, since each takes a core for seconds
_BEING_DRAWN: dict[str, Future[Drawing]] = {}


class MapPoint(msgspec.Struct, frozen=True):
    """A paper on the map, `x` and `y` in 0..1. `score` is for the topic asked for; `theme` counts from 0."""

    arxiv_id: str
    title: str
    x: float
    y: float
    score: float | None
    is_listed: bool
    theme: int


class Theme(msgspec.Struct, frozen=True):
    """What papers that stand together share: its words, and the middle of its papers."""

    label: str
    x: float
    y: float


class WeekMap(msgspec.Struct, frozen=True):
    """The papers of a week that have vectors, by arXiv id; `is_listed`: on the topic's shortlist, or on any."""

    week: str
    topic: str | None
    points: tuple[MapPoint, ...]
    themes: tuple[Theme, ...]


async def draw_week(library: Library, week: str, topic: str | None = None) -> WeekMap:
    """The week's map, drawn when first asked for and when its papers changed: seconds for thousands of papers.

    Raises `InputError`, `UnknownTopicError`, and `NotFoundError` for a week of which the store has no paper.
    """
    wanted = str(read_week(week))
    named = None if topic is None else find_topic(library.rubric, topic).name
    async with library.database.read() as session:
        papers = await _list_papers(session, wanted)
        scores = await _load_scores(session, library, wanted, named)
        listed = await list_shortlisted(session, wanted, named)
        hashes = await list_embedded(session, wanted, library.embedder_name)
        digest = _digest(library.embedder_name, hashes)
        drawing = await load_drawing(session, wanted, library.embedder_name, digest) if hashes else Drawing()
        stored = [] if drawing else await _load_papers(session, papers, hashes)
        vectors = await load_vectors(session, stored, library.embedder_name)
    if drawing is None:
        drawing = await _draw(stored, vectors, digest)
        async with library.database.write() as session:
            await save_drawing(session, wanted, library.embedder_name, digest, drawing)
    points = tuple(
        MapPoint(
            papers[point.paper_key].arxiv_id,
            papers[point.paper_key].title,
            point.x,
            point.y,
            scores.get(point.paper_key),
            point.paper_key in listed,
            point.theme,
        )
        for point in drawing.points
    )
    return WeekMap(wanted, named, points, tuple(Theme(each.label, each.x, each.y) for each in drawing.themes))


async def _list_papers(session: Session, week: str) -> dict[int, ListedPaper]:
    papers, _ = await list_by_date(session, Wishes(reader="", week=week), 0, _EVERY_PAPER)
    if not papers:
        raise NotFoundError(f"The store has no paper of {week}: triage run --week {week}")
    return {paper.key: paper for paper in papers}


async def _load_scores(session: Session, library: Library, week: str, topic: str | None) -> dict[int, float]:
    if topic is None:
        return {}
    return await load_week_scores(session, week, topic, fingerprint(library.rubric, topic))


def _digest(embedder: str, hashes: Mapping[int, str]) -> str:
    return hashlib.sha256(msgspec.json.encode([DRAWING, embedder, list(hashes.items())])).hexdigest()


async def _load_papers(
    session: Session, papers: Mapping[int, ListedPaper], hashes: Mapping[int, str]
) -> list[StoredPaper]:
    stored = await select_papers(session, [papers[key].arxiv_id for key in hashes])
    return sorted(stored.values(), key=lambda each: each.paper.arxiv_id)


async def _draw(papers: Sequence[StoredPaper], vectors: Mapping[int, NDArray[np.float32]], digest: str) -> Drawing:
    """Once for all who wait for the same map, whoever of them goes away."""
    if digest not in _BEING_DRAWN:
        _BEING_DRAWN[digest] = _DRAWER.submit(_draw_now, papers, stack_vectors(papers, vectors))
        _BEING_DRAWN[digest].add_done_callback(lambda _: _BEING_DRAWN.pop(digest))
    return await asyncio.shield(asyncio.wrap_future(_BEING_DRAWN[digest]))


def _draw_now(papers: Sequence[StoredPaper], vectors: NDArray[np.float32]) -> Drawing:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # other readers want answers meanwhile
        components = reduce_vectors(vectors)
        points, themes = place_points(components), group_themes(components)
    labels = name_themes([each.paper.title for each in papers], themes)
    middles = place_themes(points, themes).round(_DIGITS).tolist()
    placed = zip(papers, points.round(_DIGITS).tolist(), themes.tolist(), strict=True)
    return Drawing(
        tuple(DrawnPoint(each.key, x, y, theme) for each, (x, y), theme in placed),
        tuple(DrawnTheme(label, x, y) for label, (x, y) in zip(labels, middles, strict=True)),
    )
