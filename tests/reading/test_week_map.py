import asyncio

import pytest
from fakes.judging_case import GR, WEEK
from sqlalchemy import delete, func, select, update

from triage.errors import InputError, NotFoundError, UnknownTopicError
from triage.reading.drawer import Drawer
from triage.reading.library import Library
from triage.reading.week_map import WeekMap, draw_week
from triage.store.models import EmbeddingRow, PaperRow
from triage.store.reader_models import WeekMapRow


async def draw(library: Library, topic: str | None = None) -> WeekMap:
    """Of the bundled week."""
    return await draw_week(library, Drawer(), str(WEEK), topic)


async def read_cache(library: Library) -> list[tuple[str, str]]:
    """Digest and points of every map that is kept."""
    async with library.database.read() as session:
        rows = await session.execute(select(WeekMapRow.digest, WeekMapRow.points))
        return [(digest, points) for digest, points in rows]


async def test_every_paper_of_the_week_has_a_place(listed_library: Library) -> None:
    """By arXiv id, in 0..1, with the topic's score and whether it is on the list; each of a theme with words."""
    drawn = await draw(listed_library, GR)
    ids = [point.arxiv_id for point in drawn.points]
    assert (drawn.week, drawn.topic, len(ids)) == (str(WEEK), GR, 85)
    assert ids == sorted(ids)
    assert all(0 <= place <= 1 for point in drawn.points for place in (point.x, point.y))
    assert all(point.score is not None for point in drawn.points)
    assert 0 < sum(point.is_listed for point in drawn.points) < 85
    assert {point.theme for point in drawn.points} == set(range(len(drawn.themes)))
    assert all(theme.label and 0 <= theme.x <= 1 and 0 <= theme.y <= 1 for theme in drawn.themes)


async def test_without_a_topic_there_are_no_scores(listed_library: Library) -> None:
    """Marked are the papers of all topics' lists; places are the same."""
    of_topic, of_all = await draw(listed_library, GR), await draw(listed_library)
    assert all(point.score is None for point in of_all.points)
    assert sum(point.is_listed for point in of_all.points) > sum(point.is_listed for point in of_topic.points)
    assert [(point.x, point.y) for point in of_all.points] == [(point.x, point.y) for point in of_topic.points]


async def test_a_map_is_drawn_once_and_again_when_its_papers_change(listed_library: Library) -> None:
    """Who asks at the same time gets the same; a text that changed takes its paper off until it has a vector."""
    drawer = Drawer(most_waiting=0)
    one, other = await asyncio.gather(*(draw_week(listed_library, drawer, str(WEEK)) for _ in range(2)))
    assert one == other == await draw(listed_library)
    (kept,) = await read_cache(listed_library)
    async with listed_library.database.write() as session:
        changed = update(PaperRow).where(PaperRow.arxiv_id == "2605.90041").values(content_hash="0" * 64)
        await session.execute(changed)
    assert len((await draw(listed_library)).points) == 84
    (then,) = await read_cache(listed_library)
    assert then[0] != kept[0]


async def test_the_same_week_gives_the_same_map(listed_library: Library) -> None:
    """To the byte, when what was kept is thrown away."""
    await draw(listed_library)
    first = await read_cache(listed_library)
    async with listed_library.database.write() as session:
        await session.execute(delete(WeekMapRow))
    await draw(listed_library)
    assert await read_cache(listed_library) == first


async def test_a_title_or_score_that_changed_shows_at_once(listed_library: Library) -> None:
    """Only places and themes are kept."""
    await draw(listed_library)
    async with listed_library.database.write() as session:
        await session.execute(update(PaperRow).where(PaperRow.arxiv_id == "2605.90041").values(title="Renamed"))
    titles = {point.arxiv_id: point.title for point in (await draw(listed_library)).points}
    assert titles["2605.90041"] == "Renamed"


@pytest.mark.parametrize("left", [0, 1, 2, 5])
async def test_a_week_of_few_vectors_has_a_map_too(listed_library: Library, left: int) -> None:
    """Down to none: then it is empty, and no error."""
    async with listed_library.database.write() as session:
        await session.execute(delete(EmbeddingRow).where(EmbeddingRow.paper_id > left))
        assert await session.scalar(select(func.count()).select_from(EmbeddingRow)) == left
    drawn = await draw(listed_library)
    assert (len(drawn.points), len(drawn.themes)) == (left, min(left, 1))


@pytest.mark.parametrize(
    ("week", "topic", "error"),
    [("2019-W01", None, NotFoundError), (str(WEEK), "no-topic", UnknownTopicError), ("last", None, InputError)],
)
async def test_what_cannot_be_drawn_is_refused(
    listed_library: Library, week: str, topic: str | None, error: type[InputError]
) -> None:
    """A week without papers, a topic that is none, what is no week."""
    with pytest.raises(error):
        await draw_week(listed_library, Drawer(), week, topic)
