"""The map of a week: papers that are alike stand together."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.map_drawing import DRAWING, group_themes, name_themes, place_points, place_themes, reduce_vectors
from triage.core.rubric import find_topic, fingerprint
from triage.errors import NotFoundError
from triage.reading.drawer import Drawer, run_abandonable
from triage.reading.library import Library
from triage.reading.naming import read_week
from triage.store.embeddings import load_vectors, stack_vectors
from triage.store.engine import Session
from triage.store.paper_lists import ListedPaper, Wishes, list_by_date
from triage.store.papers import StoredPaper
from triage.store.week_maps import (
    Drawing,
    DrawnPoint,
    DrawnTheme,
    list_embedded,
    list_shortlisted,
    load_drawing,
    load_embedded,
    load_week_scores,
    save_drawing,
)

_EVERY_PAPER = 100_000
_DIGITS = 4  # of a coordinate: a ten-thousandth of the map


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


async def draw_week(library: Library, drawer: Drawer, week: str, topic: str | None = None) -> WeekMap:
    """The week's map, drawn when first asked for and when its papers changed: seconds for thousands of papers.

    Raises `InputError`, `UnknownTopicError`, `NotFoundError` for a week of which the store has no paper, and
    `BusyError` for one that is not drawn while too many others wait for it.
    """
    wanted = str(read_week(week))
    named = None if topic is None else find_topic(library.rubric, topic).name
    drawing = await _fetch_drawing(library, drawer, wanted)
    async with library.database.read() as session:
        papers = await _list_papers(session, wanted)
        scores = await _load_scores(session, library, wanted, named)
        listed = await list_shortlisted(session, wanted, named)
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
        if point.paper_key in papers  # it may have moved to another week meanwhile
    )
    return WeekMap(wanted, named, points, tuple(Theme(each.label, each.x, each.y) for each in drawing.themes))


async def _fetch_drawing(library: Library, drawer: Drawer, week: str) -> Drawing:
    """The one that is kept, else a new one; whoever waits for it has loaded nothing but ids and hashes."""
    async with library.database.read() as session:
        hashes = await list_embedded(session, week, library.embedder_name)
        digest = _digest(library.embedder_name, hashes)
        kept = await load_drawing(session, week, library.embedder_name, digest) if hashes else Drawing()
    return kept or await drawer.fetch(digest, partial(_draw, library, week, hashes, digest))


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


async def _draw(library: Library, week: str, hashes: Mapping[int, str], digest: str) -> Drawing:
    async with library.database.read() as session:
        papers = [each for each in await load_embedded(session, hashes) if each.content_hash == hashes[each.key]]
        vectors = await load_vectors(session, papers, library.embedder_name)
    drawing = await run_abandonable(partial(_draw_now, papers, stack_vectors(papers, vectors)))
    async with library.database.write() as session:
        await save_drawing(session, week, library.embedder_name, digest, drawing)
    return drawing


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
